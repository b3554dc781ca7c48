"""Files that are either the old one or the whole new one, whenever the process is killed."""

from __future__ import annotations

import os
import re
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

_BESIDE = re.compile(r"\..+\.\d+\.tmp")


@contextmanager
def atomic_path(path: str | Path) -> Iterator[Path]:
    """Yield a path beside ``path`` to write to; it takes the place of ``path`` at the end.

    The bytes are on the disk before the name changes. If the block raises, ``path`` is left as it
    was and what was written is removed; an error of the disk names ``path``.
    """
    path = Path(path)
    beside = path.with_name(f".{path.name}.{os.getpid()}.tmp")
    try:
        yield beside
        with beside.open("rb+") as file:
            os.fsync(file.fileno())
        beside.replace(path)
        _sync_folder(path.parent)
    except OSError as error:
        if error.errno is not None:  # writing to a full disk names no file
            error.filename = str(path)
        raise
    finally:
        beside.unlink(missing_ok=True)


def left_beside(folder: Path) -> list[Path]:
    """Return what ``atomic_path`` has left in a folder when the process was killed."""
    return [path for path in folder.iterdir() if _BESIDE.fullmatch(path.name) and path.is_file()]


def _sync_folder(folder: Path) -> None:
    """Put the new name on the disk too, where the system lets folders be synced."""
    if os.name != "posix":
        return
    handle = os.open(folder, os.O_RDONLY)
    try:
        os.fsync(handle)
    finally:
        os.close(handle)
