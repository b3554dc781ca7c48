"""How good tracks are against a film's truth, frame by frame at IoU 0.5. Nothing is run here.

On each frame labelled boxes and ours are matched one to one, so as to overlap most. From the
matches: recall (labelled boxes found), mixed tracks (ours that hold two labelled people, be it on
a single frame), and pieces (how many of ours a labelled track is covered by).
"""

from __future__ import annotations

from collections import Counter
from collections.abc import Iterator
from dataclasses import dataclass

import numpy as np
from scipy.optimize import linear_sum_assignment

from castlist.benchmark.truth import TrueTrack
from castlist.faces.boxes import iou
from castlist.faces.types import Ints
from castlist.tracks.types import Tracks

MATCH_IOU = 0.5


@dataclass(frozen=True)
class TrackScore:
    """The score of one film's tracks.

    Attributes:
        boxes: Labelled boxes that are scored.
        found: Those that one of ours matches.
        tracks: Our tracks.
        mixed: Our tracks that match two labelled people or more.
        pieces: For each labelled track, the number of ours that match it; 0 for a missed one.
    """

    boxes: int
    found: int
    tracks: int
    mixed: int
    pieces: list[int]

    @property
    def recall(self) -> float:
        """Share of the labelled boxes found; 1 if there are none."""
        return self.found / self.boxes if self.boxes else 1.0

    @property
    def median_pieces(self) -> float:
        """Median number of our tracks on a labelled one; 0 if there are none."""
        return float(np.median(self.pieces)) if self.pieces else 0.0


def score_tracks(truth: list[TrueTrack], tracks: Tracks) -> TrackScore:
    """Score a film's tracks against its labelled ones."""
    people: list[Counter[str]] = [Counter() for _ in range(len(tracks))]
    ours_on: list[set[int]] = [set() for _ in truth]
    found = 0
    for labelled, mine in matches(truth, tracks):
        if truth[labelled].scored:
            found += 1
            people[mine][truth[labelled].identity] += 1
            ours_on[labelled].add(mine)
    return TrackScore(
        boxes=sum(len(t.frames) for t in truth if t.scored),
        found=found,
        tracks=len(tracks),
        mixed=sum(len(seen) > 1 for seen in people),
        pieces=[len(ours) for ours, t in zip(ours_on, truth, strict=True) if t.scored],
    )


def matches(truth: list[TrueTrack], tracks: Tracks) -> Iterator[tuple[int, int]]:
    """Yield (labelled track, our track) for each matched pair of boxes, frame by frame."""
    if not truth:
        return
    labelled = np.repeat(np.arange(len(truth)), [len(t.frames) for t in truth])
    frames = np.concatenate([t.frames for t in truth])
    boxes = np.concatenate([t.boxes for t in truth])
    rows_true, rows_ours = _by_frame(frames), _by_frame(tracks.frame)
    for frame in sorted(rows_true.keys() & rows_ours.keys()):
        a, b = rows_true[frame], rows_ours[frame]
        overlap = iou(boxes[a], tracks.boxes[b])
        for i, j in zip(
            *linear_sum_assignment(np.where(overlap >= MATCH_IOU, -overlap, 0)), strict=True
        ):
            if overlap[i, j] >= MATCH_IOU:
                yield int(labelled[a[i]]), int(tracks.track[b[j]])


def _by_frame(frames: Ints) -> dict[int, Ints]:
    order = np.argsort(frames, kind="stable")
    values, starts = np.unique(frames[order], return_index=True)
    return dict(zip(values.tolist(), np.split(order, starts)[1:], strict=True))
