"""Sums of rows by group: the crops of each track, the tracks of each cluster."""

from __future__ import annotations

from typing import Any

import numpy as np
from numpy.typing import NDArray

from castlist.faces.types import Doubles, Ints


def sum_by(values: NDArray[Any], group: Ints, groups: int) -> Doubles:
    """Return the sum of the rows of each group.

    Args:
        values: Shape (n, ...).
        group: Shape (n,): group of each row, 0 to groups - 1.
        groups: How many there are.
    """
    total = np.zeros((groups, *values.shape[1:]))
    np.add.at(total, group, values)
    return total
