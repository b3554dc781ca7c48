"""Average linkage of tracks that stops by itself: where the next merge would probably be false.

Two clusters are as like as the mean cosine of their tracks. How alike strangers are is known
(`likeness`). Among C clusters there are C (C - 1) / 2 pairs, and the most alike of so many
strangers is the more alike the more pairs there are. So with C clusters left a merge is trusted
only if fewer than `FALSE_MERGES` of all these pairs would be that much alike, were they all
strangers. That limit is strict while there are many clusters and eases as they become few: merging
goes on, the most alike first, up to the last merge that is trusted. The limit never eases below
what one pair of strangers in `DOUBT` reaches, nor is it stricter than what one in `CERTAINTY` does:
clusters of many tracks scatter less than tracks, and a large cast would be split. Nothing is asked
of the user.

Two networks err in different places, so of one that was adapted to the film and the same one as it
came, both are heard: cosines are the means of theirs. Adaptation has drawn everybody closer
together. What that did to pairs that are surely strangers tells by how much, and the limit moves
along.

A track of which hardly anything is seen makes no character: it joins the one that it is most like,
unless somebody who is none of them would probably be that much like one; or it stays unknown.
"""

from __future__ import annotations

from typing import Self

import numpy as np
from scipy.sparse import csr_array
from sklearn.base import BaseEstimator, ClusterMixin
from sklearn.utils import assert_all_finite

from castlist.cluster.forest import Forest, Merge
from castlist.cluster.labels import number_by_size
from castlist.cluster.likeness import Strangers, moved, of_film, track_means
from castlist.faces.types import Doubles, Floats, Ints
from castlist.tracks.sums import sum_by

POOR = 1.5
"""Typical crops' worth up to which a track makes no character; half the median track's if lower."""
BLOCK = 2048
"""Rows of the similarity matrix that exist at one time."""


class AverageClustering(ClusterMixin, BaseEstimator):  # type: ignore[misc]
    """Groups tracks by average linkage, up to where merges become doubtful.

    Args:
        strangers: What is known of the frozen encoder.

    Attributes:
        labels_: Shape (T,): cluster of each track, 0 for the one of most tracks; -1 for a track
            too poor to place.
        thresholds_: Shape (T,): cosine from which each track would have joined what is left: all
            good tracks have one, all poor tracks another.
        merges_: The tree of merges: what must be linked, then good tracks in falling order of
            likeness, then the poor ones that joined.
    """

    labels_: Ints
    thresholds_: Doubles
    merges_: list[Merge]

    def __init__(self, strangers: Strangers) -> None:
        self.strangers = strangers

    def fit(
        self,
        X: Floats,  # noqa: N803  (scikit-learn's name)
        y: None = None,
        *,
        track: Ints,
        cannot_link: Ints | None = None,
        must_link: Ints | None = None,
        evidence: Floats | None = None,
        frozen: Floats | None = None,
    ) -> Self:
        """Cluster the tracks.

        Args:
            X: Embeddings of crops, (N, d), each of length 1.
            y: Not used.
            track: Shape (N,): track of each crop, 0 to T - 1, each at least once.
            cannot_link: Pairs of tracks that are two people, (P, 2).
            must_link: Pairs of tracks that are one person, (M, 2), against all appearances.
            evidence: Shape (T,): how many typical crops are worth what is seen of each track;
                all tracks are good by default.
            frozen: The same crops by the frozen encoder, (N, e), if X is not by it alone.

        Raises:
            ValueError: An embedding isn't finite.
        """
        assert_all_finite(X, input_name="X")
        means = track_means(X, track)
        count = len(means)
        apart = _symmetric(cannot_link, count)
        strangers = self.strangers
        if frozen is not None:
            assert_all_finite(frozen, input_name="frozen")
            strangers = moved(strangers, track_means(frozen, track), means)
        good = np.ones(count, bool)
        if evidence is not None and count:
            good = evidence > min(POOR, float(np.median(evidence)) / 2)
        forest = Forest(count, None, must_link)
        person = forest.labels()[0]  # (T,): of tracks that are one, whatever they look like
        _, member, person = np.unique(person, return_index=True, return_inverse=True)
        vectors, sizes = _merged(means, np.ones(count, np.int64), person)
        apart = _grouped(apart, person, len(sizes))
        good = (sizes > 1) | good[member]
        labels = np.full(len(sizes), -1, np.int64)
        rows = np.flatnonzero(good)
        joined = _tree(vectors[rows], sizes[rows], apart[rows][:, rows], strangers.limit(1))
        trusted = _trusted(joined, len(rows), strangers)
        if frozen is not None:
            strangers = of_film(strangers, vectors[rows], _labels(trusted, len(rows)))
            trusted = _trusted(joined, len(rows), strangers)
        for number, (a, b, likeness) in enumerate(trusted, start=1):
            forest.link(int(member[rows[a]]), int(member[rows[b]]), 1 - likeness, number)
        labels[rows] = np.unique(forest.labels()[0][member[rows]], return_inverse=True)[1]
        clusters, poor = int(labels.max(initial=-1)) + 1, np.flatnonzero(~good)
        limits = np.array([clusters * len(poor), clusters * (clusters - 1) / 2])
        limits = np.array([strangers.limit(max(pairs, 1)) for pairs in limits])
        for a, b, likeness in _placed(labels, sizes, poor, vectors, apart, limits[0]):
            forest.link(int(member[a]), int(member[b]), 1 - likeness, len(forest.merges))
            labels[b] = labels[a]
        self.labels_ = number_by_size(labels[person])
        self.thresholds_ = limits[good.astype(np.int64)][person]
        self.merges_ = forest.merges
        return self


