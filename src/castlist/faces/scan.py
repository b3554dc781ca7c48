"""The frames of a film on which the detector runs, and what it finds there. No tracking.

A film isn't searched frame by frame: the detector runs on *anchors*, a stride apart, and on the
first and last frame of each shot. Where two neighbouring anchors tell the same story (each face
has moved little) the frames between them follow by interpolation; where a face appears, goes or
moves fast, the interval is halved, down to single frames. So a still scene costs a few
detections a second, and the first and last frame of a face are exact.
"""

from __future__ import annotations

from dataclasses import dataclass

import cv2
import numpy as np
from numpy.typing import NDArray

from castlist.faces import quality
from castlist.faces.align import align
from castlist.faces.detector import CenterFace, iou
from castlist.faces.filters import Filters
from castlist.faces.types import Detections, Faces, Floats
from castlist.film.types import FilmInfo, Frame

SURE = 0.5  # confidence of a face whose coming and going is worth finding to the frame
STEADY = 0.4  # overlap of a face with itself at two anchors, above which it is interpolated
ANCHORS_PER_SECOND = 3.0
CROP_PICTURE = 1920  # crops are cut from pictures at most this wide
JPEG_QUALITY = 92


def stride_for(frame_rate: float) -> int:
    """Return the frames from one anchor to the next at this many frames per second."""
    return max(1, round(frame_rate / ANCHORS_PER_SECOND))


@dataclass(frozen=True)
class Scanned:
    """What the detector found on some frames.

    Attributes:
        frames: Shape (F,), ascending: the frames on which it ran, faces or not.
        faces: The faces that passed the filters, in order of frame.
        crops: One JPEG per face: the canonical crop.
    """

    frames: NDArray[np.int64]
    faces: Detections
    crops: list[bytes]


class FaceScanner:
    """Runs the detector over a film's frames, shot by shot, as densely as its faces need.

    The detector and the crops see pictures with square pixels; boxes and landmarks are kept in
    the film's own.

    Frames are pushed in order; of each only as many are held as lie between two anchors.

    Args:
        detector: Finds the faces of one picture.
        info: The film's facts.
        stride: Frames between anchors.
        filters: Which faces are kept.
        skip_until: Frames up to this one were scanned in an earlier run, and are passed over.
    """

    def __init__(
        self,
        detector: CenterFace,
        info: FilmInfo,
        *,
        stride: int,
        filters: Filters | None = None,
        skip_until: int = -1,
    ) -> None:
        self._detector = detector
        self._height = info.height
        shown = np.array([info.width * float(info.pixel_aspect), info.height])
        self._seen_size = detector.size_for(*shown)
        self._crop_size = np.rint(shown * min(1.0, CROP_PICTURE / shown[0])).astype(int)
        film = np.array([info.width, info.height])
        self._to_film: Floats = np.divide(film, self._seen_size, dtype=np.float32)
        self._to_crops: Floats = np.divide(self._crop_size, film, dtype=np.float32)
        self._stride = stride
        self._filters = filters or Filters()
        self._skip_until = skip_until
        self._held: list[Frame] = []  # the last anchor and the frames after it
        self._cache: dict[int, _Look] = {}

    def push(self, frame: Frame, *, starts_shot: bool) -> list[Scanned]:
        """Take the film's next frame; return what was found on frames that are now finished."""
        found = self.finish() if starts_shot else []
        self._held.append(frame)
        if len(self._held) == 1 and frame.index > self._skip_until:
            found.append(self._collect([frame.index]))
        elif len(self._held) == self._stride + 1:
            found += self._close_interval()
        return found

    def finish(self) -> list[Scanned]:
        """End the shot: return what was found on the frames still held."""
        found = self._close_interval() if len(self._held) > 1 else []
        self._held.clear()
        self._cache.clear()
        return found

    def _close_interval(self) -> list[Scanned]:
        """Look between the first and the last held frame; the last one begins the next interval."""
        found = []
        last = self._held[-1].index
        if last > self._skip_until:
            looked = {*self._refine(0, len(self._held) - 1)} - {self._held[0].index}
            found.append(self._collect(sorted(looked)))
        self._cache = {k: v for k, v in self._cache.items() if k == last}
        self._held = self._held[-1:]
        return found

    def _refine(self, a: int, b: int) -> list[int]:
        """Return the frames to look at between two held ones, halving while the story differs."""
        first, last = self._look(self._held[a]), self._look(self._held[b])
        frames = [first.frame.index, last.frame.index]
        if b - a > 1 and not _same_story(first.faces, last.faces):
            middle = (a + b) // 2
            frames += self._refine(a, middle) + self._refine(middle, b)
        return frames

    def _look(self, frame: Frame) -> _Look:
        if frame.index not in self._cache:
            faces = self._detector(frame.picture(*self._seen_size)).scaled(self._to_film)
            kept = faces[self._filters.large_enough(faces, self._height)]
            self._cache[frame.index] = _Look(frame, kept)
        return self._cache[frame.index]

    def _collect(self, indices: list[int]) -> Scanned:
        """Return the rows and crops of the frames with these numbers, all of them held."""
        by_index = {frame.index: frame for frame in self._held}
        rows: list[Detections] = []
        crops: list[bytes] = []
        for index in indices:
            found, jpegs = self._cut(self._look(by_index[index]))
            rows.append(found)
            crops += jpegs
        return Scanned(np.array(indices, np.int64), Detections.concatenate(rows), crops)

    def _cut(self, look: _Look) -> tuple[Detections, list[bytes]]:
        """Cut the crops of one frame and drop the faces that are blurred."""
        if not len(look.faces):
            return Detections.empty(), []
        width, height = (int(side) for side in self._crop_size)
        picture = look.frame.picture(width, height)
        kept: list[int] = []
        qualities: list[float] = []
        jpegs: list[bytes] = []
        for row, points in enumerate(look.faces.landmarks * self._to_crops):
            crop = align(picture, points)
            if quality.sharpness(crop) >= self._filters.min_sharpness:
                kept.append(row)
                qualities.append(quality.quality(crop, points, (width, height)))
                jpegs.append(_jpeg(crop))
        faces = look.faces[np.array(kept, np.intp)]
        n = len(kept)
        return Detections(
            np.full(n, look.frame.index, np.int64),
            np.full(n, look.frame.pts, np.int64),
            faces.boxes,
            faces.scores,
            faces.landmarks,
            np.array(qualities, np.float32),
        ), jpegs


@dataclass(frozen=True)
class _Look:
    frame: Frame
    faces: Faces


def _same_story(a: Faces, b: Faces) -> bool:
    """Tell whether each sure face of either picture is found again in the other, little moved."""
    overlap = iou(a.boxes, b.boxes)
    return _found(overlap, a.scores) and _found(overlap.T, b.scores)


def _found(overlap: Floats, scores: Floats) -> bool:
    sure = overlap[scores >= SURE]
    return bool((sure.max(axis=1, initial=0.0) >= STEADY).all())


def _jpeg(crop: NDArray[np.uint8]) -> bytes:
    flags = [cv2.IMWRITE_JPEG_QUALITY, JPEG_QUALITY]
    _, data = cv2.imencode(".jpg", cv2.cvtColor(crop, cv2.COLOR_RGB2BGR), flags)
    return data.tobytes()
