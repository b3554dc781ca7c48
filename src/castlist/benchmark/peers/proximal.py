"""The proximal operators that low-rank and sparse representations are solved with.

Each returns the matrix Z that minimises `threshold` times its norm plus |Z - A|_F^2 / 2.
"""

from __future__ import annotations

import numpy as np

from castlist.faces.types import Doubles, Ints

TINY = 1e-300  # in place of a length of 0


def shrink_entries(a: Doubles, threshold: float) -> Doubles:
    """For the sum of the entries' magnitudes: the soft threshold."""
    return np.asarray(np.sign(a) * np.maximum(np.abs(a) - threshold, 0))


def shrink_singular_values(a: Doubles, threshold: float) -> Doubles:
    """For the nuclear norm: the singular value threshold (Cai, Candès and Shen, 2010)."""
    left, values, right = np.linalg.svd(a, full_matrices=False)
    return np.asarray((left * np.maximum(values - threshold, 0)) @ right)


def shrink_columns(a: Doubles, threshold: float) -> Doubles:
    """For the sum of the columns' lengths (the norm L2,1)."""
    return a * _kept(np.linalg.norm(a, axis=0), threshold)


def shrink_blocks(a: Doubles, group: Ints, threshold: Doubles) -> Doubles:
    """For the weighted sum of the Frobenius norms of blocks.

    Args:
        a: Shape (n, n).
        group: Shape (n,): block of each row and column, 0 to G - 1, each at least once.
        threshold: Shape (G, G): of each block; inf leaves nothing of it.
    """
    member = np.eye(len(threshold))[group]  # (n, G)
    lengths = np.sqrt(member.T @ a**2 @ member)
    return a * _kept(lengths, threshold)[group][:, group]


def _kept(length: Doubles, threshold: float | Doubles) -> Doubles:
    """Return by what a vector of that length is multiplied."""
    return np.asarray(np.maximum(length - threshold, 0) / np.maximum(length, TINY))
