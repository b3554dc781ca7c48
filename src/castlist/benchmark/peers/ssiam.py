"""SSiam (Sharma, Tapaswi, Sarfraz and Stiefelhagen, FG 2019): trained on pairs mined by distance.

Of crops drawn at random, each is paired with its nearest one and with its farthest one among all,
by the frozen embeddings. The nearest pairs that are farthest apart are taken for one person, the
farthest pairs that are nearest for two people: 64 each a step. Tracks are not looked at.

The authors draw 3000 of some ten thousands of crops. The reading taken: never more than half of
them, or each step would have the same pairs. Network and clustering are `peers.contrastive`.
"""

from __future__ import annotations

from typing import Self

import numpy as np
from sklearn.base import BaseEstimator, ClusterMixin

from castlist.benchmark.peers.contrastive import BATCH, Draw, Pairs, ward_by_pairs
from castlist.benchmark.peers.finch import cosine_distance
from castlist.faces.types import Floats, Ints

DRAWN = 3000
"""Crops drawn a step."""


class Ssiam(ClusterMixin, BaseEstimator):  # type: ignore[misc]
    """Trains on hard pairs, then clusters by Ward's linkage. Cannot-links are not heeded.

    Args:
        clusters: How many there shall be.
        seed: Of weights and draws.

    Attributes:
        labels_: Shape (T,): cluster of each track.
    """

    labels_: Ints

    def __init__(self, clusters: int, *, seed: int = 0) -> None:
        self.clusters = clusters
        self.seed = seed

    def fit(
        self,
        X: Floats,  # noqa: N803  (scikit-learn's name)
        y: None = None,
        *,
        track: Ints,
        cannot_link: Ints | None = None,
    ) -> Self:
        """Cluster the tracks; see `benchmark.case.Clustering`."""
        self.labels_ = ward_by_pairs(X, track, hard_pairs(X), self.clusters, self.seed)
        return self


def hard_pairs(X: Floats) -> Draw:  # noqa: N803  (scikit-learn's name)
    """Return what draws hard pairs of crops, embeddings (N, d), each of length 1."""
    distance = cosine_distance(X)
    nearest = distance.argmin(axis=1)
    least = distance.min(axis=1)
    np.fill_diagonal(distance, -np.inf)
    farthest = distance.argmax(axis=1)
    most = distance.max(axis=1)
    drawn, half = min(DRAWN, len(X) // 2), BATCH // 2

    def draw(random: np.random.Generator) -> Pairs:
        crops = random.choice(len(X), drawn, replace=False)
        same = crops[np.argsort(-least[crops], kind="stable")[:half]]
        different = crops[np.argsort(most[crops], kind="stable")[:half]]
        return Pairs(
            np.stack([same, nearest[same]], axis=1),
            np.stack([different, farthest[different]], axis=1),
        )

    return draw
