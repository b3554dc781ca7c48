"""Composed track sets."""

import csv
import json
from collections import Counter, defaultdict
from itertools import pairwise

import cv2
import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st
from sample_pictures import picture
from typer.testing import CliRunner

from castlist.benchmark.compose import compose, shots, zipf
from castlist.benchmark.track_sets import read_crops_folder
from castlist.cli import app
from castlist.errors import CastlistError


@pytest.fixture(scope="module")
def stills(tmp_path_factory):
    """Three people of the sample film."""
    folder = tmp_path_factory.mktemp("stills")
    for name in ("clara bob", "clara smile", "frank light", "eileen"):
        shown = picture(name)
        person = folder / shown.identity.split()[0]
        person.mkdir(exist_ok=True)
        cv2.imwrite(str(person / f"{name}.png"), shown.image[..., ::-1])
    return folder


def files(folder):
    return {p.relative_to(folder): p.read_bytes() for p in folder.rglob("*") if p.is_file()}


def table(folder):
    with (folder / "tracks.csv").open(newline="") as file:
        return list(csv.DictReader(file))


def test_a_set_is_as_wanted_and_can_be_read(tmp_path, stills):
    compose(stills, tmp_path / "set", people=3, tracks=14, seed=1)
    found = read_crops_folder(tmp_path / "set", tmp_path / "work")
    rows = table(tmp_path / "set")
    assert len(found.crops) > 0.95 * len(rows)  # the detector finds the faces
    assert len(found) == 14
    assert sorted(Counter(found.identity.tolist()).values()) == sorted(zipf(3, 14).tolist())
    assert len(found.cannot_link)
    for a, b in found.cannot_link:
        assert found.identity[a] != found.identity[b]
    note = json.loads((tmp_path / "set" / "compose.json").read_text())
    assert (note["castlist_compose"], note["people"], note["tracks"], note["seed"]) == (2, 3, 14, 1)
    assert {one["label"]: one["tracks"] for one in note["cast"]} == Counter(found.identity.tolist())
    assert str(stills) not in json.dumps(note)


def test_the_same_seed_makes_the_same_files_and_another_makes_others(tmp_path, stills):
    for name, seed in (("a", 0), ("b", 0), ("c", 1)):
        compose(stills, tmp_path / name, people=2, tracks=4, seed=seed)
    assert files(tmp_path / "a") == files(tmp_path / "b") != files(tmp_path / "c")


def test_no_stream_of_random_numbers_is_drawn_from_twice(tmp_path, stills, monkeypatch):
    fresh, first = np.random.default_rng, []

    def spy(seed):
        first.append(fresh(seed).random())
        return fresh(seed)

    monkeypatch.setattr(np.random, "default_rng", spy)
    compose(stills, tmp_path / "set", people=2, tracks=9)
    assert len(set(first)) == len(first) > 4


def test_what_cannot_be_made_is_told(tmp_path, stills):
    with pytest.raises(CastlistError, match="photographs of 3 people, not 4"):
        compose(stills, tmp_path / "set", people=4, tracks=9)
    with pytest.raises(CastlistError, match="2 tracks of 3 people"):
        compose(stills, tmp_path / "set", people=3, tracks=2)
    assert not (tmp_path / "set").exists()
    (tmp_path / "set").mkdir()
    (tmp_path / "set" / "tracks.csv").touch()
    with pytest.raises(CastlistError, match="a track set already"):
        compose(stills, tmp_path / "set", people=1, tracks=1)


def test_command(tmp_path, stills):
    line = ["benchmark", "compose", str(tmp_path / "set"), "--from", str(stills)]
    made = CliRunner().invoke(app, [*line, "--people", "1", "--tracks", "1"])
    assert made.exit_code == 0
    assert {row["track"] for row in table(tmp_path / "set")} == {"0"}


@given(st.integers(1, 80), st.integers(0, 500))
def test_zipf_falls_with_rank_and_leaves_nobody_out(people, more):
    counts = zipf(people, people + more)
    assert counts.sum() == people + more
    assert counts.min() >= 1
    assert (np.diff(counts) <= 0).all()


def test_zipf_has_a_head_and_a_long_tail():
    counts = zipf(60, 5000)
    assert 0.19 < counts[0] / 5000 < 0.23  # 1 / H_60
    assert abs(counts[9] / counts[0] - 0.1) < 0.01


@given(st.lists(st.integers(1, 9), min_size=1, max_size=12), st.integers(0, 5))
def test_shots_seat_every_track_once_and_nobody_twice(tracks, seed):
    made = list(shots(np.array(tracks), np.random.default_rng(seed)))
    seated = defaultdict(int)
    for shot in made:
        assert len(set(shot.people)) == len(shot.people) <= 3
        assert shot.end > shot.start
        for person in shot.people:
            seated[person] += 1
    assert [seated[person] for person in range(len(tracks))] == tracks
    assert all(a.end <= b.start for a, b in pairwise(made))
