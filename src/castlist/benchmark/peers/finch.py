"""FINCH (Sarfraz, Sharma and Stiefelhagen, CVPR 2019): each track goes with its first neighbour.

Tracks, then clusters of them by the means of their tracks, are linked to the one that is nearest in
cosine distance; what is connected makes the next, coarser partition. There is no parameter, and no
single answer: the result is a hierarchy of partitions.

A partition into one cluster only is no level, unless it is the first. A number of clusters is
reached by merging the two nearest ones, one pair at a time, from the nearest finer level, from
single tracks if there is none; where nothing is given, the last level is taken. All levels and all
such merges are those of the authors' package, finch-clust, on the same input.
"""

from __future__ import annotations

import numpy as np

from castlist.benchmark.peers.peer import Peer, barred
from castlist.cluster.average import track_means
from castlist.cluster.forest import Forest
from castlist.faces.types import Doubles, Floats, Ints


class Finch(Peer):
    """Partitions by first neighbours. Cannot-links are not heeded: see `peers.c1c`.

    Args:
        clusters: How many there shall be; by default as many as in the last level.

    Attributes:
        levels_: The partitions, each (T,), the finest first.
    """

    levels_: list[Ints]

    def __init__(self, clusters: int | None = None) -> None:
        self.clusters = clusters

    def _cluster(self, embeddings: Floats, track: Ints, cannot_link: Ints | None) -> Ints:
        means = track_means(embeddings, track)
        self.levels_ = hierarchy(means)
        if self.clusters is None:
            return self.levels_[-1]
        return cut_into(means, self.levels_, self.clusters)


def first_neighbours_partition(means: Floats) -> Ints:
    """Return FINCH's first partition, (T,).

    Args:
        means: Shape (T, d): what is to be grouped; of any length but 0, as only directions count.
    """
    return linked(cosine_distance(means))


def hierarchy(means: Floats, cannot_link: Ints | None = None) -> list[Ints]:
    """Return all partitions, each (T,), the finest first; at least one.

    Args:
        means: Shape (T, d): the tracks' means.
        cannot_link: Pairs of tracks that are in one cluster in none of them, (P, 2).
    """
    labels = linked(cosine_distance(means, cannot_link), cannot_link)
    levels = [labels]
    while True:
        links = None if cannot_link is None else labels[cannot_link]
        between = cosine_distance(track_means(means, labels), links)
        coarser = linked(between, links)
        if coarser.max() in (0, labels.max()):
            return levels
        labels = coarser[labels]
        levels.append(labels)


def cut_into(
    means: Floats, levels: list[Ints], clusters: int, cannot_link: Ints | None = None
) -> Ints:
    """Return a partition into so many clusters, (T,); more if the cannot-links want it."""
    finer = [labels for labels in levels if labels.max() + 1 >= clusters]
    labels = finer[-1] if finer else np.arange(len(means))
    while labels.max() + 1 > clusters:
        links = None if cannot_link is None else labels[cannot_link]
        distance = cosine_distance(track_means(means, labels), links)
        a, b = sorted(np.unravel_index(int(distance.argmin()), distance.shape))
        if distance[a, b] == np.inf:
            break
        labels = np.unique(np.where(labels == b, a, labels), return_inverse=True)[1]
    return labels


def linked(distance: Doubles, cannot_link: Ints | None = None, longest: float = np.inf) -> Ints:
    """Link each item to its first neighbour and return what is connected, (n,).

    That two items with the same first neighbour are linked as well (equation 1 of the paper)
    connects nothing more.

    Args:
        distance: Shape (n, n), inf where there is to be no link.
        cannot_link: Pairs of items that have to stay apart, (P, 2): shorter links go first, and
            one that would join such a pair is refused.
        longest: Longer links are dropped.
    """
    neighbour, length = distance.argmin(axis=1), distance.min(axis=1)
    forest = Forest(len(distance), cannot_link)
    for item in np.argsort(length, kind="stable").tolist():
        if length[item] <= longest and length[item] < np.inf:
            forest.link(item, int(neighbour[item]), float(length[item]), 0)
    return forest.labels()[0]


def cosine_distance(vectors: Floats, cannot_link: Ints | None = None) -> Doubles:
    """Return the cosine distance of each two vectors, (n, n): inf to itself and where barred."""
    long = vectors.astype(np.float64)
    long /= np.linalg.norm(long, axis=1, keepdims=True)
    distance = 1 - long @ long.T
    np.fill_diagonal(distance, np.inf)
    distance[barred(len(distance), cannot_link)] = np.inf
    return distance
