"""Which cluster each track belongs to, on disk: `clusters.parquet`."""

from __future__ import annotations

from pathlib import Path

import numpy as np
import pyarrow as pa
import pyarrow.parquet as pq

from castlist.atomic import atomic_path
from castlist.errors import WorkspaceError
from castlist.faces.types import Ints


def save_labels(path: Path, labels: Ints) -> None:
    """Write the cluster of each track, shape (T,), -1 for unknown."""
    with atomic_path(path) as beside:
        pq.write_table(pa.table({"track": np.arange(len(labels)), "cluster": labels}), beside)


def load_labels(path: Path) -> Ints:
    """Read the cluster of each track.

    Raises:
        WorkspaceError: The file is missing or damaged.
    """
    try:
        return np.asarray(pq.read_table(path)["cluster"].to_numpy(), np.int64)
    except (OSError, KeyError, pa.ArrowException) as error:
        raise WorkspaceError(
            f"{path}: can't be read; have it made anew with --force clusters"
        ) from error
