"""From tracks to a few crops of each, and from the clusters of crops back to those of tracks.

For methods that cluster crops at a cost that grows with the cube of their number.
"""

from __future__ import annotations

import numpy as np

from castlist.faces.types import Ints
from castlist.tracks.sampling import evenly

CROPS = 3
"""Crops taken of each track, evenly; all of a shorter one."""
MANY = 1000
"""Tracks of a set above which it is one crop of each, the middle one."""


def few_crops(track: Ints) -> Ints:
    """Return which crops are taken.

    Args:
        track: Shape (N,): track of each crop, 0 to T - 1, in order.
    """
    rows = np.split(np.arange(len(track)), np.flatnonzero(np.diff(track)) + 1)
    crops = 1 if len(rows) > MANY else CROPS
    return np.concatenate([own[evenly(len(own), crops)] for own in rows])


def majority(labels: Ints, track: Ints) -> Ints:
    """Return the cluster that most crops of each track are in, (T,); the first one of several.

    Args:
        labels: Shape (n,): cluster of each crop, from 0.
        track: Shape (n,): track of each crop, 0 to T - 1, each at least once.
    """
    votes = np.zeros((track.max() + 1, labels.max() + 1), np.int64)
    np.add.at(votes, (track, labels), 1)
    return np.asarray(votes.argmax(axis=1), np.int64)
