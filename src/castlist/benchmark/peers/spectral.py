"""Normalised spectral clustering (Shi and Malik, 2000; Ng et al., 2001) by scikit-learn.

Here are the cosine of the tracks' means as affinity, 0 where it is negative, and the last step of
the methods that learn an affinity. Labels are read from the eigenvectors by pivoted QR (Damle,
Minden and Ying, 2019), which needs no seed, in place of k-means.
"""

from __future__ import annotations

import warnings

import numpy as np
from sklearn.cluster import SpectralClustering

from castlist.benchmark.peers.peer import TrueK
from castlist.cluster.likeness import track_means
from castlist.faces.types import Doubles, Floats, Ints


class Spectral(TrueK):
    """Spectral clustering of tracks. Cannot-links are not heeded."""

    def _cluster(self, embeddings: Floats, track: Ints, cannot_link: Ints | None) -> Ints:
        means = track_means(embeddings, track).astype(np.float64)
        return spectral_labels(np.clip(means @ means.T, 0, 1), self.clusters)


def spectral_labels(affinity: Doubles, clusters: int) -> Ints:
    """Return the cluster of each of n items.

    Args:
        affinity: Shape (n, n): symmetric, nothing below 0.
        clusters: How many there shall be; n if that is fewer.
    """
    count = len(affinity)
    if clusters >= count:
        return np.arange(count)
    found = SpectralClustering(
        clusters, affinity="precomputed", assign_labels="cluster_qr", random_state=0
    )
    with warnings.catch_warnings():  # an affinity in separate blocks is what is hoped for
        warnings.filterwarnings("ignore", "Graph is not fully connected", UserWarning)
        return np.asarray(found.fit_predict(affinity), np.int64)
