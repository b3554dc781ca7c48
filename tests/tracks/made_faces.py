"""Faces put together by hand: rows of (frame, x, size, score), and shots by their first frames."""

from __future__ import annotations

from collections.abc import Iterable, Sequence

import numpy as np

from castlist.faces.types import Detections
from castlist.film.types import Shots

TICKS = 1001
"""Units of time per frame."""


def faces(rows: Iterable[Sequence[float]]) -> Detections:
    """Square faces: frame, x of the upper left corner, side (50), score (0.9); by frame."""
    full = [(*row, *(0, 0, 50, 0.9)[len(row) :]) for row in rows]
    table = np.array(sorted(full, key=lambda row: row[0]), np.float64).reshape(-1, 4)
    frame = table[:, 0].astype(np.int64)
    x, side, score = table[:, 1:].T.astype(np.float32)
    boxes = np.stack([x, np.full_like(x, 40), x + side, 40 + side], axis=1)
    n = len(frame)
    quality = np.linspace(0.3, 0.9, n, dtype=np.float32)
    return Detections(frame, frame * TICKS, boxes, score, np.zeros((n, 5, 2), np.float32), quality)


def shots(frames: int, *cuts: int) -> Shots:
    """The shots of a film of so many frames, cut there."""
    first = np.array([0, *cuts], np.int64)
    end = np.append(first[1:], frames)
    return Shots(first, end - 1, first * TICKS, end * TICKS)


def pts(frames: int) -> np.ndarray:
    """Time of each frame."""
    return np.arange(frames, dtype=np.int64) * TICKS


def unit(*numbers: float) -> np.ndarray:
    """A vector of length 1."""
    vector = np.array(numbers, np.float32)
    return vector / np.linalg.norm(vector)
