"""C1C (Kalogeiton and Zisserman, BMVC 2020): FINCH that heeds must-links and cannot-links.

Must-links hold the crops of a track together, so tracks are what is clustered; cannot-links are
tracks that share a frame. The authors' code isn't public. The reading taken: a first neighbour is
searched among those that are not barred; links are made in ascending distance, and one that would
join two barred tracks is refused; merged clusters inherit what their parts were barred from. A
number of clusters is reached as in `peers.finch`, and not at all if the cannot-links forbid it.
"""

from __future__ import annotations

from typing import Self

from sklearn.base import BaseEstimator, ClusterMixin

from castlist.benchmark.peers.finch import cut_into, hierarchy
from castlist.cluster.average import track_means
from castlist.faces.types import Floats, Ints


class C1c(ClusterMixin, BaseEstimator):  # type: ignore[misc]
    """Partitions by first neighbours that keep all constraints.

    Args:
        clusters: How many there shall be.

    Attributes:
        labels_: Shape (T,): cluster of each track.
        levels_: The partitions, each (T,), the finest first.
    """

    labels_: Ints
    levels_: list[Ints]

    def __init__(self, clusters: int) -> None:
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
        means = track_means(X, track)
        self.levels_ = hierarchy(means, cannot_link)
        self.labels_ = cut_into(means, self.levels_, self.clusters, cannot_link)
        return self
