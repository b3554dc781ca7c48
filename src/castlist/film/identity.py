"""Which film a file is, told by its bytes alone; the name and date of the file don't matter."""

from __future__ import annotations

import hashlib
import os
from pathlib import Path

from castlist.errors import FilmError
from castlist.hooks import Hook, silent

_PIECE = 1 << 20  # bytes


def content_hash(path: str | Path, hook: Hook = silent) -> str:
    """Return the SHA-256 of a whole file in hexadecimal, reading it piece by piece.

    Args:
        path: The file.
        hook: Told of "reading", bytes done, bytes in all.

    Raises:
        FilmError: The file can't be read.
    """
    digest, done = hashlib.sha256(), 0
    try:
        with Path(path).open("rb") as file:
            size = os.fstat(file.fileno()).st_size
            while piece := file.read(_PIECE):
                digest.update(piece)
                done += len(piece)
                hook("reading", done, size)
    except OSError as error:
        raise FilmError(f"{path}: can't be read ({error.strerror}). Check the path.") from error
    return digest.hexdigest()
