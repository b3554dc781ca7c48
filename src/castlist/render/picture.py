"""Encodes the pictures of a film as they were: size, orientation, pixel aspect, colours, times."""

from __future__ import annotations

import logging
from fractions import Fraction

import av
from av.container import OutputContainer
from av.video.stream import VideoStream

from castlist.errors import CastlistError
from castlist.film.picture import Look
from castlist.film.types import FilmInfo

log = logging.getLogger(__name__)

_ENCODERS = {"hevc": "libx265", "prores": "prores_ks", "ffv1": "ffv1"}
_HDR, _OTHER = "libx265", "libx264"
_OPTIONS = {
    "libx264": {"crf": "18", "preset": "medium"},
    "libx265": {"crf": "20", "preset": "medium", "x265-params": "log-level=error"},
    "prores_ks": {"profile": "hq"},
}
_DEEP, _PLAIN = ("yuv420p10le", "yuv422p10le"), ("yuv420p",)
_UNPLANAR = ("nv", "p0", "yuyv", "uyvy", "rgb", "bgr", "pal")  # beginnings of formats' names


class PictureEncoder:
    """The video stream of a film that is written.

    Args:
        container: Into which it goes.
        info: The facts of the film from which the pictures come.
        look: How these are to be shown.
        first: The first frame as it was decoded.

    Raises:
        CastlistError: The container can't hold such pictures.
    """

    def __init__(
        self, container: OutputContainer, info: FilmInfo, look: Look, first: av.VideoFrame
    ) -> None:
        name = _ENCODERS.get(info.codec, _OTHER if info.transfer == "sdr" else _HDR)
        try:
            stream = container.add_stream(name, rate=info.frame_rate, options=_OPTIONS.get(name))
        except ValueError as error:
            raise CastlistError(
                f"{info.path}: its pictures ({info.codec}) don't go into {container.format.name}; "
                "name an .mkv file with --out"
            ) from error
        assert isinstance(stream, VideoStream)
        self.pixels = _pixels(info, first, name)
        stream.width, stream.height = first.width, first.height
        stream.pix_fmt = self.pixels
        context = stream.codec_context
        context.time_base = info.time_base
        context.sample_aspect_ratio = info.sample_aspect_ratio
        context.colorspace, context.color_range = first.colorspace, first.color_range
        context.color_trc, context.color_primaries = first.color_trc, first.color_primaries
        if info.rotation or look.mirrored:
            # FFmpeg turns counterclockwise and mirrors after that, `Look` mirrors before it turns
            turn = info.rotation if look.mirrored else -info.rotation
            stream.set_display_rotation(turn, hflip=look.mirrored)
        if info.interlaced:
            log.warning(
                "%s: is interlaced; its lines stay, but are no longer told apart", info.path
            )
        if info.transfer != "sdr":
            log.warning("%s: metadata of its HDR (mastering display) is left out", info.path)
        self._container, self._stream = container, stream
        self._time_base = info.time_base
        self._size = (first.width, first.height)

    def ready(self, frame: av.VideoFrame) -> av.VideoFrame:
        """Return a decoded frame in the size and pixel format that are encoded."""
        return frame.reformat(*self._size, format=self.pixels)

    def write(self, frame: av.VideoFrame, pts: int) -> None:
        """Encode a frame, which is shown at this time, in units of the film's time base."""
        frame.pts, frame.time_base = pts, self._time_base
        self._container.mux(self._stream.encode(frame))

    def finish(self) -> None:
        """Encode what the encoder holds back."""
        self._container.mux(self._stream.encode())

    def seconds(self, pts: int) -> Fraction:
        """Return the time in seconds."""
        return pts * self._time_base


def _pixels(info: FilmInfo, first: av.VideoFrame, encoder: str) -> str:
    """Return the film's own pixel format, or the nearest that can be encoded; tell if it isn't."""
    own, known = first.format, {form.name for form in av.Codec(encoder, "w").video_formats or ()}
    if own.name in known and not own.name.startswith(_UNPLANAR):
        return own.name
    deep = own.components[0].bits > 8
    chosen = next(name for name in (_DEEP + _PLAIN if deep else _PLAIN + _DEEP) if name in known)
    if not own.name.startswith("nv"):  # these only store the same otherwise
        log.warning("%s: its pixels (%s) are written as %s", info.path, own.name, chosen)
    return chosen
