"""What a track is known by across runs: its face at moments of the film. Never its number.

Another encoder, other settings or a newer castlist number tracks anew, and may cut them otherwise.
What stays is the film: on this frame, there, is this face.
"""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import dataclass

import numpy as np

from castlist.faces.boxes import iou
from castlist.faces.types import Floats, Ints
from castlist.tracks.types import Tracks

Span = tuple[int, int]
"""First and last frame."""
SAME_FACE = 0.5
"""Overlap (IoU) from which a box on the same frame is the same face."""


@dataclass(frozen=True)
class Sight:
    """A face at a moment.

    Attributes:
        frame: Number of the frame.
        box: x1, y1, x2, y2 in pixels of the film as shown.
    """

    frame: int
    box: tuple[float, float, float, float]


@dataclass(frozen=True)
class Anchor(Sight):
    """A track: its face at a moment in its middle, and where it begins and ends.

    Attributes:
        start: The face when it is first seen.
        end: The face when it is last seen.
    """

    start: Sight
    end: Sight

    @property
    def span(self) -> Span:
        """First and last frame."""
        return self.start.frame, self.end.frame


def anchor(tracks: Tracks, number: int) -> Anchor:
    """Return the anchor of a track, made of frames on which it was detected, if there are any."""
    rows = np.arange(*np.searchsorted(tracks.track, [number, number + 1]))
    detected = rows[tracks.detected[rows]]
    chosen = detected if len(detected) else rows
    middle, start, end = (_sight(tracks, chosen[n]) for n in (len(chosen) // 2, 0, -1))
    return Anchor(middle.frame, middle.box, start, end)


def _sight(tracks: Tracks, row: int) -> Sight:
    x1, y1, x2, y2 = (round(float(side), 1) for side in tracks.boxes[row])
    return Sight(int(tracks.frame[row]), (x1, y1, x2, y2))


class Finder:
    """Finds the tracks of a run by their anchors.

    Args:
        tracks: Of the run at hand.
    """

    def __init__(self, tracks: Tracks) -> None:
        self.tracks = tracks
        order = np.argsort(tracks.frame, kind="stable")
        self._frame: Ints = tracks.frame[order]
        self._track: Ints = tracks.track[order]
        self._boxes: Floats = tracks.boxes[order]
        begin = np.searchsorted(tracks.track, np.arange(len(tracks) + 1))
        self._spans = np.stack([tracks.frame[begin[:-1]], tracks.frame[begin[1:] - 1]], axis=1)
        self._found: dict[Anchor, list[int]] = {}  # decisions name the same faces again and again

    def find(self, anchor: Anchor) -> int | None:
        """Return the number of the track that is meant, or None if there is none any more."""
        return next(iter(self._meant(anchor)), None)

    def find_all(self, anchors: Iterable[Anchor]) -> list[int]:
        """Return the tracks that are meant, each once; another run may have made several of one."""
        return list(dict.fromkeys(track for one in anchors for track in self._meant(one)))

    def span(self, track: int) -> Span:
        """Return the first and the last frame of a track."""
        first, last = self._spans[track].tolist()
        return first, last

    def _meant(self, anchor: Anchor) -> list[int]:
        """Return the track with this face in the middle, and those with that at start or end.

        Of these most of the time, theirs or the anchor's, has to be the other one's as well.
        """
        if anchor not in self._found:
            middle = self._find(anchor)
            shown = [middle]
            if middle is None or common(anchor.span, self.span(middle)) != anchor.span:
                shown += [self._find(anchor.start), self._find(anchor.end)]
            self._found[anchor] = [
                track
                for track in dict.fromkeys(shown)
                if track is not None and (track == middle or self._shares(track, anchor.span))
            ]
        return self._found[anchor]

    def _shares(self, track: int, span: Span) -> bool:
        own = self.span(track)
        return 2 * length(common(own, span)) > min(length(own), length(span))

    def _find(self, sight: Sight) -> int | None:
        start, end = np.searchsorted(self._frame, [sight.frame, sight.frame + 1])
        if start == end:
            return None
        box = np.array([sight.box], np.float32)
        overlap = iou(box, self._boxes[start:end])[0]
        best = int(overlap.argmax())
        return int(self._track[start + best]) if overlap[best] >= SAME_FACE else None


def common(a: Span, b: Span) -> Span:
    """Return the frames that two spans share; without any, the last is before the first."""
    return max(a[0], b[0]), min(a[1], b[1])


def length(span: Span) -> int:
    """Return the number of frames."""
    return max(0, span[1] - span[0] + 1)
