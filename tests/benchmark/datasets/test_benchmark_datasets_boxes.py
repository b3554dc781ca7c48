"""From rows of boxes to a film's truth."""

from pathlib import Path

import numpy as np
import pytest

from castlist.benchmark.datasets.boxes import Row, film_beside, truth
from castlist.errors import CastlistError

FILM = Path("a.mp4")
BOX = (0.0, 0.0, 10.0, 10.0)


def test_rows_of_tracks_in_any_order():
    rows = [Row(2, "b", 5, BOX), Row(1, "a", 4, BOX), Row(1, "a", 3, (1, 2, 3, 4))]
    found = truth(FILM, rows).tracks
    assert [t.identity for t in found] == ["a", "b"]
    assert found[0].frames.tolist() == [3, 4]
    np.testing.assert_array_equal(found[0].boxes, [(1, 2, 3, 4), BOX])


def test_rows_without_tracks_are_linked_where_they_overlap():
    far = (50.0, 0.0, 60.0, 10.0)
    rows = [Row(None, "a", frame, BOX) for frame in (0, 1, 2, 5)]
    rows += [Row(None, "a", frame, far) for frame in (2, 3)] + [Row(None, "b", 3, far)]
    found = [(t.identity, t.frames.tolist()) for t in truth(FILM, rows).tracks]
    assert found == [("a", [0, 1, 2]), ("a", [2, 3]), ("a", [5]), ("b", [3])]
    assert len(truth(FILM, rows, gap=3).tracks) == 3


@pytest.mark.parametrize(
    ("frame", "box", "wanted"),
    [
        (-1, BOX, "before the first"),
        (0, (3, 0, 3, 1), "no area"),
        (0, (3, 0, float("nan"), 1), "no area"),
        (0, (3, 0, 4, float("inf")), "no area"),
        (0, (1e39, 0, 2e39, 1), "no area"),
    ],
)
def test_boxes_that_cannot_be(frame, box, wanted):
    with pytest.raises(ValueError, match=wanted):
        Row(1, "a", frame, box)


@pytest.mark.parametrize(
    ("rows", "wanted"),
    [
        ([Row(1, "a", 0, BOX), Row(1, "b", 1, BOX)], "track 1 is of a and of b"),
        ([Row(1, "a", 0, BOX), Row(1, "a", 0, BOX)], "two boxes on one frame"),
    ],
)
def test_rows_that_cannot_be(rows, wanted):
    with pytest.raises(ValueError, match=wanted):
        truth(FILM, rows)


def test_no_rows():
    assert truth(FILM, []).tracks == []


def test_the_film_beside_a_file(tmp_path):
    path = tmp_path / "a.mot.txt"
    with pytest.raises(CastlistError, match="no film of the name a"):
        film_beside(path, "a")
    for name in ("a.MKV", "a.txt", "ab.mp4"):
        (tmp_path / name).touch()
    assert film_beside(path, "a").name == "a.MKV"
    (tmp_path / "a.mp4").touch()
    with pytest.raises(CastlistError, match="2 films"):
        film_beside(path, "a")
