"""What a track is known by across runs: a face at a moment of the film. Never its number.

Another encoder, other settings or a newer castlist number tracks anew, and may cut them otherwise.
What stays is the film: on this frame, there, is this face.
"""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np

from castlist.faces.detector import iou
from castlist.faces.types import Floats, Ints
from castlist.tracks.types import Tracks

SAME_FACE = 0.5
"""Overlap (IoU) from which a box on the same frame is the same face."""


@dataclass(frozen=True)
class Anchor:
    """A face at a moment.

    Attributes:
        frame: Number of the frame.
        box: x1, y1, x2, y2 in pixels of the film as shown.
    """

    frame: int
    box: tuple[float, float, float, float]


def anchor(tracks: Tracks, number: int) -> Anchor:
    """Return the anchor of a track: the middle one of the frames on which it was detected."""
    rows = np.arange(*np.searchsorted(tracks.track, [number, number + 1]))
    detected = rows[tracks.detected[rows]]
    chosen = detected if len(detected) else rows
    row = int(chosen[len(chosen) // 2])
    x1, y1, x2, y2 = (round(float(side), 1) for side in tracks.boxes[row])
    return Anchor(int(tracks.frame[row]), (x1, y1, x2, y2))


class Finder:
    """Finds the tracks of a run by their anchors.

    Args:
        tracks: Of the run at hand.
    """

    def __init__(self, tracks: Tracks) -> None:
        order = np.argsort(tracks.frame, kind="stable")
        self._frame: Ints = tracks.frame[order]
        self._track: Ints = tracks.track[order]
        self._boxes: Floats = tracks.boxes[order]
        self._found: dict[Anchor, int | None] = {}  # decisions name the same faces again and again

    def find(self, anchor: Anchor) -> int | None:
        """Return the number of the track that shows this face, or None if none does."""
        if anchor not in self._found:
            self._found[anchor] = self._find(anchor)
        return self._found[anchor]

    def _find(self, anchor: Anchor) -> int | None:
        start, end = np.searchsorted(self._frame, [anchor.frame, anchor.frame + 1])
        if start == end:
            return None
        box = np.array([anchor.box], np.float32)
        overlap = iou(box, self._boxes[start:end])[0]
        best = int(overlap.argmax())
        return int(self._track[start + best]) if overlap[best] >= SAME_FACE else None
