"""The frames of a film on which the detector runs, and what it finds there. No tracking.

A film isn't searched frame by frame: the detector runs on *anchors*, a stride apart, and on the
first and last frame of each shot. Where two neighbouring anchors tell the same story (each face
has moved little) the frames between them follow by interpolation; where a face appears, goes or
moves fast, the interval is halved, down to single frames. So a still scene costs a few
detections a second, and the first and last frame of a face are exact.

Two pictures are looked at side by side: while an interval is finished, the detector is already at
the anchor behind the next one.
"""

from __future__ import annotations

from concurrent.futures import Future, ThreadPoolExecutor
from dataclasses import dataclass

import cv2
import numpy as np
from numpy.typing import NDArray

from castlist.faces import quality
from castlist.faces.align import align
from castlist.faces.boxes import iou
from castlist.faces.detector import CenterFace
from castlist.faces.filters import Filters
from castlist.faces.types import Detections, Faces, Floats
from castlist.film.types import FilmInfo, Frame

SURE = 0.5  # confidence of a face whose coming and going is worth finding to the frame
STEADY = 0.4  # overlap of a face with itself at two anchors, above which it is interpolated
ANCHORS_PER_SECOND = 2.5
CROP_PICTURE = 1920  # crops are cut from pictures at most this wide
MANY = 2  # times a crop picture's pixels, above which frames are scaled to one before they wait
JPEG_QUALITY = 92
SIDE_BY_SIDE = 2  # pictures that the detector sees at a time


def stride_for(frame_rate: float) -> int:
    """Return the frames from one anchor to the next at this many frames per second."""
    return max(1, round(frame_rate / ANCHORS_PER_SECOND))


def crop_picture(info: FilmInfo) -> tuple[int, int]:
    """Return width and height of the pictures from which crops are cut: with square pixels."""
    width, height = info.width * float(info.pixel_aspect), float(info.height)
    scale = min(1.0, CROP_PICTURE / width)
    return round(width * scale), round(height * scale)


def waiting_size(info: FilmInfo) -> tuple[int, int] | None:
    """Return to what width and height a film's frames are scaled before they wait to be looked at.

    None leaves them as they are. Some seventy frames wait at a time, and no picture of one is ever
    made that is larger than that from which crops are cut; see docs/film.md.
    """
    width, height = crop_picture(info)
    return (width, height) if MANY * width * height < info.width * info.height else None


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

    Frames are pushed in order; as many are held as lie between three anchors.

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
        self._crop_size = crop_picture(info)
        film = np.array([info.width, info.height])
        self._to_film: Floats = np.divide(film, self._seen_size, dtype=np.float32)
        self._to_crops: Floats = np.divide(self._crop_size, film, dtype=np.float32)
        self._stride = stride
        self._filters = filters or Filters()
        self._skip_until = skip_until
        self._held: list[Frame] = []  # the anchor up to which all is done, and the frames after it
        self._fresh = False  # whether that anchor, a shot's first frame, is still to be reported
        self._looks: dict[int, Future[_Look]] = {}
        self._workers = ThreadPoolExecutor(SIDE_BY_SIDE, "castlist-faces")

    def push(self, frame: Frame, *, starts_shot: bool) -> list[Scanned]:
        """Take the film's next frame; return what was found on frames that are now finished."""
        found = self.finish() if starts_shot else []
        self._fresh |= not self._held and frame.index > self._skip_until
        self._held.append(frame)
        if (len(self._held) - 1) % self._stride == 0 and frame.index > self._skip_until:
            self._look(frame)
        if len(self._held) == 2 * self._stride + 1:
            found += self._close_interval()
        return found

    def finish(self) -> list[Scanned]:
        """End the shot: return what was found on the frames still held."""
        found = []
        if self._held and self._held[-1].index > self._skip_until:
            self._look(self._held[-1])
        while len(self._held) > 1:
            found += self._close_interval()
        if self._fresh:
            found.append(self._collect([self._held[0].index]))
        self._fresh = False
        self._held.clear()
        self._looks.clear()
        return found

    def _close_interval(self) -> list[Scanned]:
        """Look between the first two held anchors; the second one begins the next interval."""
        found = []
        end = min(self._stride, len(self._held) - 1)
        if self._held[end].index > self._skip_until:
            looked = self._refine(end)
            found.append(self._collect([row.index for row in looked[0 if self._fresh else 1 :]]))
            self._fresh = False
        for frame in self._held[:end]:
            self._looks.pop(frame.index, None)
        self._held = self._held[end:]
        return found

    def _refine(self, end: int) -> list[Frame]:
        """Return the frames to look at from the first held one to `end`, in order.

        An interval whose ends tell different stories is halved; all the middles of a round are
        looked at side by side.
        """
        looked = {0, end}
        intervals = [(0, end)]
        while intervals:
            halved = [(a, (a + b) // 2, b) for a, b in intervals if self._differs(a, b)]
            for _, middle, _ in halved:
                self._look(self._held[middle])
            looked.update(middle for _, middle, _ in halved)
            intervals = [half for a, m, b in halved for half in ((a, m), (m, b))]
        return [self._held[row] for row in sorted(looked)]

    def _differs(self, a: int, b: int) -> bool:
        """Tell whether the frames between two held ones have to be looked at."""
        first, last = self._look(self._held[a]), self._look(self._held[b])
        return b - a > 1 and not _same_story(first.result().faces, last.result().faces)

    def _look(self, frame: Frame) -> Future[_Look]:
        """Have a frame looked at, if that hasn't been done."""
        if frame.index not in self._looks:
            self._looks[frame.index] = self._workers.submit(self._detect, frame)
        return self._looks[frame.index]

    def _detect(self, frame: Frame) -> _Look:
        faces = self._detector(frame.picture(*self._seen_size)).scaled(self._to_film)
        return _Look(frame, faces[self._filters.large_enough(faces, self._height)])

    def _collect(self, indices: list[int]) -> Scanned:
        """Return the rows and crops of the frames with these numbers, all of them held."""
        by_index = {frame.index: frame for frame in self._held}
        rows: list[Detections] = []
        crops: list[bytes] = []
        for index in indices:
            found, jpegs = self._cut(self._look(by_index[index]).result())
            rows.append(found)
            crops += jpegs
        return Scanned(np.array(indices, np.int64), Detections.concatenate(rows), crops)

    def _cut(self, look: _Look) -> tuple[Detections, list[bytes]]:
        """Cut the crops of one frame and drop the faces that are blurred."""
        if not len(look.faces):
            return Detections.empty(), []
        picture = look.frame.picture(*self._crop_size)
        kept: list[int] = []
        qualities: list[float] = []
        jpegs: list[bytes] = []
        for row, points in enumerate(look.faces.landmarks * self._to_crops):
            crop = align(picture, points)
            if quality.sharpness(crop) >= self._filters.min_sharpness:
                kept.append(row)
                qualities.append(quality.quality(crop, points, self._crop_size))
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
