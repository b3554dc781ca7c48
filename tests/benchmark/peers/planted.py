"""Crops with a planted structure: people as subspaces, or as directions, and tracks of each."""

from __future__ import annotations

import numpy as np

SIZE = 30


def subspaces(people, crops, rank=2, scatter=0.02, seed=0):
    """Crops of tracks, (N, 30), of length 1, and the track of each.

    Args:
        people: Who each track is, numbers from 0; each spans a subspace of its own.
        crops: How many each track has.
        rank: Dimensions of a person's subspace.
        scatter: Deviation of each coordinate from it.
        seed: Of everything random.
    """
    random = np.random.default_rng(seed)
    basis = np.linalg.qr(random.normal(0, 1, (SIZE, SIZE)))[0]
    track = np.repeat(np.arange(len(people)), crops)
    rows = []
    for who in np.array(people)[track]:
        own = basis[:, rank * who : rank * (who + 1)]
        rows.append(own @ random.normal(0, 1, rank))
    rows = np.array(rows) / np.linalg.norm(rows, axis=1, keepdims=True)
    return _unit(rows + random.normal(0, scatter, rows.shape)), track


def directions(people, crops, scatter=0.05, seed=0):
    """The same, but a person is one direction."""
    random = np.random.default_rng(seed)
    track = np.repeat(np.arange(len(people)), crops)
    rows = np.eye(SIZE)[np.array(people)[track]]
    return _unit(rows + random.normal(0, scatter, rows.shape)), track


def pairs(*links):
    """Pairs of tracks, (P, 2)."""
    return np.array(links, np.int64).reshape(-1, 2)


def same_partition(found, wanted):
    """Tell whether two labellings group alike."""
    found, wanted = np.asarray(found), np.asarray(wanted)
    return np.array_equal(found[:, None] == found, wanted[:, None] == wanted)


def _unit(rows):
    return (rows / np.linalg.norm(rows, axis=1, keepdims=True)).astype(np.float32)
