"""Parameter-free clustering by the learned distance: Algorithm 1 of VideoClusterNet (2024).

Each track, and later each cluster, has a threshold of its own: the mean loss between the crops
inside it. Two clusters belong together if the mean loss between them is lower than either's
threshold; what hangs together is merged, thresholds are computed anew, until nothing merges.
Pairs that may not be merged keep their clusters apart: links are then taken from the shortest on,
and one that would join such a pair is passed over.
"""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass
from typing import Self

import numpy as np
from numpy.typing import NDArray
from sklearn.base import BaseEstimator, ClusterMixin

from castlist.cluster.distance import Doubles, Sums, Temperatures
from castlist.cluster.labels import number_by_size
from castlist.faces.types import Ints

BLOCK = 1024
"""Rows of the distance matrix that exist at one time."""


@dataclass(frozen=True)
class Merge:
    """Two nodes of the tree of merges become one. Tracks are nodes 0 to T - 1, merges follow.

    Attributes:
        left: The node with the lower number.
        right: The other one.
        distance: Mean loss between the clusters that the link joined.
        round: Pass of the algorithm, from 0.
    """

    left: int
    right: int
    distance: float
    round: int


class LossClustering(ClusterMixin, BaseEstimator):  # type: ignore[misc]
    """Groups tracks by the loss that the film's network was trained with.

    Args:
        temperatures: How the head's outputs become distributions: as at the end of training.

    Attributes:
        labels_: Shape (T,): cluster of each track, 0 for the one of most tracks.
        thresholds_: Shape (T,): each track's own, before anything is merged.
        merges_: The tree of merges, in order.
    """

    labels_: Ints
    thresholds_: Doubles
    merges_: list[Merge]

    def __init__(self, temperatures: Temperatures) -> None:
        self.temperatures = temperatures

    def fit(
        self,
        X: NDArray[np.floating],  # noqa: N803  (scikit-learn's name)
        y: None = None,
        *,
        track: Ints,
        cannot_link: Ints | None = None,
    ) -> Self:
        """Cluster the tracks.

        Args:
            X: The head's outputs for the crops, (N, K).
            y: Not used.
            track: Shape (N,): track of each crop, 0 to T - 1, each at least once.
            cannot_link: Pairs of tracks that are two people, (P, 2).
        """
        crops = Sums.of(X, track, self.temperatures)
        count = len(crops)
        mean_outputs = np.zeros((count, X.shape[1]))
        np.add.at(mean_outputs, track, X)
        mean_outputs /= crops.count[:, None]
        means = Sums.of(mean_outputs, np.arange(count), self.temperatures)
        forest = _Forest(count, cannot_link)
        self.thresholds_ = _thresholds(crops)
        clusters = -1
        for number in range(count):
            labels, sizes, first = forest.labels()
            if len(sizes) == clusters:
                break
            clusters = len(sizes)
            inside = crops.merged(labels, clusters)
            # a cluster of one track stands for its crops, one of several for their means
            alone = (sizes == 1)[labels]
            items = _chosen(crops, means, alone).merged(labels, clusters)
            links = sorted(_links(items, _thresholds(inside)))
            for distance, i, j in links:
                forest.link(int(first[i]), int(first[j]), distance, number)
        self.labels_ = number_by_size(forest.labels()[0])
        self.merges_ = forest.merges
        return self


def _thresholds(groups: Sums) -> Doubles:
    """Return each group's mean loss inside; the median of all for a group of one crop."""
    within = groups.within()
    known = within[np.isfinite(within)]
    return np.where(np.isfinite(within), within, np.median(known) if len(known) else -np.inf)


def _chosen(a: Sums, b: Sums, first: NDArray[np.bool_]) -> Sums:
    return Sums(
        *(
            np.where(first.reshape(-1, *[1] * (x.ndim - 1)), x, y)
            for x, y in zip(vars(a).values(), vars(b).values(), strict=True)
        )
    )


def _links(items: Sums, threshold: Doubles) -> Iterator[tuple[float, int, int]]:
    """Yield (distance, i, j), i < j, of all pairs closer than the threshold of either."""
    for start in range(0, len(items), BLOCK):
        rows = slice(start, start + BLOCK)
        distance = items[rows].to(items)
        valid = distance < np.maximum(threshold[rows, None], threshold[None])
        for i, j in zip(*np.nonzero(np.triu(valid, start + 1)), strict=True):
            yield float(distance[i, j]), int(start + i), int(j)


class _Forest:
    """Which tracks are together so far, and which groups may never be."""

    def __init__(self, count: int, cannot_link: Ints | None) -> None:
        self._parent = list(range(count))
        self._node = list(range(count))  # of each root in the tree of merges
        self._apart: list[set[int]] = [set() for _ in range(count)]
        for a, b in [] if cannot_link is None else cannot_link.tolist():
            self._apart[a].add(b)
            self._apart[b].add(a)
        self.merges: list[Merge] = []

    def link(self, a: int, b: int, distance: float, number: int) -> None:
        """Join the groups of two tracks, unless they are joined or have to stay apart."""
        a, b = self._root(a), self._root(b)
        if a == b or b in self._apart[a]:
            return
        if len(self._apart[a]) < len(self._apart[b]):
            a, b = b, a
        left, right = sorted((self._node[a], self._node[b]))
        self._node[a] = len(self._parent) + len(self.merges)
        self.merges.append(Merge(left, right, distance, number))
        self._parent[b] = a
        for other in self._apart[b]:
            self._apart[other].discard(b)
            self._apart[other].add(a)
        self._apart[a] |= self._apart[b]

    def labels(self) -> tuple[Ints, Ints, Ints]:
        """Return the group of each track, and of each group its size and its first track."""
        roots = np.array([self._root(t) for t in range(len(self._parent))], np.int64)
        _, first, labels, sizes = np.unique(
            roots, return_index=True, return_inverse=True, return_counts=True
        )
        return labels.astype(np.int64), sizes, first

    def _root(self, track: int) -> int:
        while self._parent[track] != track:
            self._parent[track] = self._parent[self._parent[track]]
            track = self._parent[track]
        return track
