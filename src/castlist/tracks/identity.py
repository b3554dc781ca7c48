"""Tracklets mended by who is in them: split where the face changes, joined where it comes back.

Motion alone (`tracks.motion`) can hop from one face to another that crosses it, and loses a face
behind a passing shoulder. Both show in the embeddings. Splitting is the more careful of the two:
a track that holds two people can't be mended later, two tracks of one person can.
"""

from __future__ import annotations

from dataclasses import dataclass
from itertools import pairwise

import numpy as np
from numpy.typing import NDArray
from scipy.sparse import csr_array
from scipy.sparse.csgraph import min_weight_full_bipartite_matching

from castlist.faces.types import Detections, Floats
from castlist.tracks.motion import moved

SIDE = 3
"""Crops on either side of a place that speak for what comes before and after it."""


@dataclass(frozen=True)
class Tracklet:
    """Faces chained, and those of them that have been embedded.

    Attributes:
        rows: Shape (n,): rows of the film's faces, in order of frame.
        samples: Shape (m,): the rows among them that are embedded, ascending.
        embeddings: Shape (m, d), raw: means are the sharp faces' more than the blurred ones'.
    """

    rows: NDArray[np.intp]
    samples: NDArray[np.intp]
    embeddings: Floats

    def cut(self, row: int) -> tuple[Tracklet, Tracklet]:
        """Return what lies before a row, and the rest."""
        return tuple(  # type: ignore[return-value]
            Tracklet(self.rows[there], self.samples[here], self.embeddings[here])
            for there, here in (
                (self.rows < row, self.samples < row),
                (self.rows >= row, self.samples >= row),
            )
        )


def split(
    tracklet: Tracklet, faces: Detections, *, different: float, weak: float
) -> list[Tracklet]:
    """Split a tracklet where the person changes.

    A place between two samples is a change if the mean embeddings of up to three samples before
    and after it are less alike than `different`, and if each side holds a face that can be known
    again: of one that is cut off by the picture's edge or blurred beyond recognition the embedding
    says nothing. The deepest one is cut first, at the largest movement between the two samples, and
    then the parts are looked at alike.

    Args:
        tracklet: May hold several people.
        faces: The film's faces.
        different: Cosine below which two faces are hardly of one person.
        weak: Length of a raw embedding below which it says nothing.
    """
    count = len(tracklet.samples)
    strength = np.linalg.norm(tracklet.embeddings, axis=1)
    sides = [(slice(max(0, i - SIDE), i), slice(i, i + SIDE)) for i in range(1, count)]
    alike = np.array(
        [
            _mean(tracklet.embeddings[before]) @ _mean(tracklet.embeddings[after])
            if min(strength[before].max(), strength[after].max()) >= weak
            else 1.0
            for before, after in sides
        ]
    )
    if count < 2 or alike.min() >= different:
        return [tracklet]
    place = int(alike.argmin())
    between = tracklet.rows[
        (tracklet.rows >= tracklet.samples[place]) & (tracklet.rows <= tracklet.samples[place + 1])
    ]
    steps = [
        float(moved(faces.boxes[a : a + 1], faces.boxes[b : b + 1])[0, 0])
        for a, b in pairwise(between)
    ]
    before, after = tracklet.cut(int(between[int(np.argmax(steps)) + 1]))
    return [
        part
        for piece in (before, after)
        for part in split(piece, faces, different=different, weak=weak)
    ]


def join(
    tracklets: list[Tracklet],
    faces: Detections,
    *,
    same: float,
    longest_gap: int,
    reach: float = 2.0,
) -> list[Tracklet]:
    """Join tracklets of one shot that are one face lost and found again.

    Each end is given at most one beginning, by the assignment of the greatest likeness. Only pairs
    that lie close enough in time are looked at: a shot may last as long as the film.

    Args:
        tracklets: All of one shot.
        faces: The film's faces.
        same: Cosine from which two faces are of one person.
        longest_gap: Frames for which a face may be lost.
        reach: Sizes of the face that it may have moved meanwhile.
    """
    order = sorted(tracklets, key=lambda t: int(t.rows[0]))
    if len(order) < 2:
        return order
    first, last = (np.array([t.rows[side] for t in order]) for side in (0, -1))
    begin = np.searchsorted(faces.frame[first], faces.frame[last], side="right")
    past = np.searchsorted(faces.frame[first], faces.frame[last] + longest_gap, side="right")
    heads = np.stack([_mean(t.embeddings[:SIDE]) for t in order])
    tails = np.stack([_mean(t.embeddings[-SIDE:]) for t in order])
    pairs = []  # an end, a beginning after it, and how alike they are
    for i, near in enumerate(map(slice, begin, past)):
        alike = heads[near] @ tails[i]
        way = moved(faces.boxes[last[i : i + 1]], faces.boxes[first[near]])[0]
        fit = np.flatnonzero((alike >= same) & (way <= reach))
        pairs += [(i, int(begin[i] + j), float(alike[j])) for j in fit]
    next_of = _matched(len(order), pairs)
    joined = []
    for i in sorted(set(range(len(order))) - set(next_of.values())):
        chain = [order[i]]
        while i in next_of:
            i = next_of[i]
            chain.append(order[i])
        joined.append(
            Tracklet(
                np.concatenate([t.rows for t in chain]),
                np.concatenate([t.samples for t in chain]),
                np.concatenate([t.embeddings for t in chain]),
            )
        )
    return joined


def _matched(count: int, pairs: list[tuple[int, int, float]]) -> dict[int, int]:
    """Return the pairs (end: beginning) of the matching that has the greatest sum of likenesses.

    The matching that is asked for must give each end something: each also has a nothing of its own.

    Args:
        count: Of ends, and of beginnings.
        pairs: Those that may be: end, beginning, likeness from -1 to 1.
    """
    nothing = [(end, count + end, 0.0) for end in range(count)]
    rows, columns, alike = (np.array(column) for column in zip(*pairs, *nothing, strict=True))
    cost = csr_array((2 - alike, (rows, columns)), (count, 2 * count))  # none of them may be zero
    matching = zip(*min_weight_full_bipartite_matching(cost), strict=True)
    return {int(end): int(beginning) for end, beginning in matching if beginning < count}


def _mean(embeddings: Floats) -> Floats:
    total = embeddings.sum(axis=0)
    return np.asarray(total / max(float(np.linalg.norm(total)), 1e-9), np.float32)
