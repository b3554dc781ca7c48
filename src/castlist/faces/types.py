"""The faces found in a film: one row a face, all rows in order of frame. No detecting here."""

from __future__ import annotations

from dataclasses import dataclass, fields

import numpy as np
from numpy.typing import NDArray

Doubles = NDArray[np.float64]
Floats = NDArray[np.float32]
Ints = NDArray[np.int64]


@dataclass(frozen=True)
class Faces:
    """The faces of one picture.

    Attributes:
        boxes: Shape (N, 4): x1, y1, x2, y2 in pixels, inside the picture.
        scores: Shape (N,): the detector's confidence, 0 to 1, falling.
        landmarks: Shape (N, 5, 2): left eye, right eye, nose, left and right corner of the mouth,
            as seen in the picture, x and y in pixels.
    """

    boxes: Floats
    scores: Floats
    landmarks: Floats

    def __len__(self) -> int:
        return len(self.scores)

    def __getitem__(self, rows: NDArray[np.intp] | NDArray[np.bool_] | slice) -> Faces:
        return Faces(self.boxes[rows], self.scores[rows], self.landmarks[rows])

    def scaled(self, factor: Floats) -> Faces:
        """Return the faces in a picture so many times as wide and as high, factor (2,)."""
        return Faces(self.boxes * np.tile(factor, 2), self.scores, self.landmarks * factor)


@dataclass(frozen=True)
class Detections:
    """The faces of a film, in order of frame.

    Attributes:
        frame: Shape (D,): frame of each face.
        pts: Shape (D,): presentation time of that frame.
        boxes: Shape (D, 4): x1, y1, x2, y2 in pixels of the film as shown.
        scores: Shape (D,): the detector's confidence, 0 to 1.
        landmarks: Shape (D, 5, 2), in the same pixels.
        quality: Shape (D,): how well a face can be recognised, 0 to 1 (see `faces.quality`).
    """

    frame: Ints
    pts: Ints
    boxes: Floats
    scores: Floats
    landmarks: Floats
    quality: Floats

    def __len__(self) -> int:
        return len(self.frame)

    def __getitem__(self, rows: NDArray[np.intp] | NDArray[np.bool_] | slice) -> Detections:
        return Detections(*(getattr(self, f.name)[rows] for f in fields(self)))

    @staticmethod
    def empty() -> Detections:
        """Return no faces at all."""
        none = np.zeros(0, np.int64)
        one = np.zeros(0, np.float32)
        return Detections(none, none, one.reshape(0, 4), one, one.reshape(0, 5, 2), one)

    @staticmethod
    def concatenate(parts: list[Detections]) -> Detections:
        """Return the rows of all parts, one after the other."""
        if not parts:
            return Detections.empty()
        return Detections(
            *(np.concatenate([getattr(p, f.name) for p in parts]) for f in fields(Detections))
        )
