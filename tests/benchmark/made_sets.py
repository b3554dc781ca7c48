"""Track sets put together by hand: people as directions, tracks as crops scattered around them."""

from __future__ import annotations

from collections.abc import Sequence

import numpy as np

from castlist.benchmark.rows import Row
from castlist.benchmark.track_sets import TrackSet

CROPS = 3
"""Crops of each track."""


def track_set(
    people: Sequence[str], links: Sequence[tuple[int, int]] = (), name: str = "made"
) -> TrackSet:
    """A set of a track for each name, three crops each; all crops are black."""
    tracks = np.arange(len(people)).repeat(CROPS)
    return TrackSet(
        name=name,
        crops=np.zeros((len(tracks), 192, 192, 3), np.uint8),
        track=tracks,
        frame=np.arange(len(tracks)),
        quality=np.full(len(tracks), 0.5, np.float32),
        identity=np.array(people, np.str_),
        frames=np.arange(len(people)) % 4 + CROPS,
        cannot_link=np.array(links, np.int64).reshape(-1, 2),
    )


def embeddings(tracks: TrackSet, scatter: float = 0.05, seed: int = 0) -> np.ndarray:
    """Embeddings of its crops, (N, 8), of length 1: a coordinate a person, and some scatter."""
    _, person = np.unique(tracks.identity, return_inverse=True)
    rows = np.eye(8)[person[tracks.track]]
    rows = rows + np.random.default_rng(seed).normal(0, scatter, rows.shape)
    return (rows / np.linalg.norm(rows, axis=1, keepdims=True)).astype(np.float32)


def row(method: str, data: str, labels: Sequence[int], people: str = "aabb", **more: object) -> Row:
    """What a method found on a film of as many tracks; `more` are other fields of the row."""
    fields: dict[str, object] = {
        "film": True,
        "whole": True,
        "seed": 0,
        "given": "nothing",
        "encoder": "sface",
        "own_tracks": False,
        "cannot_link": True,
        "edition": f"{method} 1",
        "contents": f"{data} 1",
        "frames": np.arange(1, len(people) + 1),
        "crops": np.full(len(people), CROPS),
        "adapted": None,
        "seconds": 1.0,
        "memory": 10.0,
    }
    identity, found = np.array(list(people)), np.array(labels, np.int64)
    return Row(method=method, data=data, identity=identity, labels=found, **{**fields, **more})
