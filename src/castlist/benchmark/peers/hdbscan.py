"""HDBSCAN (Campello et al., PAKDD 2013) on the tracks' means, by scikit-learn.

Clusters have two tracks or more; a track in none is noise: its label is `UNKNOWN`.
"""

from __future__ import annotations

from typing import Self

import numpy as np
from sklearn import cluster
from sklearn.base import BaseEstimator, ClusterMixin

from castlist.cluster.average import track_means
from castlist.faces.types import Floats, Ints


class Hdbscan(ClusterMixin, BaseEstimator):  # type: ignore[misc]
    """The most stable clusters of the density tree. Cannot-links are not heeded.

    Attributes:
        labels_: Shape (T,): cluster of each track, `UNKNOWN` for noise.
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
        """Cluster the tracks; see `benchmark.case.Clustering`."""
        means = track_means(X, track)
        self.labels_ = np.zeros(len(means), np.int64)
        if len(means) > 1:
            found = cluster.HDBSCAN(min_cluster_size=2, copy=True).fit_predict(means)
            self.labels_ = np.asarray(found, np.int64)
        return self
