"""Sprite sheets: many small pictures in a few JPEGs, row by row. Knows nothing of tracks."""

from __future__ import annotations

import logging
from collections.abc import Sequence
from dataclasses import dataclass
from pathlib import Path

import cv2
import numpy as np
from numpy.typing import NDArray

_log = logging.getLogger(__name__)

JPEG_QUALITY = 78
BLANK = 128


@dataclass(frozen=True)
class Sheets:
    """Pictures number 0, 1, ... in sheets of ``columns`` by ``columns`` squares.

    Picture n is on sheet n // columns**2, in row and column divmod(n % columns**2, columns).

    Attributes:
        edge: Width and height of a square in pixels; a multiple of 16, so that no JPEG block
            spans two pictures.
        columns: Squares in a row, and rows in a sheet.
        jpegs: The sheets.
        missing: Numbers of the pictures that couldn't be read; their squares are plain grey.
    """

    edge: int
    columns: int
    jpegs: tuple[bytes, ...]
    missing: tuple[int, ...]


def pack(files: Sequence[Path], *, edge: int, columns: int) -> Sheets:
    """Scale the pictures to squares and lay them out in order.

    A picture that is absent or damaged leaves a grey square and is warned of, once for all: one
    lost picture isn't worth the page.
    """
    per_sheet = columns * columns
    jpegs, missing = [], []
    for first in range(0, len(files), per_sheet):
        sheet = np.full((edge * columns, edge * columns, 3), BLANK, np.uint8)
        for place, file in enumerate(files[first : first + per_sheet]):
            picture = _read(file)
            if picture is None:
                missing.append(first + place)
                continue
            y, x = (edge * step for step in divmod(place, columns))
            sheet[y : y + edge, x : x + edge] = cv2.resize(
                picture, (edge, edge), interpolation=cv2.INTER_AREA
            )
        options = [cv2.IMWRITE_JPEG_QUALITY, JPEG_QUALITY, cv2.IMWRITE_JPEG_OPTIMIZE, 1]
        jpegs.append(cv2.imencode(".jpg", sheet, options)[1].tobytes())
    if missing:
        _log.warning(
            "%d of %d pictures can't be read and are left blank, the first: %s",
            len(missing),
            len(files),
            files[missing[0]],
        )
    return Sheets(edge, columns, tuple(jpegs), tuple(missing))


def _read(file: Path) -> NDArray[np.uint8] | None:
    try:
        raw = np.frombuffer(file.read_bytes(), np.uint8)
    except OSError:
        return None
    picture = cv2.imdecode(raw, cv2.IMREAD_COLOR) if raw.size else None
    return None if picture is None else np.asarray(picture, np.uint8)
