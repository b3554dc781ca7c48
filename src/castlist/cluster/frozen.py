"""The baseline: tracks clustered by the frozen encoder, where it just tells people apart.

Average linkage on the tracks' mean embeddings, with pairs that are never merged. Nothing is asked
of the user: merging stops at the encoder's own operating point, or earlier where the film shows
that its people look more alike than that: tracks that share frames are two people each, and hardly
any of those pairs may lie closer than the limit. The learned distance takes the same interface.
"""

from __future__ import annotations

from typing import Self

import numpy as np
from scipy.cluster.hierarchy import fcluster, linkage
from scipy.spatial.distance import squareform
from sklearn.base import BaseEstimator, ClusterMixin

from castlist.cluster.labels import number_by_size
from castlist.faces.types import Floats, Ints

FALSE_ALARMS = 0.05
"""Share of the pairs known to be two people that may lie closer than the limit."""
ENOUGH_PAIRS = 4
"""Of those pairs, below which they tell nothing."""
NEVER = 1e3
"""Distance of two tracks that may not be merged: no average that holds it is ever below a limit."""


class FrozenClustering(ClusterMixin, BaseEstimator):  # type: ignore[misc]
    """Groups tracks by the likeness of their mean embeddings.

    Args:
        same: Cosine from which two tracks are taken for one person, at the least.
        poor: Evidence below which a track that is like no other is nobody: it gets the label -1.

    Attributes:
        labels_: Shape (T,): cluster of each track, from 0; -1 for a track too poor to place.
    """

    labels_: Ints

    def __init__(self, *, same: float, poor: float = 0.4) -> None:
        self.same = same
        self.poor = poor

    def fit(
        self,
        X: Floats,  # noqa: N803  (scikit-learn's name)
        y: None = None,
        *,
        track: Ints,
        cannot_link: Ints | None = None,
        evidence: Floats | None = None,
    ) -> Self:
        """Cluster the tracks.

        Args:
            X: Embeddings of crops, (N, d), each of length 1.
            y: Not used.
            track: Shape (N,): track of each crop, 0 to T - 1, each at least once.
            cannot_link: Pairs of tracks that are two people, (P, 2).
            evidence: Shape (T,): sum of the qualities of each track's crops, each 0 to 1; all
                tracks are good by default.
        """
        means = track_means(X, track)
        labels = self._merge(1 - means @ means.T, cannot_link)
        if evidence is not None:
            alone = np.bincount(labels)[labels] == 1 if len(labels) else np.zeros(0, bool)
            labels = np.where(alone & (evidence < self.poor), -1, labels)
        self.labels_ = number_by_size(labels)
        return self

    def _merge(self, distance: Floats, cannot_link: Ints | None) -> Ints:
        count = len(distance)
        if count < 2:
            return np.zeros(count, np.int64)
        limit = 1 - self.same
        if cannot_link is not None and len(cannot_link):
            a, b = cannot_link.T
            if len(a) >= ENOUGH_PAIRS:
                limit = min(limit, float(np.quantile(distance[a, b], FALSE_ALARMS)))
            distance[a, b] = distance[b, a] = NEVER * count**2
        condensed = squareform(np.maximum(distance, 0), checks=False)
        tree = linkage(condensed, "average")
        return np.asarray(fcluster(tree, limit, "distance") - 1, np.int64)


def track_means(embeddings: Floats, track: Ints) -> Floats:
    """Return the mean embedding of each track, (T, d), each of length 1."""
    count = int(track.max()) + 1 if len(track) else 0
    total = np.zeros((count, embeddings.shape[1]))
    np.add.at(total, track, embeddings)
    return np.asarray(
        total / np.maximum(np.linalg.norm(total, axis=1, keepdims=True), 1e-9), np.float32
    )
