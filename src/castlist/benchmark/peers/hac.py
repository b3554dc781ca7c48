"""Agglomerative clustering (HAC) of tracks by the cosine distance of their mean embeddings.

Where it stops is given: at a distance, or at a number of clusters. Tracks that may not be merged
are put so far apart that no cut joins them.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from typing import Self

import numpy as np
from numpy.typing import NDArray
from scipy.cluster.hierarchy import fcluster, linkage
from scipy.spatial.distance import squareform
from sklearn.base import BaseEstimator, ClusterMixin

from castlist.benchmark.metrics import b_cubed, contingency
from castlist.benchmark.track_sets import TrackSet
from castlist.cluster.average import track_means
from castlist.faces.types import Floats, Ints

NEVER = 1e3
"""Distance of two tracks that may not be merged: no average that holds it is ever below a cut."""
FARTHEST = 2.0
"""The largest cosine distance; beyond it are only pairs that may not be merged."""


class Hac(ClusterMixin, BaseEstimator):  # type: ignore[misc]
    """Average linkage, cut at a distance or into a number of clusters.

    Args:
        distance: Cosine distance up to which clusters are merged.
        clusters: Or how many there shall be.

    Attributes:
        labels_: Shape (T,): cluster of each track.
    """

    labels_: Ints

    def __init__(self, *, distance: float | None = None, clusters: int | None = None) -> None:
        self.distance = distance
        self.clusters = clusters

    def fit(
        self,
        X: Floats,  # noqa: N803  (scikit-learn's name)
        y: None = None,
        *,
        track: Ints,
        cannot_link: Ints | None = None,
    ) -> Self:
        """Cluster the tracks; see `benchmark.case.Clustering`."""
        tree = _tree(X, track, cannot_link)
        if self.clusters is not None:
            self.labels_ = tree.cut_into(self.clusters)
        else:
            assert self.distance is not None, "a distance or a number of clusters"
            self.labels_ = tree.cut(self.distance)
        return self


def best_cut(sets: Sequence[tuple[TrackSet, Floats]]) -> float:
    """Return the distance at which average linkage has the best mean B-cubed F over the sets.

    All distances at which any set's clusters differ are tried: one between each two merges.
    """
    trees = [_tree(embeddings, own.track, own.cannot_link) for own, embeddings in sets]
    people = [np.unique(own.identity, return_inverse=True)[1] for own, _ in sets]
    merges = np.unique(np.concatenate([[0.0], *(tree.merges[:, 2] for tree in trees)]))
    merges = merges[merges <= FARTHEST]
    cuts = (merges + np.append(merges[1:], FARTHEST)) / 2

    def mean(cut: float) -> float:
        scored = zip(trees, people, strict=True)
        return float(np.mean([b_cubed(contingency(who, t.cut(cut)))[2] for t, who in scored]))

    return float(cuts[int(np.argmax([mean(cut) for cut in cuts]))])


@dataclass(frozen=True)
class _Tree:
    """The merges of average linkage, as scipy writes them, (T - 1, 4)."""

    merges: NDArray[np.float64]

    def cut(self, distance: float) -> Ints:
        return self._labels(distance, "distance")

    def cut_into(self, clusters: int) -> Ints:
        return self._labels(clusters, "maxclust")

    def _labels(self, limit: float, criterion: str) -> Ints:
        if not len(self.merges):
            return np.zeros(1, np.int64)
        return np.asarray(fcluster(self.merges, limit, criterion) - 1, np.int64)


def _tree(embeddings: Floats, track: Ints, cannot_link: Ints | None) -> _Tree:
    """Merge tracks by the cosine distance of their means, those that may not be merged last."""
    means = track_means(embeddings, track).astype(np.float64)
    if len(means) < 2:
        return _Tree(np.zeros((0, 4)))
    distance = np.clip(1 - means @ means.T, 0, FARTHEST)
    if cannot_link is not None:
        a, b = cannot_link.T
        distance[a, b] = distance[b, a] = NEVER * len(means) ** 2
    return _Tree(linkage(squareform(distance, checks=False), "average"))
