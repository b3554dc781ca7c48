"""What every peer is: an estimator that groups tracks; and what several of them begin with.

A peer only says how it labels tracks (`_cluster`), and what it is told in its constructor.
"""

from __future__ import annotations

from abc import ABC, abstractmethod
from typing import Self

import numpy as np
from numpy.typing import NDArray
from sklearn.base import BaseEstimator, ClusterMixin

from castlist.faces.types import Floats, Ints


class Peer(ClusterMixin, BaseEstimator, ABC):  # type: ignore[misc]
    """A way to cluster tracks.

    Attributes:
        labels_: Shape (T,): cluster of each track, `UNKNOWN` for one that is placed nowhere.
    """

    labels_: Ints

    def fit(
        self,
        X: Floats,  # noqa: N803  (scikit-learn's name)
        y: None = None,
        *,
        track: Ints,
        cannot_link: Ints | None = None,
    ) -> Self:
        """Cluster the tracks.

        Args:
            X: Embeddings of crops, (N, d), each of length 1.
            y: Not used.
            track: Shape (N,): track of each crop, 0 to T - 1, each at least once, in order.
            cannot_link: Pairs of tracks that are two people, (P, 2).
        """
        self.labels_ = self._cluster(X, track, cannot_link)
        return self

    @abstractmethod
    def _cluster(self, embeddings: Floats, track: Ints, cannot_link: Ints | None) -> Ints:
        """Return the cluster of each track, (T,), of what `fit` is given."""


class TrueK(Peer):
    """One that is told how many people there are.

    Args:
        clusters: How many clusters there shall be; some may stay empty.
    """

    def __init__(self, clusters: int) -> None:
        self.clusters = clusters


class SeededTrueK(TrueK):
    """One that is random besides.

    Args:
        clusters: How many clusters there shall be; some may stay empty.
        seed: Of all chance: starts, weights, draws.
    """

    def __init__(self, clusters: int, *, seed: int = 0) -> None:
        super().__init__(clusters)
        self.seed = seed


def barred(count: int, cannot_link: Ints | None) -> NDArray[np.bool_]:
    """Tell which of so many tracks may not be together, (T, T), by pairs (P, 2)."""
    apart = np.zeros((count, count), np.bool_)
    if cannot_link is not None:
        a, b = cannot_link.T
        apart[a, b] = apart[b, a] = True
    return apart


def stretched(X: Floats) -> Floats:  # noqa: N803  (scikit-learn's name)
    """Return embeddings, (N, d), of length 1, as long as makes a coordinate about 1."""
    return X * np.float32(X.shape[1] ** 0.5)
