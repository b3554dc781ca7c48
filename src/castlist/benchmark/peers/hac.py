"""Agglomerative clustering (HAC) of tracks by the distance of their mean embeddings.

Single, complete and average linkage go by cosine distance, Ward's by the Euclidean one of means of
length 1. Where it stops is given: at a distance, or at a number of clusters. Tracks that may not be
merged are put so far apart that no distance joins them. Single linkage can't heed them: whom a
pair is far from, a third track brings near.
"""

from __future__ import annotations

from dataclasses import dataclass
from typing import Literal

import numpy as np
from scipy.cluster import hierarchy
from scipy.spatial.distance import squareform

from castlist.benchmark.peers.chosen import Sets, best
from castlist.benchmark.peers.peer import Peer, barred
from castlist.benchmark.track_sets import TrackSet
from castlist.cluster.likeness import track_means
from castlist.faces.types import Doubles, Floats, Ints

Linkage = Literal["single", "complete", "average", "ward"]
NEVER = 1e3
"""Distance of two tracks that may not be merged: no linkage that holds it is ever below a cut."""
FARTHEST = 2.0
"""The largest distance of two tracks, cosine or Euclidean."""


class Hac(Peer):
    """A linkage, cut at a distance or into a number of clusters.

    Args:
        distance: Distance up to which clusters are merged, as the linkage measures it.
        clusters: Or how many there shall be.
        linkage: How far two clusters are apart by how far their tracks are.
    """

    def __init__(
        self,
        *,
        distance: float | None = None,
        clusters: int | None = None,
        linkage: Linkage = "average",
    ) -> None:
        self.distance = distance
        self.clusters = clusters
        self.linkage = linkage

    def _cluster(self, embeddings: Floats, track: Ints, cannot_link: Ints | None) -> Ints:
        tree = _tree(embeddings, track, cannot_link, self.linkage)
        if self.clusters is not None:
            return tree.cut_into(self.clusters)
        assert self.distance is not None, "a distance or a number of clusters"
        return tree.cut(self.distance)


def best_cut(sets: Sets, linkage: Linkage = "average") -> float:
    """Return the distance at which a linkage has the best mean B-cubed F over the sets.

    All distances at which any set's clusters differ are tried: one between each two merges.

    Raises:
        CastlistError: There is no set.
    """

    def tree(own: TrackSet, embeddings: Floats) -> _Tree:
        return _tree(embeddings, own.track, own.cannot_link, linkage)

    heights = [tree(own, embeddings).merges[:, 2] for own, embeddings in sets]
    merges = np.unique(np.concatenate([[0.0], *heights]))
    merges = merges[merges < NEVER]
    cuts = (merges + np.append(merges[1:], max(FARTHEST, merges[-1]))) / 2
    return best(cuts.tolist(), sets, lambda own, embeddings: tree(own, embeddings).cut)


@dataclass(frozen=True)
class _Tree:
    """The merges of a linkage, as scipy writes them, (T - 1, 4)."""

    merges: Doubles

    def cut(self, distance: float) -> Ints:
        return self._labels(distance, "distance")

    def cut_into(self, clusters: int) -> Ints:
        return self._labels(clusters, "maxclust")

    def _labels(self, limit: float, criterion: str) -> Ints:
        if not len(self.merges):
            return np.zeros(1, np.int64)
        return np.asarray(hierarchy.fcluster(self.merges, limit, criterion) - 1, np.int64)


def _tree(embeddings: Floats, track: Ints, cannot_link: Ints | None, linkage: Linkage) -> _Tree:
    """Merge tracks by the distance of their means, those that may not be merged last."""
    means = track_means(embeddings, track).astype(np.float64)
    if len(means) < 2:
        return _Tree(np.zeros((0, 4)))
    distance = np.clip(1 - means @ means.T, 0, FARTHEST)
    if linkage == "ward":
        distance = np.sqrt(2 * distance)  # Euclidean, as all means are of length 1
    if linkage != "single":
        distance[barred(len(means), cannot_link)] = NEVER * len(means) ** 2
    return _Tree(hierarchy.linkage(squareform(distance, checks=False), linkage))