_Joined = list[tuple[int, int, float]]
"""Merges: a track of each of two clusters, and how alike the clusters were."""


def _tree(vectors: Floats, sizes: Ints, apart: csr_array, least: float) -> _Joined:
    """Merge by average linkage as long as clusters are at least so alike; most alike first.

    Clusters that are each other's nearest are merged, all such pairs in one round. That yields
    the tree of merging one pair at a time, since a merged cluster is never closer to a third one
    than the closer of its parts was (Bruynooghe, 1978). A cluster needs only the mean of its
    tracks' vectors: the mean cosine of all pairs is their product.
    """
    member = np.arange(len(vectors))  # one row of each cluster
    joined: _Joined = []
    while len(vectors) > 1:
        nearest, likeness = _nearest(vectors, apart)
        left = np.arange(len(vectors))
        mutual = (nearest[nearest] == left) & (left < nearest) & (likeness >= least)
        a, b = left[mutual], nearest[mutual]
        if not len(a):
            break
        pairs = zip(member[a], member[b], likeness[mutual], strict=True)
        joined += [(int(i), int(j), float(like)) for i, j, like in pairs]
        group = left.copy()
        group[b] = a
        kept, group = np.unique(group, return_inverse=True)
        vectors, sizes = _merged(vectors, sizes, group)
        apart = _grouped(apart, group, len(kept))
        member = member[kept]
    return sorted(joined, key=lambda merge: -merge[2])


def _nearest(vectors: Floats, apart: csr_array) -> tuple[Ints, Floats]:
    """Return the most alike other cluster of each, and how alike it is; -inf if all are barred."""
    count = len(vectors)
    nearest, likeness = np.zeros(count, np.int64), np.zeros(count, np.float32)
    for start in range(0, count, BLOCK):
        rows = slice(start, min(start + BLOCK, count))
        block = vectors[rows] @ vectors.T
        here = np.arange(block.shape[0])
        block[here, here + start] = -np.inf
        barred = apart[rows].tocoo()
        block[barred.coords[0], barred.coords[1]] = -np.inf
        nearest[rows] = block.argmax(axis=1)
        likeness[rows] = block[here, nearest[rows]]
    return nearest, likeness


def _merged(vectors: Floats, sizes: Ints, group: Ints) -> tuple[Floats, Ints]:
    size = np.bincount(group, sizes).astype(np.int64)
    total = sum_by(vectors * sizes[:, None].astype(np.float64), group, len(size))
    return (total / size[:, None]).astype(np.float32), size


def _grouped(apart: csr_array, group: Ints, count: int) -> csr_array:
    """Return which groups may not be merged: those that hold a pair that may not."""
    rows = np.arange(len(group))
    grouping = csr_array((np.ones(len(rows)), (rows, group)), shape=(len(rows), count))
    return csr_array(grouping.T @ apart @ grouping)


def _trusted(joined: _Joined, count: int, strangers: Strangers) -> _Joined:
    """Return the merges up to the last one that is more alike than strangers would be."""
    trusted = 0
    for number, (_, _, likeness) in enumerate(joined):
        clusters = count - number
        if likeness >= strangers.limit(clusters * (clusters - 1) / 2):
            trusted = number + 1
    return joined[:trusted]


def _labels(joined: _Joined, count: int) -> Ints:
    """Return which of so many tracks hang together by merges, (count,)."""
    forest = Forest(count, None)
    for number, (a, b, likeness) in enumerate(joined):
        forest.link(a, b, 1 - likeness, number)
    return forest.labels()[0]


def _placed(
    labels: Ints, sizes: Ints, poor: Ints, means: Floats, apart: csr_array, limit: float
) -> _Joined:
    """Return which poor tracks join a track of the cluster that they are most like, if enough."""
    placed = np.flatnonzero(labels >= 0)
    if not len(placed) or not len(poor):
        return []
    vectors, _ = _merged(means[placed], sizes[placed], labels[placed])
    first = placed[np.unique(labels[placed], return_index=True)[1]]  # a track of each cluster
    labels, joined = labels.copy(), []
    for track in poor.tolist():
        likeness = vectors @ means[track]
        barred = labels[apart[[track]].tocoo().coords[1]]
        likeness[barred[barred >= 0]] = -np.inf
        best = int(likeness.argmax())
        if likeness[best] >= limit:
            labels[track] = best
            joined.append((int(first[best]), track, float(likeness[best])))
    return joined


def _symmetric(pairs: Ints | None, count: int) -> csr_array:
    a, b = (np.zeros((0, 2), np.int64) if pairs is None else pairs).T
    rows, columns = np.concatenate([a, b]), np.concatenate([b, a])
    return csr_array((np.ones(len(rows)), (rows, columns)), shape=(count, count))
