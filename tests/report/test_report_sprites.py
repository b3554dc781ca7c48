"""Sprite sheets: each picture where its number says."""

from __future__ import annotations

import logging
from pathlib import Path

import cv2
import numpy as np
import pytest
from numpy.typing import NDArray

from castlist.report.sprites import BLANK, Sheets, pack


def write_square(path: Path, rgb: tuple[int, int, int], edge: int = 192) -> Path:
    cv2.imwrite(str(path), np.full((edge, edge, 3), rgb[::-1], np.uint8))
    return path


def square(sheets: Sheets, number: int) -> NDArray[np.int64]:
    """Cut picture `number` out of the sheets, by the rule of the class's docstring.

    Without its outermost pixels: decoders smooth colour across the blocks of a JPEG.
    """
    sheet, place = divmod(number, sheets.columns**2)
    row, column = divmod(place, sheets.columns)
    picture = cv2.imdecode(np.frombuffer(sheets.jpegs[sheet], np.uint8), cv2.IMREAD_COLOR)
    edge = sheets.edge
    cut = picture[row * edge : (row + 1) * edge, column * edge : (column + 1) * edge, ::-1]
    return cut[1:-1, 1:-1].astype(np.int64)


def test_every_picture_is_where_its_number_says(tmp_path: Path) -> None:
    colours = [(n * 25 % 256, n * 60 % 256, n * 110 % 256) for n in range(11)]
    files = [write_square(tmp_path / f"{n}.png", colour) for n, colour in enumerate(colours)]
    sheets = pack(files, edge=32, columns=2)
    assert len(sheets.jpegs) == 3
    assert sheets.missing == ()
    for number, colour in enumerate(colours):
        assert np.abs(square(sheets, number) - colour).max() <= 8


def test_pictures_of_other_sizes_are_scaled(tmp_path: Path) -> None:
    small = write_square(tmp_path / "small.png", (200, 10, 10), edge=20)
    large = write_square(tmp_path / "large.png", (10, 200, 10), edge=500)
    sheets = pack([small, large], edge=48, columns=4)
    assert abs(square(sheets, 0)[24, 24, 0] - 200) <= 8
    assert abs(square(sheets, 1)[24, 24, 1] - 200) <= 8


def test_lost_pictures_are_blank_and_warned_of_once(
    tmp_path: Path, caplog: pytest.LogCaptureFixture
) -> None:
    whole = write_square(tmp_path / "whole.png", (250, 0, 0))
    damaged, empty = tmp_path / "damaged.jpg", tmp_path / "empty.jpg"
    damaged.write_bytes(b"not a picture")
    empty.touch()
    with caplog.at_level(logging.WARNING):
        sheets = pack([tmp_path / "absent.jpg", whole, damaged, empty], edge=32, columns=2)
    assert sheets.missing == (0, 2, 3)
    assert np.abs(square(sheets, 0) - BLANK).max() <= 3
    assert np.abs(square(sheets, 1) - (250, 0, 0)).max() <= 8
    [record] = caplog.records
    assert "3 of 4" in record.message
    assert "absent.jpg" in record.message


def test_no_pictures_no_sheets() -> None:
    assert pack([], edge=96, columns=8).jpegs == ()


def test_names_outside_ascii(tmp_path: Path) -> None:
    file = tmp_path / "Gesicht äöü 顔.png"
    file.write_bytes(cv2.imencode(".png", np.full((64, 64, 3), 77, np.uint8))[1].tobytes())
    assert pack([file], edge=32, columns=2).missing == ()
