"""From the faces of a film to its tracks and their crops: chain, embed, split, join, sample.

The encoder is handed in as a function from crops to embeddings, and each face is embedded at most
once. Nothing is written here.
"""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

from castlist.encoders import WEAK
from castlist.faces.scan import SURE
from castlist.faces.types import Detections, Floats, Ints
from castlist.film.types import Shots
from castlist.tracks.identity import Tracklet, join, split
from castlist.tracks.motion import tracklets
from castlist.tracks.sampling import sample
from castlist.tracks.types import Tracks

Embed = Callable[[Ints], Floats]
"""Rows of faces, ascending, to their raw embeddings, (n, d)."""


@dataclass(frozen=True)
class Tracked:
    """The tracks of a film and the faces sampled from them.

    Attributes:
        tracks: A row a frame.
        crop_track: Shape (N,): track of each sampled face, ascending.
        crop_row: Shape (N,): its row among the film's faces.
        embeddings: Shape (N, d), raw.
    """

    tracks: Tracks
    crop_track: Ints
    crop_row: Ints
    embeddings: Floats


@dataclass(frozen=True, kw_only=True)
class Tracker:
    """Follows faces inside shots.

    Attributes:
        stride: Frames between the detector's anchors.
        different: Cosine below which two faces are hardly of one person: tracks are split there.
        same: Cosine from which two faces are surely of one person: tracks are joined there.
        least_frames: Frames of the shortest track.
        longest_gap: Frames for which a face may be lost inside a track.
    """

    stride: int
    different: float
    same: float
    least_frames: int
    longest_gap: int

    def __call__(
        self, faces: Detections, looked: Ints, pts: Ints, shots: Shots, embed: Embed
    ) -> Tracked:
        """Track the faces of a film.

        Args:
            faces: All faces, in order of frame.
            looked: The frames on which the detector ran, ascending.
            pts: Time of each frame of the film.
            shots: The film's shots.
            embed: The encoder, by rows of `faces`.
        """
        chains = tracklets(faces, looked, shots, patience=2 * self.stride)
        chains = [chain for chain in chains if self._worth(faces, chain)]
        known = _Embedded(embed)
        parts: dict[int, list[Tracklet]] = {}
        chained = known.embed([chain[sample(faces.frame[chain])] for chain in chains], chains)
        weak = WEAK * known.typical_strength
        for piece in chained:
            shot = int(np.searchsorted(shots.first_frame, faces.frame[piece.rows[0]], "right")) - 1
            persons = split(piece, faces, different=self.different, weak=weak)
            parts.setdefault(shot, []).extend(persons)
        rows = [
            joined.rows
            for shot in sorted(parts)
            for joined in join(parts[shot], faces, same=self.same, longest_gap=self.longest_gap)
            if self._worth(faces, joined.rows)
        ]
        rows.sort(key=lambda r: (int(faces.frame[r[0]]), float(faces.boxes[r[0], 0])))
        pieces = known.embed([r[sample(faces.frame[r])] for r in rows], rows)
        return Tracked(
            _every_frame(rows, faces, looked, pts, shots),
            np.repeat(np.arange(len(pieces)), [len(p.samples) for p in pieces]),
            np.concatenate([np.zeros(0, np.int64), *(p.samples for p in pieces)]),
            np.concatenate([embed(np.zeros(0, np.int64)), *(p.embeddings for p in pieces)]),
        )

    def _worth(self, faces: Detections, rows: NDArray[np.intp]) -> bool:
        """Tell whether a chain is long and sure enough to be a track."""
        span = faces.frame[rows[-1]] - faces.frame[rows[0]] + 1
        return bool(span >= self.least_frames and faces.scores[rows].max() >= SURE)


class _Embedded:
    """Raw embeddings by row, each computed once."""

    def __init__(self, embed: Embed) -> None:
        self._embed = embed
        self._by_row: dict[int, Floats] = {}

    @property
    def typical_strength(self) -> float:
        """The median length of all that was embedded so far."""
        return float(np.median([float(np.linalg.norm(e)) for e in self._by_row.values()] or [0.0]))

    def embed(
        self, samples: list[NDArray[np.intp]], rows: list[NDArray[np.intp]]
    ) -> list[Tracklet]:
        wanted = np.unique(np.concatenate([np.zeros(0, np.intp), *samples]))
        new = np.array([r for r in wanted if int(r) not in self._by_row], np.int64)
        if len(new):
            self._by_row.update(zip(new.tolist(), self._embed(new), strict=True))
        return [
            Tracklet(whole, some, np.stack([self._by_row[int(r)] for r in some]))
            for some, whole in zip(samples, rows, strict=True)
        ]


def _every_frame(
    tracks: list[NDArray[np.intp]], faces: Detections, looked: Ints, pts: Ints, shots: Shots
) -> Tracks:
    """Fill the frames between the faces of each track: boxes and scores move evenly."""
    number, frame, boxes, scores, detected, gap = [], [], [], [], [], []
    for track, rows in enumerate(tracks):
        seen = faces.frame[rows]
        frames = np.arange(seen[0], seen[-1] + 1)
        nearest_before = looked[np.searchsorted(looked, frames, side="right") - 1]
        nearest_after = looked[np.searchsorted(looked, frames)]
        number.append(np.full(len(frames), track))
        frame.append(frames)
        boxes.append(
            np.stack([np.interp(frames, seen, faces.boxes[rows, k]) for k in range(4)], axis=1)
        )
        scores.append(np.interp(frames, seen, faces.scores[rows]))
        detected.append(np.isin(frames, seen))
        gap.append(~(np.isin(nearest_before, seen) & np.isin(nearest_after, seen)))
    none = np.zeros(0, np.int64)
    frames = np.concatenate([none, *frame])
    return Tracks(
        track=np.concatenate([none, *number]),
        shot=np.searchsorted(shots.first_frame, frames, side="right") - 1,
        frame=frames,
        pts=pts[frames],
        boxes=np.concatenate([np.zeros((0, 4)), *boxes]).astype(np.float32),
        scores=np.concatenate([np.zeros(0), *scores]).astype(np.float32),
        detected=np.concatenate([np.zeros(0, bool), *detected]),
        gap=np.concatenate([np.zeros(0, bool), *gap]),
    )
