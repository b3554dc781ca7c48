"""What makes a data set hard."""

import json
from dataclasses import replace
from pathlib import Path

import numpy as np
import pytest
from made_sets import track_set
from typer.testing import CliRunner

from castlist.benchmark.difficulty import benchmark, difficulty
from castlist.benchmark.truth import TrueTrack, Truth
from castlist.cli import app
from castlist.errors import CastlistError


def test_a_row():
    found = difficulty(track_set(["a", "a", "a", "b", "c"], links=[(0, 3), (3, 4)]))
    assert (found.characters, found.tracks, found.crops) == (3, 5, 15)
    assert found.largest == pytest.approx(3 / 5)
    assert found.single == pytest.approx(2 / 3)
    assert found.sharing == pytest.approx(3 / 5)
    assert found.quality == pytest.approx(0.5)
    assert found.face is None


def test_pose_is_that_of_the_faces_whose_landmarks_are_known():
    one = track_set(["a"])
    assert difficulty(one).frontality is None
    some = replace(one, frontality=np.array([0.9, np.nan, 0.5], np.float32))
    assert difficulty(some).frontality == pytest.approx(0.7)
    none = replace(one, frontality=np.full(3, np.nan, np.float32))
    assert difficulty(none).frontality is None


def test_size_of_the_faces_that_count():
    boxes = np.array([[0, 0, 10, 40]], np.float32)
    tracks = [
        TrueTrack("a", np.zeros(1, int), boxes),
        TrueTrack("unsure", np.zeros(1, int), boxes * 9),
    ]
    assert difficulty(track_set(["a"]), Truth(Path("a.mp4"), tracks)).face == 20
    assert difficulty(track_set(["a"]), Truth(Path("a.mp4"), [])).face is None


def test_what_is_labelled_is_counted():
    boxes = np.tile(np.float32([0, 0, 10, 40]), (3, 1))
    people = ["a", "b", "unsure", "unsure", "mixed"]
    tracks = [TrueTrack(who, np.arange(3), boxes) for who in people]
    found = difficulty(track_set(["a"]), Truth(Path("a.mp4"), tracks))
    assert (found.boxes, found.nonface, found.mixed, found.unsure) == (6, 0, 1, 2)
    crops = difficulty(track_set(["a"]))
    assert (crops.boxes, crops.nonface, crops.mixed, crops.unsure) == (None,) * 4


def test_an_empty_set():
    found = difficulty(track_set(["a"]).select(np.zeros(1, bool), "none"))
    assert (found.characters, found.tracks, found.largest, found.quality) == (0, 0, 0, 0)


def test_a_folder_of_films(tmp_path, sample_film):
    (found,) = benchmark(sample_film.parent, tmp_path / "work")
    assert found.name == "sample"
    assert found.characters > 3
    assert found.face > 10
    assert 0.3 < found.frontality < 1
    line = ["benchmark", "difficulty", str(sample_film.parent), "--work", str(tmp_path / "work")]
    told = CliRunner().invoke(app, [*line, "--json"])
    assert json.loads(told.stdout)["rows"][0]["tracks"] == found.tracks
    words = CliRunner().invoke(app, line).stdout.split()
    assert ["name", "sample", "characters", str(found.characters)] == [
        word for word in words if not word.startswith("─")
    ][:4]
    assert words[-2:] == ["unsure", str(found.unsure)]


def test_a_folder_of_neither_kind(tmp_path):
    with pytest.raises(CastlistError, match="no films with truth"):
        list(benchmark(tmp_path, tmp_path))
