"""Which of many are taken: one face of a track each 12 frames (VideoClusterNet, Algorithm 1)."""

from __future__ import annotations

import numpy as np
from numpy.typing import NDArray

from castlist.faces.types import Ints

EVERY = 12
"""Frames from one crop to the next."""
LEAST = 3
"""Crops of a track that has as many faces, however short it is."""


def sample(frames: Ints, *, every: int = EVERY, least: int = LEAST) -> NDArray[np.intp]:
    """Choose faces at t_n = every * n + frames[0], or the nearest that the detector has seen.

    Where that makes fewer than `least`, those farthest from the chosen ones are added.

    Args:
        frames: Shape (n,), ascending, n >= 1: frames of the track's detected faces.
        every: Frames between crops.
        least: Crops wanted at least.

    Returns:
        Ascending indices into `frames`.
    """
    wanted = np.arange(frames[0], frames[-1] + 1, every)
    after = np.clip(np.searchsorted(frames, wanted), 1, max(1, len(frames) - 1))
    before = after - 1
    after = np.minimum(after, len(frames) - 1)
    nearer = np.where(wanted - frames[before] <= frames[after] - wanted, before, after)
    chosen = set(nearer.tolist())
    while len(chosen) < min(least, len(frames)):
        apart = np.abs(frames[:, None] - frames[sorted(chosen)][None]).min(axis=1)
        chosen.add(int(apart.argmax()))
    return np.array(sorted(chosen), np.intp)


def evenly(count: int, most: int) -> Ints:
    """Return which of so many items are taken if it shall be so many at most: all, or evenly.

    One alone is the middle one.
    """
    if most == 1:
        return np.arange(count)[count // 2 :][:1]
    return np.linspace(0, count - 1, min(most, count)).astype(np.int64)
