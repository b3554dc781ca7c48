"""How much boxes overlap. No detector, and nothing heavy, is imported here."""

from __future__ import annotations

import numpy as np

from castlist.faces.types import Floats


def iou(a: Floats, b: Floats) -> Floats:
    """Return the intersection over union of each box of a (N, 4) with each of b (M, 4): (N, M)."""
    low = np.maximum(a[:, None, :2], b[None, :, :2])
    high = np.minimum(a[:, None, 2:], b[None, :, 2:])
    inside = np.prod(np.clip(high - low, 0, None), axis=2)
    area_a, area_b = (np.prod(boxes[:, 2:] - boxes[:, :2], axis=1) for boxes in (a, b))
    union = area_a[:, None] + area_b[None] - inside
    overlap: Floats = np.divide(inside, union, out=np.zeros_like(inside), where=union > 0)
    return overlap
