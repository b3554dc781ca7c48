"""Tables of a workspace: columns of equal length, to Parquet and back. What they mean isn't known.

A table is written whole or not at all; one that can't be read is told of in one sentence, with
the stage that makes it anew. pyarrow is given files and no paths: of these it takes text only. It
reads in our own thread: where its own still hold a file when Python ends, the process is aborted.
"""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from pathlib import Path
from typing import IO, Any

import numpy as np
import pyarrow as pa
import pyarrow.parquet as pq
from numpy.typing import NDArray

from castlist.atomic import atomic_path
from castlist.errors import WorkspaceError


def write_table(path: Path, columns: Mapping[str, NDArray[Any]]) -> None:
    """Write named columns, each of shape (rows,)."""
    table = pa.table({k: pa.array(np.ascontiguousarray(v)) for k, v in columns.items()})
    with atomic_path(path) as beside, beside.open("wb") as file:
        pq.write_table(table, file, compression="zstd")


def read_table(path: Path, names: Iterable[str], *, stage: str) -> dict[str, NDArray[Any]]:
    """Read the named columns, each of shape (rows,).

    Args:
        path: The table.
        names: Of the columns wanted.
        stage: The stage that makes the table.

    Raises:
        WorkspaceError: The file is missing, damaged or lacks a column.
    """
    wanted = list(names)
    try:
        with path.open("rb") as file:
            table = read_parquet(file, wanted)
        return {name: table[name].to_numpy() for name in wanted}
    except (OSError, KeyError, pa.ArrowException) as error:
        raise unreadable(path, stage) from error


def open_parquet(file: IO[bytes]) -> pq.ParquetFile:
    """Open a file to be read group by group; `use_threads=False` is for the reader to say."""
    return pq.ParquetFile(file, pre_buffer=False)


def read_parquet(file: IO[bytes], names: list[str] | None = None) -> pa.Table:
    """Read the named columns of a file, or all of them, in this thread."""
    return open_parquet(file).read(names, use_threads=False)


def unreadable(path: Path, stage: str) -> WorkspaceError:
    """Return the error that tells of a file that can't be read, and which stage makes it anew."""
    return WorkspaceError(f"{path}: can't be read; have it made anew with --force {stage}")
