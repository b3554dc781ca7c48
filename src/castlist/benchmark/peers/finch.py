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

from castlist.benchmark.peers.peer import Peer
from castlist.cluster.forest import Forest
from castlist.cluster.likeness import track_means
from castlist.faces.types import Doubles, Floats, Ints

BLOCK = 2048
"""Rows of the distance matrix that exist at one time."""


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


def hierarchy(means: Floats, cannot_link: Ints | None = None) -> list[Ints]:
    """Return all partitions, each (T,), the finest first; at least one.

    Args:
        means: Shape (T, d): the tracks' means.
        cannot_link: Pairs of tracks that are in one cluster in none of them, (P, 2).
    """
    labels = linked(means, cannot_link)
    levels = [labels]
    while True:
        links = None if cannot_link is None else labels[cannot_link]
        coarser = linked(track_means(means, labels), links)
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
        neighbour, distance = first_neighbours(track_means(means, labels), links)
        a = int(distance.argmin())
        if distance[a] == np.inf:
            break
        a, b = sorted((a, int(neighbour[a])))
        labels = np.unique(np.where(labels == b, a, labels), return_inverse=True)[1]
    return labels


def linked(vectors: Floats, cannot_link: Ints | None = None, longest: float = np.inf) -> Ints:
    """Link each vector to its first neighbour and return what is connected, (n,).

    That two with the same first neighbour are linked as well (equation 1 of the paper) connects
    nothing more.

    Args:
        vectors: Shape (n, d): what is to be grouped; of any length, as only directions count.
        cannot_link: Pairs that have to stay apart, (P, 2): shorter links go first, and one that
            would join such a pair is refused.
        longest: Longer links are dropped.
    """
    neighbour, length = first_neighbours(vectors, cannot_link)
    forest = Forest(len(vectors), cannot_link)
    for item in np.argsort(length, kind="stable").tolist():
        if length[item] <= longest and length[item] < np.inf:
            forest.link(item, int(neighbour[item]), float(length[item]), 0)
    return forest.labels()[0]


def first_neighbours(vectors: Floats, cannot_link: Ints | None = None) -> tuple[Ints, Doubles]:
    """Return which of the others is nearest to each vector, the first of several, and how near.

    Args:
        vectors: Shape (n, d).
        cannot_link: Pairs that are no neighbours, (P, 2).

    Returns:
        Its number, (n,), and the cosine distance, (n,): inf where there is none.
    """
    long = vectors.astype(np.float64)
    long /= np.maximum(np.linalg.norm(long, axis=1, keepdims=True), 1e-9)
    own = np.arange(len(long))
    apart = np.stack([own, own], axis=1)
    if cannot_link is not None:
        apart = np.concatenate([apart, cannot_link, cannot_link[:, ::-1]])
    neighbour, nearest = np.empty(len(long), np.int64), np.empty(len(long))
    for start in range(0, len(long), BLOCK):
        rows = slice(start, start + BLOCK)
        distance = long[rows] @ long.T
        np.subtract(1, distance, out=distance)
        row, other = apart[apart[:, 0] // BLOCK == start // BLOCK].T
        distance[row - start, other] = np.inf
        neighbour[rows], nearest[rows] = distance.argmin(axis=1), distance.min(axis=1)
    return neighbour, nearest
