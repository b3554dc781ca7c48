"""What goes wrong with a file is one sentence."""

import csv
from pathlib import Path

import pytest

from castlist.benchmark.reading import reading
from castlist.errors import CastlistError


@pytest.mark.parametrize(
    "error", [KeyError("y"), csv.Error("y"), RecursionError("y"), OverflowError("y")]
)
def test_what_goes_wrong_is_one_sentence(error):
    with (
        pytest.raises(CastlistError, match=rf"^x: not a thing: {type(error).__name__}\('y'\)$"),
        reading(Path("x"), "a thing"),
    ):
        raise error


def test_a_file_of_another_encoding_is_not_in_the_sentence():
    with pytest.raises(CastlistError, match="save it as UTF-8") as caught, reading(Path("x"), "a"):
        (b"a" * 100_000 + "Zoë".encode("cp1252")).decode("utf-8")
    assert len(str(caught.value)) < 200
