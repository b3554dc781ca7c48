"""One face cut out of the picture around it, and which faces of a track are wanted.

For track sets of a benchmark, where it is known that a face is there: the detector sees only its
surroundings. Nothing is read from disk.
"""

from __future__ import annotations

from dataclasses import dataclass

import cv2
import numpy as np

from castlist.faces.align import CROP_LANDMARKS, CROP_SIZE, align
from castlist.faces.boxes import iou
from castlist.faces.detector import CenterFace
from castlist.faces.quality import frontality, quality
from castlist.faces.types import Faces, Floats, Ints
from castlist.film.types import Image
from castlist.tracks.sampling import sample

SIDE = 224  # of what the detector sees: the surroundings of one face
WIDE = 2.2  # those surroundings, in sides of the labelled box
THRESHOLD = 0.15  # of the detector's confidence: it need not be sure of what is known
NEAR = 0.3  # overlap from which a face is the labelled one
CENTRAL = 0.6  # how far from the middle of its wide crop a face may lie, in its own size
FACE = 0.55  # side of a face's box in that of the crop that `align` makes of it
RECIPE = (SIDE, WIDE, THRESHOLD, NEAR, CENTRAL, FACE)
"""All on which it depends what is found in a picture."""


@dataclass(frozen=True)
class Cut:
    """One crop; `track` is its track's number in the source."""

    track: int
    frame: int
    crop: Image
    quality: float
    frontality: float = np.nan


class Wish:
    """Which faces of a track are wanted: the sampled frames, each or the first after it.

    Attributes:
        fulfilled: Whether any was found.
    """

    def __init__(self, frames: Ints) -> None:
        self._sampled = set(frames[sample(frames)].tolist())
        self._owed = False
        self.fulfilled = False

    def due(self, frame: int) -> bool:
        """Come to the track's next frame; tell whether a face is wanted of it."""
        self._owed |= frame in self._sampled
        return self._owed

    def granted(self) -> None:
        """Note that it was found."""
        self._owed, self.fulfilled = False, True


class Finder:
    """Finds the one face that is meant, in the picture around it."""

    def __init__(self) -> None:
        self._detector = CenterFace(side=SIDE, threshold=THRESHOLD)

    def central(self, picture: Image) -> tuple[Image, float, float] | None:
        """Return crop, quality and frontality of the face nearest to the middle of a wide crop."""
        faces = self._faces(picture)
        middle = np.array(picture.shape[1::-1]) / 2
        low, high = faces.boxes[:, :2], faces.boxes[:, 2:]
        extent = np.sqrt(np.maximum(np.prod(high - low, axis=1), 1))
        away = np.linalg.norm((low + high) / 2 - middle, axis=1) / extent
        if not len(away) or away.min() > CENTRAL:
            return None
        return _cut(picture, faces.landmarks[int(away.argmin())])

    def unseen(self, picture: Image, box: Floats | None = None) -> tuple[Image, float, float]:
        """Return the same where no face is found: as it would lie in its box, upright.

        How it is turned isn't known: its frontality is nan.

        Args:
            picture: What the face is in.
            box: Where, (4,); in the middle of a wide crop if there is none.
        """
        if box is None:
            height, width = picture.shape[:2]
            reach = min(height, width) / WIDE / 2
            middle = np.array([width, height]) / 2
        else:
            reach, middle = float((box[2:] - box[:2]).max()) / 2, (box[:2] + box[2:]) / 2
        about = (CROP_LANDMARKS - CROP_LANDMARKS.mean(axis=0)) / CROP_SIZE
        spot = about * 2 * reach / FACE + middle
        crop, worth, _ = _cut(picture, spot.astype(np.float32))
        return crop, worth, np.nan

    def near(self, picture: Image, box: Floats) -> tuple[Image, float, float] | None:
        """Return crop, quality and frontality of the face that overlaps most with a box (4,)."""
        middle, reach = (box[:2] + box[2:]) / 2, WIDE * float((box[2:] - box[:2]).max()) / 2
        limit = np.array(picture.shape[1::-1])
        x1, y1 = np.clip(np.floor(middle - reach), 0, limit - 1).astype(int)
        x2, y2 = np.clip(np.ceil(middle + reach), [x1 + 1, y1 + 1], limit).astype(int)
        corner = np.array([x1, y1], np.float32)
        faces = self._faces(picture[y1:y2, x1:x2])
        overlap = iou(faces.boxes + np.tile(corner, 2), box[None])[:, 0]
        if not len(overlap) or overlap.max() < NEAR:
            return None
        return _cut(picture, faces.landmarks[int(overlap.argmax())] + corner)

    def _faces(self, picture: Image) -> Faces:
        """Return the faces of a picture of any size, in its pixels."""
        height, width = picture.shape[:2]
        size = self._detector.size_for(width, height)
        way = cv2.INTER_AREA if size[0] < width else cv2.INTER_LINEAR
        faces = self._detector(np.asarray(cv2.resize(picture, size, interpolation=way), np.uint8))
        return faces.scaled(np.array([width / size[0], height / size[1]], np.float32))


def _cut(picture: Image, landmarks: Floats) -> tuple[Image, float, float]:
    crop = align(picture, landmarks)
    worth = quality(crop, landmarks, (picture.shape[1], picture.shape[0]))
    return crop, worth, frontality(landmarks)
