"""Which cluster each track belongs to: how clusters are numbered, and `clusters.parquet`."""

from __future__ import annotations

from collections import Counter
from collections.abc import Mapping, Sequence
from itertools import count
from pathlib import Path
from typing import Any

import numpy as np
from numpy.typing import NDArray

from castlist.faces.types import Ints
from castlist.tables import read_table, write_table

UNKNOWN = -1
"""The label of a track that belongs to nobody."""


def majority(labels: Ints) -> int | None:
    """Return the label of most of these tracks, the first of several; None if all are unknown."""
    votes = Counter(labels[labels > UNKNOWN].tolist())
    return min(votes, key=lambda label: (-votes[label], label), default=None)


def number_by_size(labels: NDArray[np.int64]) -> Ints:
    """Return the labels renumbered: 0 for the cluster of most tracks, then of the earliest."""
    known = labels[labels >= 0]
    values, first, counts = np.unique(known, return_index=True, return_counts=True)
    rank = np.full(int(values.max(initial=-1)) + 1, -1, np.int64)
    rank[values[np.lexsort((first, -counts))]] = np.arange(len(values))
    return np.where(labels >= 0, rank[labels], -1) if len(values) else labels


WHOLE = -1
"""Stands for the first frame of a track that begins where the run's track does."""


def save_labels(
    path: Path, labels: Ints, frozen: Ints, parts: Sequence[tuple[int, int]] = ()
) -> None:
    """Write the cluster of each track, (T + P,), -1 for unknown, and that by the frozen network.

    Args:
        path: The file.
        labels: Of the run's T tracks, then of the P parts cut off them.
        frozen: Likewise, by the frozen network.
        parts: Of each part the run's track and its first frame.
    """
    whole = len(labels) - len(parts)
    columns = {
        "track": np.array([*range(whole), *(track for track, _ in parts)], np.int64),
        "from_frame": np.array([WHOLE] * whole + [frame for _, frame in parts], np.int64),
    }
    write_table(path, {**columns, "cluster": labels, "frozen": frozen})


def load_labels(path: Path, column: str = "cluster", parts: Sequence[tuple[int, int]] = ()) -> Ints:
    """Read the cluster of each track, (T + P,), or the column "frozen".

    Args:
        path: The file.
        column: "cluster" or "frozen".
        parts: The parts wanted: one that was cut off since then is a cluster of its own, or
            unknown if its track is.

    Raises:
        WorkspaceError: The file is missing, damaged or lacks the column.
    """
    rows = read_table(path, ["track", "from_frame", column], stage="clusters")
    labels = np.asarray(rows[column], np.int64)
    known = dict(zip(_tracks(rows), labels.tolist(), strict=True))
    own = count(int(labels.max(initial=UNKNOWN)) + 1)
    cut = [
        known[part] if part in known else next(own) if known[part[0], WHOLE] > UNKNOWN else UNKNOWN
        for part in parts
    ]
    return np.concatenate([labels[rows["from_frame"] == WHOLE], np.array(cut, np.int64)])


def load_tracks(path: Path) -> list[tuple[int, int]]:
    """Read what the rows stand for: of each the run's track, and the first frame or `WHOLE`.

    Raises:
        WorkspaceError: The file is missing, damaged or lacks a column.
    """
    return _tracks(read_table(path, ["track", "from_frame"], stage="clusters"))


def _tracks(rows: Mapping[str, NDArray[Any]]) -> list[tuple[int, int]]:
    return list(zip(rows["track"].tolist(), rows["from_frame"].tolist(), strict=True))
