"""Rows on disk: what is read back, what is damaged, and which of several counts."""

import json
import os

import numpy as np
import pytest
from made_sets import row

from castlist.benchmark.rows import ARRAYS, Rows, digest

SAME = {"data": "x", "film": True, "whole": True}


@pytest.fixture
def rows(tmp_path):
    return Rows(tmp_path)


def keep(rows, key, own, at):
    """Keep a row as if it had been wanted at that time."""
    rows.save(key, own)
    os.utime(rows._path(key), (at, at))


def test_a_row_comes_back_as_it_was(rows):
    own = row("m", "x", [0, 0, -1, 1], memory=None, adapted="abc.npz", seconds=1.25)
    rows.save("key", own)
    back = rows.load("key", SAME)
    for name in ARRAYS:
        np.testing.assert_array_equal(getattr(back, name), getattr(own, name))
    assert back.to_dict() == own.to_dict()
    assert (back.memory, back.adapted, back.seconds) == (None, "abc.npz", 1.25)
    assert rows.load("another", SAME) is None


def test_a_row_of_nothing_comes_back(rows):
    rows.save("key", row("m", "x", [], ""))
    assert rows.load("key", SAME).identity.shape == (0,)


@pytest.mark.parametrize("damage", ["", "[1]", "{}", '{"format": 0}', "\x00"])
def test_a_damaged_row_is_made_anew(rows, damage, tmp_path):
    rows.save("key", row("m", "x", [0, 0, 1, 1]))
    (file,) = (tmp_path / "rows").iterdir()
    file.write_text(damage)
    assert rows.load("key", SAME) is None
    assert rows.latest() == []


def test_a_row_that_lacks_a_field_is_made_anew(rows, tmp_path):
    rows.save("key", row("m", "x", [0, 0, 1, 1]))
    (file,) = (tmp_path / "rows").iterdir()
    data = json.loads(file.read_text())
    del data["seconds"]
    file.write_text(json.dumps(data))
    assert rows.load("key", SAME) is None


def test_a_data_set_may_be_renamed(rows):
    rows.save("key", row("m", "x", [0, 0, 1, 1]))
    assert rows.load("key", SAME | {"data": "y"}).data == "y"
    assert [own.data for own in rows.latest()] == ["y"]


def test_later_editions_and_contents_stand_in_for_earlier_ones(rows):
    labels = [0, 0, 1, 1]
    keep(rows, "a", row("m", "x", labels, seed=0, edition="m 1"), 1)
    keep(rows, "b", row("m", "x", labels, seed=1, edition="m 1"), 2)
    keep(rows, "c", row("m", "x", labels, seed=0, edition="m 2"), 3)
    keep(rows, "d", row("n", "x", labels, contents="x 0"), 1)
    keep(rows, "e", row("n", "x", labels, contents="x 1"), 3)
    keep(rows, "f", row("n", "x", labels, contents="x 0", own_tracks=True), 2)
    keep(rows, "g", row("n", "x", labels, encoder="dlib", edition="n 0"), 2)
    found = {(r.method, r.edition, r.contents, r.own_tracks, r.encoder) for r in rows.latest()}
    assert found == {
        ("m", "m 2", "x 1", False, "sface"),
        ("n", "n 1", "x 1", False, "sface"),
        ("n", "n 1", "x 0", True, "sface"),
        ("n", "n 0", "x 1", False, "dlib"),
    }
    keep(rows, "h", row("n", "x", labels, contents="x 2", encoder="dlib", edition="n 0"), 4)
    assert {r.contents for r in rows.latest() if r.encoder == "sface"} == {"x 0", "x 1"}
    rows.load("a", SAME)  # wanted again
    assert {r.edition for r in rows.latest() if r.method == "m"} == {"m 1"}


def test_of_a_method_of_others_only_the_last_runs_rows_count(rows):
    labels = [0, 0, 1, 1]
    for at, data in enumerate("xyz"):
        keep(rows, f"{data} of 3", row("m", data, labels, sources="x y z"), at)
        keep(rows, f"{data} n", row("n", data, labels), at)
    assert {r.data for r in rows.latest() if r.method == "m"} == {"x", "y", "z"}
    for at, data in enumerate("xy"):
        keep(rows, f"{data} of 2", row("m", data, labels, sources="x y"), 5 + at)
    keep(rows, "hidden", row("m", "x", labels, sources="x y z", cannot_link=False), 9)
    assert {(r.data, r.sources) for r in rows.latest() if r.method == "m" and r.cannot_link} == {
        ("x", "x y"),
        ("y", "x y"),
    }
    assert {r.data for r in rows.latest() if r.method == "n"} == {"x", "y", "z"}
    assert [r.sources for r in rows.latest() if not r.cannot_link] == ["x y z"]


def test_a_row_of_before_its_sources_were_kept_is_read(rows, tmp_path):
    rows.save("key", row("m", "x", [0, 0, 1, 1], sources="x y"))
    (file,) = (tmp_path / "rows").iterdir()
    data = json.loads(file.read_text())
    del data["sources"]
    file.write_text(json.dumps(data))
    assert [r.sources for r in rows.latest()] == [""]
    assert rows.load("key", SAME | {"sources": "x y"}).sources == "x y"
    assert [r.sources for r in rows.latest()] == ["x y"]


def test_a_folder_without_rows_has_none(tmp_path):
    assert Rows(tmp_path / "nowhere").latest() == []


def test_digests_differ_as_values_do():
    assert digest("a", 1) == digest("a", 1)
    assert len({digest("a", 1), digest("a", "1"), digest("a1"), digest("a", 1, None)}) == 4


def test_measures_of_a_row():
    own = row("m", "x", [0, 0, 0, -1])
    assert (own.unknown, own.score.characters, own.score.ratio) == (0.25, 1, 0.5)
    assert own.score.wcp == 3 / 4
    assert own.known.wcp == 2 / 3
    assert own.frame_score.wcp == (3 + 4) / 10
    assert own.known_frames.wcp == 3 / 6
    nobody = row("m", "x", [-1] * 4)
    assert (nobody.known, nobody.known_frames, nobody.score.characters) == (None, None, 0)
