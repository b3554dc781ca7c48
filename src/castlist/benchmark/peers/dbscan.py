"""DBSCAN (Ester et al., KDD 1996) on the tracks' means in cosine distance, by scikit-learn.

A track with another one within the radius is dense (`min_samples` 2, the track itself counted), as
characters of two tracks are to be found too; so clusters are those of single linkage, but a track
alone is noise: its label is `UNKNOWN`.
"""

from __future__ import annotations

from typing import Self

import numpy as np
from sklearn import cluster
from sklearn.base import BaseEstimator, ClusterMixin

from castlist.cluster.average import track_means
from castlist.faces.types import Floats, Ints

CANDIDATES = tuple(n / 50 for n in range(1, 50))
"""Radii to choose from, cosine distances."""
MIN_SAMPLES = 2
"""Tracks within the radius of one, itself among them, that make it dense."""


class Dbscan(ClusterMixin, BaseEstimator):  # type: ignore[misc]
    """Density-connected tracks. Cannot-links are not heeded.

    Args:
        radius: Cosine distance up to which tracks are neighbours (eps).

    Attributes:
        labels_: Shape (T,): cluster of each track, `UNKNOWN` for noise.
    """

    labels_: Ints

    def __init__(self, radius: float) -> None:
        self.radius = radius

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
        found = cluster.DBSCAN(eps=self.radius, min_samples=MIN_SAMPLES, metric="cosine")
        self.labels_ = np.asarray(found.fit_predict(means), np.int64)
        return self
