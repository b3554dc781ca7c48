"""HDBSCAN (Campello et al., PAKDD 2013) on the tracks' means, by scikit-learn.

Clusters have two tracks or more; a track in none is noise: its label is `UNKNOWN`.
"""

from __future__ import annotations

import numpy as np
from sklearn import cluster

from castlist.benchmark.peers.peer import Peer
from castlist.cluster.likeness import track_means
from castlist.faces.types import Floats, Ints


class Hdbscan(Peer):
    """The most stable clusters of the density tree. Cannot-links are not heeded.

    Attributes:
        labels_: Shape (T,): cluster of each track, `UNKNOWN` for noise.
    """

    def _cluster(self, embeddings: Floats, track: Ints, cannot_link: Ints | None) -> Ints:
        means = track_means(embeddings, track)
        if len(means) == 1:
            return np.zeros(1, np.int64)
        found = cluster.HDBSCAN(min_cluster_size=2, copy=True).fit_predict(means)
        return np.asarray(found, np.int64)
