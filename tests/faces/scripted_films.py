"""Films that are only told: which faces are on which frame, and a detector that knows it.

A told frame's picture is noise, sharp enough for any filter, with its number in the first pixel.
"""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass, field
from fractions import Fraction
from functools import cache
from pathlib import Path

import numpy as np

from castlist.faces.align import CROP_LANDMARKS, CROP_SIZE
from castlist.faces.types import Faces
from castlist.film.types import FilmInfo, Image

WIDTH, HEIGHT = 640, 360

Box = tuple[float, float, float, float]
Script = Callable[[int], list[Box]]
"""From a frame's number to the boxes of its faces, in the film's own pixels."""


def film_info(frames: int | None = None, aspect: Fraction = Fraction(1)) -> FilmInfo:
    """The facts of a told film, at 24 frames per second."""
    return FilmInfo(
        path=Path("told.mp4"),
        width=WIDTH,
        height=HEIGHT,
        time_base=Fraction(1, 24000),
        frame_rate=Fraction(24),
        duration=None,
        frames=frames,
        rotation=0,
        sample_aspect_ratio=aspect,
        transfer="sdr",
        interlaced=False,
        codec="h264",
    )


@dataclass(frozen=True)
class ToldFrame:
    """A frame of a told film; ``flat`` ones are grey, as if out of focus."""

    index: int
    flat: bool = False

    @property
    def pts(self) -> int:
        return 500 + 1000 * self.index

    @property
    def duration(self) -> int:
        return 1000

    def picture(self, width: int | None = None, height: int | None = None) -> Image:
        shape = (height or HEIGHT, width or WIDTH, 3)
        picture = np.full(shape, 120, np.uint8) if self.flat else _noise(shape).copy()
        picture[0, 0] = [self.index % 256, self.index // 256, 0]
        return picture


@cache
def _noise(shape: tuple[int, int, int]) -> Image:
    return np.random.default_rng(0).integers(0, 255, shape, np.uint8)


def frames(count: int, flat: frozenset[int] = frozenset()) -> list[ToldFrame]:
    """The frames of a told film."""
    return [ToldFrame(index, index in flat) for index in range(count)]


def landmarks_in(boxes: np.ndarray) -> np.ndarray:
    """Landmarks (N, 5, 2) such that the canonical crop of each face is its box (N, 4)."""
    extent = boxes[:, None, 2:] - boxes[:, None, :2]
    return (boxes[:, None, :2] + CROP_LANDMARKS / CROP_SIZE * extent).astype(np.float32)


@dataclass
class ToldDetector:
    """Finds the faces that the script tells, and notes on which frames it looked.

    Attributes:
        script: Which faces there are.
        scores: Confidence of each frame's faces, in order; the last one of all further ones.
        seen: Size of the pictures it wants.
        looked: Frames on which it ran, in order of looking.
    """

    script: Script
    scores: tuple[float, ...] = (0.9,)
    seen: tuple[int, int] = (WIDTH // 2, HEIGHT // 2)
    looked: list[int] = field(default_factory=list)

    def size_for(self, width: float, height: float) -> tuple[int, int]:
        return self.seen

    def __call__(self, picture: Image) -> Faces:
        assert picture.shape == (self.seen[1], self.seen[0], 3)
        index = int(picture[0, 0, 0]) + 256 * int(picture[0, 0, 1])
        self.looked.append(index)
        boxes = np.array(self.script(index), np.float32).reshape(-1, 4)
        boxes *= np.tile(np.divide(self.seen, (WIDTH, HEIGHT)), 2)
        scores = [self.scores[min(i, len(self.scores) - 1)] for i in range(len(boxes))]
        return Faces(boxes, np.array(scores, np.float32), landmarks_in(boxes))


def square(x: float, y: float = 100, side: float = 60) -> Box:
    """A face's box by its upper left corner."""
    return (x, y, x + side, y + side)
