"""Which film a file is, told by its bytes alone; the name and date of the file don't matter."""

from __future__ import annotations

import hashlib
from pathlib import Path

from castlist.errors import FilmError


def content_hash(path: str | Path) -> str:
    """Return the SHA-256 of a whole file in hexadecimal, reading it piece by piece.

    Raises:
        FilmError: The file can't be read.
    """
    try:
        with Path(path).open("rb") as file:
            return hashlib.file_digest(file, "sha256").hexdigest()
    except OSError as error:
        raise FilmError(f"{path}: can't be read ({error.strerror}). Check the path.") from error
