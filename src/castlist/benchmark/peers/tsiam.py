"""TSiam (Sharma, Tapaswi, Sarfraz and Stiefelhagen, FG 2019): trained on what tracks tell.

Two crops of one track, one of its first half and one of its second, are one person. Crops of
tracks that share a frame are two people; a track that shares no frame with any is held to be
another person than those farthest from it by mean embedding.

The reading taken: these are the 25 farthest, but no more than half of the other tracks. Network and
clustering are `peers.contrastive`.
"""

from __future__ import annotations

import numpy as np
from numpy.typing import NDArray

from castlist.benchmark.peers.contrastive import (
    BATCH,
    Draw,
    Pairs,
    halves,
    partners,
    ward_by_pairs,
)
from castlist.benchmark.peers.peer import SeededTrueK, barred
from castlist.cluster.likeness import track_means
from castlist.faces.types import Floats, Ints

FARTHEST = 25
"""Tracks that one without company is held to be strange to."""


class Tsiam(SeededTrueK):
    """Trains on pairs within and between tracks, then clusters by Ward's linkage."""

    def _cluster(self, embeddings: Floats, track: Ints, cannot_link: Ints | None) -> Ints:
        draw = track_pairs(track, strangers(track_means(embeddings, track), cannot_link))
        return ward_by_pairs(embeddings, track, draw, self.clusters, self.seed)


def strangers(means: Floats, cannot_link: Ints | None) -> NDArray[np.bool_]:
    """Tell which tracks each is taken to be another person than, (T, T).

    Args:
        means: Shape (T, d), each of length 1.
        cannot_link: Pairs of tracks that share a frame, (P, 2).
    """
    apart = barred(len(means), cannot_link)
    count = min(FARTHEST, (len(means) - 1) // 2)
    for lonely in np.flatnonzero(~apart.any(axis=1)):
        apart[lonely, np.argsort(means @ means[lonely], kind="stable")[:count]] = True
    return apart


def track_pairs(track: Ints, apart: NDArray[np.bool_]) -> Draw:
    """Return what draws pairs of crops.

    Args:
        track: Shape (N,): track of each crop.
        apart: Shape (T, T): which tracks each is another person than.
    """
    second = halves(track)

    def draw(random: np.random.Generator) -> Pairs:
        anchors = random.integers(0, len(track), (2, BATCH // 2))
        own, other = (track[crops, None] for crops in anchors)
        across = (own == track) & (second[anchors[0], None] != second)
        return Pairs(
            partners(anchors[0], across, random),
            partners(anchors[1], apart[other, track], random),
        )

    return draw
