"""SCTL (Wu, Lyu, Hu and Ji, ICCV 2013): simultaneous clustering and tracklet linking.

By turns, tracks are clustered by the field of `peers.hmrf`, in which linked tracks must be one
person, and tracks of one cluster are linked into longer ones, until the labels repeat.

The paper's text was not at hand, and a track set holds neither positions nor times. The reading
taken: the end of a track is linked to the beginning of a later one (tracks are in order) by how
near the last crop of the one is to the first of the other, each at most once, at the least sum of
cosine distances (Hungarian algorithm); never tracks of two clusters, of one frame, or farther from
each other than two crops in a row of one track are in the mean. As the tracks come from a good
tracker, there is little left to link, and it comes close to HMRF.
"""

from __future__ import annotations

import numpy as np
from scipy.optimize import linear_sum_assignment

from castlist.benchmark.peers.hmrf import best_start, expectation_maximisation, field_of
from castlist.benchmark.peers.peer import SeededTrueK, barred
from castlist.cluster.likeness import track_means
from castlist.faces.types import Doubles, Floats, Ints

TURNS = 10
"""Turns at the most."""


class Sctl(SeededTrueK):
    """Clusters and links tracks by turns.

    Attributes:
        links_: Shape (L, 2): tracks linked, the earlier one first.
    """

    links_: Ints

    def _cluster(self, embeddings: Floats, track: Ints, cannot_link: Ints | None) -> Ints:
        means = track_means(embeddings, track).astype(np.float64)
        cost = _costs(embeddings.astype(np.float64), track, cannot_link)
        q = best_start(means, field_of(len(means), cannot_link), self.clusters, self.seed)
        labels = q.argmax(axis=1)
        for _ in range(TURNS):
            before = labels
            self.links_ = link(cost, before)
            field = field_of(len(means), cannot_link, self.links_)
            q = expectation_maximisation(means, field, q).q
            labels = q.argmax(axis=1)
            if np.array_equal(labels, before):
                break
        return np.asarray(labels, np.int64)


def link(cost: Doubles, labels: Ints) -> Ints:
    """Return which tracks are linked, (L, 2).

    Args:
        cost: Shape (T, T): below 0 where the end of a track may go on with the beginning of
            another one; the lower the better.
        labels: Shape (T,): tracks of two clusters are not linked.
    """
    cost = np.where((labels[:, None] == labels) & (cost < 0), cost, 0)
    end, beginning = linear_sum_assignment(cost)
    pairs = np.stack([end, beginning], axis=1)
    return np.asarray(pairs[cost[end, beginning] < 0], np.int64)


def _costs(crops: Doubles, track: Ints, cannot_link: Ints | None) -> Doubles:
    """Return how much farther a track's end is from a later beginning than crops in a row are."""
    first = np.flatnonzero(np.diff(track, prepend=-1))
    last = np.append(first[1:], len(track)) - 1
    in_a_row = track[1:] == track[:-1]
    steps = 1 - (crops[1:] * crops[:-1]).sum(axis=1)[in_a_row]
    cost = 1 - crops[last] @ crops[first].T - (steps.mean() if len(steps) else 0)
    cost[np.tril_indices(len(cost))] = np.inf
    cost[barred(len(cost), cannot_link)] = np.inf
    return np.asarray(cost)
