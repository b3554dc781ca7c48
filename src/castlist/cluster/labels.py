"""Which cluster each track belongs to: how clusters are numbered, and `clusters.parquet`."""

from __future__ import annotations

from pathlib import Path

import numpy as np
from numpy.typing import NDArray

from castlist.faces.types import Ints
from castlist.tables import read_table, write_table


def number_by_size(labels: NDArray[np.int64]) -> Ints:
    """Return the labels renumbered: 0 for the cluster of most tracks, then of the earliest."""
    known = labels[labels >= 0]
    values, first, counts = np.unique(known, return_index=True, return_counts=True)
    rank = np.full(int(values.max(initial=-1)) + 1, -1, np.int64)
    rank[values[np.lexsort((first, -counts))]] = np.arange(len(values))
    return np.where(labels >= 0, rank[labels], -1) if len(values) else labels


def save_labels(path: Path, labels: Ints, frozen: Ints) -> None:
    """Write the cluster of each track, (T,), -1 for unknown, and that by the frozen network."""
    write_table(path, {"track": np.arange(len(labels)), "cluster": labels, "frozen": frozen})


def load_labels(path: Path, column: str = "cluster") -> Ints:
    """Read the cluster of each track, or the column "frozen".

    Raises:
        WorkspaceError: The file is missing, damaged or lacks the column.
    """
    return np.asarray(read_table(path, [column], stage="clusters")[column], np.int64)
