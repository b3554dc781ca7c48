"""How a decoded frame becomes an RGB picture as players show it: scaled, turned, in SDR colours.

The sample aspect ratio is not applied and interlaced fields are not separated: the pixels stay
the film's.
"""

from __future__ import annotations

import struct
from dataclasses import dataclass
from typing import Any

import av
import numpy as np
from av.sidedata.sidedata import Type as SideDataType
from av.video.reformatter import ColorRange, Colorspace, ColorTrc, Interpolation
from numpy.typing import NDArray

from castlist.film import hdr
from castlist.film.types import Image

# AVColorSpace, as frames name their matrix (ITU-T H.273): 1 is BT.709, 5 and 6 BT.601,
# 9 and 10 BT.2020; 2 says nothing.
_MATRICES = {
    1: Colorspace.ITU709,
    4: Colorspace.FCC,
    5: Colorspace.ITU601,
    6: Colorspace.ITU601,
    7: Colorspace.SMPTE240M,
    9: Colorspace.BT2020,
    10: Colorspace.BT2020,
}
_TRANSFERS = {int(ColorTrc.SMPTE2084): "pq", int(ColorTrc.ARIB_STD_B67): "hlg"}
_SMALLEST_HD = (1280, 576)  # wider or higher than this and untagged: BT.709, as players guess


@dataclass(frozen=True)
class Look:
    """What the first frame of a film tells about how all of them are to be shown.

    Attributes:
        width: Width as shown, in pixels.
        height: Height as shown, in pixels.
        rotation: Degrees by which the stored picture is turned clockwise: 0, 90, 180 or 270.
        mirrored: Whether the stored picture is flipped left to right before it is turned.
        transfer: "sdr", "pq" or "hlg".
        matrix: swscale's number of the YCbCr matrix.
    """

    width: int
    height: int
    rotation: int
    mirrored: bool
    transfer: str
    matrix: int

    @classmethod
    def of(cls, frame: av.VideoFrame) -> Look:
        """Read the look from a decoded frame."""
        rotation, mirrored = _orientation(frame)
        width, height = frame.width, frame.height
        transfer = _TRANSFERS.get(int(frame.color_trc), "sdr")
        if transfer != "sdr":
            default = Colorspace.BT2020
        elif width >= _SMALLEST_HD[0] or height > _SMALLEST_HD[1]:
            default = Colorspace.ITU709
        else:
            default = Colorspace.ITU601
        matrix = _MATRICES.get(int(frame.colorspace), default)
        if rotation in (90, 270):
            width, height = height, width
        return cls(width, height, rotation, mirrored, transfer, int(matrix))

    def stored(self, boxes: NDArray[np.floating[Any]]) -> NDArray[np.float64]:
        """Return where boxes of the picture as shown lie in the stored one; both (n, 4).

        A box is x1, y1, x2, y2 in pixels.
        """
        x1, y1, x2, y2 = np.asarray(boxes, np.float64).reshape(-1, 4).T
        wide, high = self.width, self.height
        turned = {
            0: (x1, y1, x2, y2),
            90: (y1, wide - x2, y2, wide - x1),
            180: (wide - x2, high - y2, wide - x1, high - y1),
            270: (high - y2, x1, high - y1, x2),
        }[self.rotation]
        if self.mirrored:
            stored_wide = high if self.rotation in (90, 270) else wide
            turned = (stored_wide - turned[2], turned[1], stored_wide - turned[0], turned[3])
        return np.stack(turned, axis=1)

    def scaled(self, frame: av.VideoFrame, width: int, height: int) -> av.VideoFrame:
        """Return a frame, in its own colours, whose picture as shown has the size asked for.

        Of the few kinds of colours that FFmpeg can't write (palettes, bare sensors) it stays as
        it is.
        """
        try:
            size = self._stored_size(width, height)
            return frame.reformat(*size, interpolation=Interpolation.AREA, threads=1)
        except av.FFmpegError:
            return frame

    def picture(self, frame: av.VideoFrame, width: int | None, height: int | None) -> Image:
        """Convert a frame, at the size asked for, to RGB of shape (height, width, 3)."""
        rgb: NDArray[Any] = frame.reformat(
            *self._stored_size(width or self.width, height or self.height),
            format="rgb24" if self.transfer == "sdr" else "rgb48le",
            src_colorspace=self.matrix,
            dst_colorspace=Colorspace.ITU709,
            dst_color_range=ColorRange.JPEG,
            interpolation=Interpolation.AREA,
            threads=1,
        ).to_ndarray()
        if self.mirrored:
            rgb = rgb[:, ::-1]
        if self.rotation:
            rgb = np.rot90(rgb, -self.rotation // 90)
        if self.transfer != "sdr":
            return hdr.to_sdr(rgb, self.transfer)
        return np.ascontiguousarray(rgb)

    def _stored_size(self, width: int, height: int) -> tuple[int, int]:
        return (height, width) if self.rotation in (90, 270) else (width, height)


def _orientation(frame: av.VideoFrame) -> tuple[int, bool]:
    """Return clockwise degrees and mirroring from the frame's display matrix.

    The matrix (a, b, u, c, d, v, x, y, w) of ISO/IEC 14496-12 maps a stored point (p, q) to
    (a p + c q, b p + d q), with q pointing down. A negative determinant means a mirror image.
    """
    try:
        side_data: Any = frame.side_data
    except ValueError:  # PyAV gives up on kinds of side data that it doesn't know
        return round(-frame.rotation / 90) % 4 * 90, False
    if SideDataType.DISPLAYMATRIX not in side_data:
        return 0, False
    a, b, _, c, d = struct.unpack_from("=5i", bytes(side_data[SideDataType.DISPLAYMATRIX]))
    mirrored = a * d - b * c < 0
    if mirrored:
        a, b = -a, -b
    return round(float(np.degrees(np.arctan2(b, a))) / 90) % 4 * 90, mirrored
