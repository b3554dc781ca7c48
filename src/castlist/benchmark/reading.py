"""What goes wrong with a file that others wrote, told in one sentence. No format is known here."""

from __future__ import annotations

import csv
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from xml.etree.ElementTree import ParseError

from castlist.errors import CastlistError


@contextmanager
def reading(path: Path, what: str) -> Iterator[None]:
    """Turn whatever goes wrong with a file into one sentence that names it.

    Args:
        path: The file.
        what: What it should be.

    Raises:
        CastlistError: Something went wrong.
    """
    try:
        yield
    except UnicodeError as error:  # whose repr holds the whole file
        raise CastlistError(f"{path}: not {what}: {error}; save it as UTF-8") from error
    except (
        ArithmeticError,
        AttributeError,
        LookupError,
        NotImplementedError,
        OSError,
        ParseError,
        RecursionError,
        TypeError,
        ValueError,
        csv.Error,
    ) as error:
        raise CastlistError(f"{path}: not {what}: {error!r}") from error
