"""DBSCAN (Ester et al., KDD 1996) on the tracks' means in cosine distance, by scikit-learn.

A track with another one within the radius is dense (`min_samples` 2, the track itself counted), as
characters of two tracks are to be found too; so clusters are those of single linkage, but a track
alone is noise: its label is `UNKNOWN`.
"""

from __future__ import annotations

import numpy as np
from sklearn import cluster

from castlist.benchmark.peers.peer import Peer
from castlist.cluster.likeness import track_means
from castlist.faces.types import Floats, Ints

CANDIDATES = tuple(n / 50 for n in range(1, 50))
"""Radii to choose from, cosine distances."""
MIN_SAMPLES = 2
"""Tracks within the radius of one, itself among them, that make it dense."""


class Dbscan(Peer):
    """Density-connected tracks. Cannot-links are not heeded.

    Args:
        radius: Cosine distance up to which tracks are neighbours (eps).

    Attributes:
        labels_: Shape (T,): cluster of each track, `UNKNOWN` for noise.
    """

    def __init__(self, radius: float) -> None:
        self.radius = radius

    def _cluster(self, embeddings: Floats, track: Ints, cannot_link: Ints | None) -> Ints:
        means = track_means(embeddings, track)
        found = cluster.DBSCAN(eps=self.radius, min_samples=MIN_SAMPLES, metric="cosine")
        return np.asarray(found.fit_predict(means), np.int64)
