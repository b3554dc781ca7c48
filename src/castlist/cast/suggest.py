"""Questions whose answers mend most: are these two one person, is this track in the wrong place?

Each question is worth the tracks that a yes would mend, times how likely the yes is. How likely is
read from the embeddings as clustering reads them: from how alike the tracks are, against how alike
strangers are (`cluster.likeness.Strangers`). What the user has said already isn't asked again.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from enum import StrEnum

import numpy as np
from scipy.special import ndtr

from castlist.cluster.likeness import Strangers
from castlist.faces.types import Doubles, Floats, Ints
from castlist.tracks.sums import sum_by

TWICE = 0.02
"""How much less likely two are one person for each pair of tracks on one frame: there are mirrors,
pictures in the picture, and faces found twice."""


SOMEBODY = 0.5
"""How likely an unknown track is somebody of the cast, however little it is like them."""


class Asked(StrEnum):
    """What is asked."""

    SAME = "same"
    """Are these two clusters one person?"""
    ELSEWHERE = "elsewhere"
    """Does this track belong to that cluster, or at least not to its own?"""


@dataclass(frozen=True)
class Question:
    """A question that is answered by yes or no.

    Attributes:
        asked: What is asked.
        cluster: The smaller of two clusters; or where the track would belong, -1 for a person
            who has no cluster yet.
        other: The larger one; or -1.
        track: The track, or -1.
        likely: How likely the answer is yes, 0 to 1.
        worth: Tracks that a yes mends, times `likely`.
    """

    asked: Asked
    cluster: int
    other: int
    track: int
    likely: float
    worth: float


def suggest(
    means: Floats,
    labels: Ints,
    strangers: Strangers,
    *,
    apart: Sequence[tuple[int, int]] | Ints = (),
    sharing: Sequence[tuple[int, int]] | Ints = (),
    sure: Sequence[int] = (),
    most: int = 100,
) -> list[Question]:
    """Return the questions worth most, in falling order of worth.

    Args:
        means: Shape (T, d): mean embedding of each track, of length 1.
        labels: Shape (T,): cluster of each, -1 for unknown.
        strangers: How alike strangers are by these embeddings.
        apart: Pairs of tracks that are two people; their clusters are not asked about.
        sharing: Pairs of tracks that are seen on one frame, and hardly ever one person.
        sure: Tracks of which the user has said where they belong.
        most: Questions to return.
    """
    known = np.flatnonzero(labels >= 0)
    if not len(known):
        return []
    clusters, group = np.unique(labels[known], return_inverse=True)
    size = np.bincount(group)  # (C,)
    total = sum_by(means[known].astype(np.float64), group, len(clusters))  # (C, d)
    place = np.full(int(labels.max()) + 1, -1)
    place[clusters] = np.arange(len(clusters))
    barred, seen = (_between(pairs, labels, place, len(clusters)) for pairs in (apart, sharing))
    said = np.unique(group[np.isin(known, np.asarray(sure, np.int64))])
    alone = said[size[said] == 1]
    questions = _same(clusters, group, size, total, barred[known], seen[known], alone, strangers)
    where = [n for n in range(len(labels)) if n not in set(sure)]
    questions += _elsewhere(where, means, labels, place, clusters, total, barred, seen, strangers)
    return sorted(questions, key=lambda q: (-q.worth, q.asked, q.cluster, q.other, q.track))[:most]


def _between(
    pairs: Sequence[tuple[int, int]] | Ints, labels: Ints, place: Ints, count: int
) -> Ints:
    """Return how many of the pairs are between each track and each cluster, (T, C)."""
    found = np.zeros((len(labels), count), np.int64)
    a, b = np.asarray(pairs, np.int64).reshape(-1, 2).T
    one, other = np.concatenate([a, b]), np.concatenate([b, a])
    known = labels[other] >= 0
    np.add.at(found, (one[known], place[labels[other[known]]]), 1)
    return found


def _same(
    clusters: Ints,
    group: Ints,
    size: Ints,
    total: Doubles,
    barred: Ints,
    seen: Ints,
    alone: Ints,
    strangers: Strangers,
) -> list[Question]:
    """Ask of each pair of clusters; how alike they are is the mean cosine of their tracks.

    Whoever was said to be none of theirs, and is alone now, is as an unknown track is.
    """
    mean = total / size[:, None]
    count = len(clusters)
    limit = strangers.limit(max(1, count * (count - 1) // 2))
    likely = ndtr((mean @ mean.T - limit) / strangers.spread)
    likely *= TWICE ** sum_by(seen, group, count)
    likely[sum_by(barred, group, count) > 0] = 0.0
    np.fill_diagonal(likely, 0.0)
    for one in alone:
        likely[one] = likely[:, one] = np.maximum(likely[one], SOMEBODY * _share(likely[one]))
    a, b = np.nonzero(np.triu(likely))
    smaller = np.where(size[a] <= size[b], a, b)
    larger = a + b - smaller
    return [
        Question(Asked.SAME, int(clusters[s]), int(clusters[g]), -1, float(p), float(p * size[s]))
        for s, g, p in zip(smaller, larger, likely[a, b], strict=True)
    ]


def _elsewhere(
    tracks: Sequence[int],
    means: Floats,
    labels: Ints,
    place: Ints,
    clusters: Ints,
    total: Doubles,
    barred: Ints,
    seen: Ints,
    strangers: Strangers,
) -> list[Question]:
    """Ask of each track whether it is more like another cluster than like the rest of its own.

    A person who has no cluster yet is as like as the limit of clustering says.
    """
    size = np.bincount(place[labels[labels >= 0]])
    limit = strangers.limit(len(clusters))
    found = []
    for track in tracks:
        own = int(place[labels[track]]) if labels[track] >= 0 else -1
        if own >= 0 and size[own] == 1:  # alone: then clusters are asked about
            continue
        alike = total @ means[track] / size
        alike[barred[track] > 0] = -np.inf
        here = limit
        if own >= 0:
            here = float((total[own] - means[track]) @ means[track] / (size[own] - 1))
            alike[own] = -np.inf
        likely = ndtr((alike - here) / strangers.spread) * TWICE ** seen[track]
        if own < 0:
            likely = np.maximum(likely, SOMEBODY * _share(likely))
        best = int(likely.argmax())
        if own >= 0 and alike[best] < limit:
            chance, there = ndtr((limit - here) / strangers.spread), -1
        elif np.isfinite(alike[best]):
            chance, there = likely[best], int(clusters[best])
        else:
            continue
        found.append(Question(Asked.ELSEWHERE, there, -1, track, float(chance), float(chance)))
    return found


def _share(likely: Doubles) -> Doubles:
    """Return how likely each is if one of them is true, (C,)."""
    odds = likely / np.maximum(1 - likely, 1e-9)
    share: Doubles = odds / max(float(odds.sum()), 1e-300)
    return share
