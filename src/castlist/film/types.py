"""What a film is to the rest of castlist: its facts, its frames and its shots. No decoding here.

Time is ``pts`` (an integer) times ``time_base`` (a fraction of a second); seconds only at the
edges. Frames are counted from 0 in presentation order.
"""

from __future__ import annotations

from dataclasses import dataclass, fields
from fractions import Fraction
from pathlib import Path
from typing import Protocol

import numpy as np
from numpy.typing import NDArray

from castlist.tables import read_table, write_table

Image = NDArray[np.uint8]
"""RGB picture, shape (height, width, 3)."""


@dataclass(frozen=True, kw_only=True)
class FilmInfo:
    """The facts of a film's picture stream, known before any frame is decoded.

    Attributes:
        path: The file.
        width: Width of the picture as shown after rotation, in the film's own pixels (the
            sample aspect ratio isn't applied: boxes are in these pixels).
        height: Height, likewise.
        time_base: Seconds per unit of ``pts``.
        frame_rate: Average frames per second; exact for constant frame rate.
        duration: Seconds; from the container, so an estimate. None if it doesn't say.
        frames: Number of frames; from the container or duration x rate, so an estimate. None if
            neither is known.
        rotation: Degrees by which players turn the stored picture clockwise: 0, 90, 180 or 270.
        sample_aspect_ratio: Width of a pixel over its height.
        transfer: "sdr", "pq" or "hlg".
        interlaced: Whether the stream says that it holds fields.
        codec: Name of the codec, such as "h264".
        sound: Whether there is a sound stream beside the pictures.
        start_timecode: Timecode of the first frame, as the container has it ("01:00:00:00", with
            a ";" where it is drop-frame code); None if it has none.
    """

    path: Path
    width: int
    height: int
    time_base: Fraction
    frame_rate: Fraction
    duration: float | None
    frames: int | None
    rotation: int
    sample_aspect_ratio: Fraction
    transfer: str
    interlaced: bool
    codec: str
    sound: bool = False
    start_timecode: str | None = None

    @property
    def pixel_aspect(self) -> Fraction:
        """Width of a pixel over its height in the picture as shown, after rotation."""
        turned = self.rotation in (90, 270)
        return 1 / self.sample_aspect_ratio if turned else self.sample_aspect_ratio


class Frame(Protocol):
    """One decoded frame; its picture is converted only when asked for."""

    @property
    def index(self) -> int:
        """Number of the frame, from 0 in presentation order."""

    @property
    def pts(self) -> int:
        """Presentation time in units of the film's time base; strictly increasing."""

    @property
    def duration(self) -> int:
        """For how long the frame is shown, in the same units; at least 1.

        It is what the file says, so where the frame rate varies the next frame's pts knows better.
        """

    def picture(self, width: int | None = None, height: int | None = None) -> Image:
        """Return the picture as shown: rotated, tone-mapped to SDR, RGB, (height, width, 3).

        Args:
            width: Width to scale to; the film's own by default.
            height: Height to scale to; the film's own by default.
        """


@dataclass(frozen=True)
class Shots:
    """The shots of a film, in order, without gaps; all arrays of shape (S,), int64.

    Attributes:
        first_frame: First frame of each shot.
        last_frame: Last frame of each shot, inclusive.
        start_pts: pts of the first frame.
        end_pts: pts at which the shot ends: that of the next shot's first frame (for the last
            shot, the end of its last frame).
    """

    first_frame: NDArray[np.int64]
    last_frame: NDArray[np.int64]
    start_pts: NDArray[np.int64]
    end_pts: NDArray[np.int64]

    def __len__(self) -> int:
        return len(self.first_frame)

    def save(self, path: Path) -> None:
        """Write `shots.parquet`."""
        columns = {field.name: getattr(self, field.name) for field in fields(self)}
        write_table(path, {"shot": np.arange(len(self)), **columns})

    @staticmethod
    def load(path: Path) -> Shots:
        """Read `shots.parquet`.

        Raises:
            WorkspaceError: The file is missing, damaged or lacks a column.
        """
        return Shots(**read_table(path, [field.name for field in fields(Shots)], stage="scan"))
