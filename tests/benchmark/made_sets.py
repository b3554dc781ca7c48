"""Track sets put together by hand: people as directions, tracks as crops scattered around them."""

from __future__ import annotations

from collections.abc import Sequence

import numpy as np

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
