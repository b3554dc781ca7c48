"""Parameter-free clustering by the learned distance: Algorithm 1 of VideoClusterNet (2024).

Each track, and later each cluster, has a threshold of its own: the mean loss between the crops
inside it. Two clusters belong together if the mean loss between them is lower than either's
threshold; what hangs together is merged, thresholds are computed anew, until nothing merges.
Pairs that may not be merged keep their clusters apart: links are then taken from the shortest on,
and one that would join such a pair is passed over.
"""

from __future__ import annotations

from typing import Self

import numpy as np
from numpy.typing import NDArray
from sklearn.base import BaseEstimator, ClusterMixin
from sklearn.utils import assert_all_finite

from castlist.cluster.distance import Loss, Sums
from castlist.cluster.forest import Forest, Merge
from castlist.cluster.labels import number_by_size
from castlist.faces.types import Doubles, Ints
from castlist.tracks.sums import sum_by

BLOCK = 1024
"""Rows of the distance matrix that exist at one time."""


class LossClustering(ClusterMixin, BaseEstimator):  # type: ignore[misc]
    """Groups tracks by the loss that the film's network was trained with.

    Args:
        loss: Between two crops: that of the training, with `Temperatures` as at its end.

    Attributes:
        labels_: Shape (T,): cluster of each track, 0 for the one of most tracks.
        thresholds_: Shape (T,): each track's own, before anything is merged.
        merges_: The tree of merges, in order.
    """

    labels_: Ints
    thresholds_: Doubles
    merges_: list[Merge]

    def __init__(self, loss: Loss) -> None:
        self.loss = loss

    def fit(
        self,
        X: NDArray[np.floating],  # noqa: N803  (scikit-learn's name)
        y: None = None,
        *,
        track: Ints,
        cannot_link: Ints | None = None,
        must_link: Ints | None = None,
    ) -> Self:
        """Cluster the tracks.

        Args:
            X: The head's outputs for the crops, (N, K).
            y: Not used.
            track: Shape (N,): track of each crop, 0 to T - 1, each at least once.
            cannot_link: Pairs of tracks that are two people, (P, 2).
            must_link: Pairs of tracks that are one person, (M, 2), against all appearances.

        Raises:
            ValueError: An output isn't finite.
        """
        assert_all_finite(X, input_name="X")
        crops = Sums.of(X, track, self.loss)
        count = len(crops)
        mean_outputs = sum_by(X, track, count) / crops.count[:, None]
        means = Sums.of(mean_outputs, np.arange(count), self.loss)
        forest = Forest(count, cannot_link, must_link)
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
            for distance, i, j in zip(*_links(items, _thresholds(inside)), strict=True):
                forest.link(int(first[i]), int(first[j]), float(distance), number)
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


def _links(items: Sums, threshold: Doubles) -> tuple[Doubles, Ints, Ints]:
    """Return all pairs closer than the threshold of either, the closest first.

    Returns:
        Distances, i and j, (L,) each; i < j.
    """
    found = []
    for start in range(0, len(items), BLOCK):
        rows = slice(start, start + BLOCK)
        distance = items[rows].to(items)
        valid = distance < np.maximum(threshold[rows, None], threshold[None])
        i, j = np.nonzero(np.triu(valid, start + 1))
        found.append((distance[i, j], start + i, j))
    distance, i, j = (np.concatenate(parts) for parts in zip(*found, strict=True))
    order = np.lexsort((j, i, distance))
    return distance[order], i[order], j[order]
