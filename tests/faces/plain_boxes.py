"""Boxes for tests, and their overlap as it is written in books."""

from __future__ import annotations

import numpy as np
from hypothesis import strategies as st
from hypothesis.extra.numpy import arrays

CORNERS = arrays(np.float32, st.tuples(st.integers(0, 8), st.just(2)), elements=st.integers(0, 40))


def boxes_from(corners: np.ndarray, seed: int) -> np.ndarray:
    """Boxes at these corners, of any size, nothing included."""
    extent = np.random.default_rng(seed).integers(0, 30, corners.shape)
    return np.concatenate([corners, corners + extent], axis=1).astype(np.float32)


def plain_iou(a: np.ndarray, b: np.ndarray) -> float:
    width = min(a[2], b[2]) - max(a[0], b[0])
    height = min(a[3], b[3]) - max(a[1], b[1])
    inside = max(0.0, width) * max(0.0, height)
    union = (a[2] - a[0]) * (a[3] - a[1]) + (b[2] - b[0]) * (b[3] - b[1]) - inside
    return inside / union if union else 0.0
