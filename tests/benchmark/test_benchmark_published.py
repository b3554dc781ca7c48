"""Truth that is given away: without the film, without a path."""

import hashlib
import json
from dataclasses import replace

import numpy as np
import pytest
from typer.testing import CliRunner

from castlist.benchmark.published import publish
from castlist.benchmark.truth import read_truth
from castlist.benchmark.validate import findings
from castlist.cli import app
from castlist.errors import CastlistError, FilmError


def test_what_is_published_is_sound_and_says_the_same(tmp_path, sample_film):
    truth = read_truth(sample_film.with_suffix(".truth.json"))
    out = tmp_path / "open" / "sample.truth.json"
    publish(truth, out, "ada")
    assert findings(out) == []
    data = json.loads(out.read_text())
    assert data["sha256"] == hashlib.sha256(sample_film.read_bytes()).hexdigest()
    assert data["frame_rate"] == "24/1"
    assert (data["annotator"], data["video"]) == ("ada", sample_film.name)
    assert str(sample_film.parent) not in out.read_text()
    again = read_truth(out)
    assert [t.identity for t in again.tracks] == [t.identity for t in truth.tracks]
    for a, b in zip(again.tracks, truth.tracks, strict=True):
        np.testing.assert_array_equal(a.frames, b.frames)
        np.testing.assert_allclose(a.boxes, b.boxes, atol=0.051)


def test_tracks_keep_their_numbers(tmp_path, sample_film):
    box = [3, 1, 2, 30, 40]
    tracks = [
        {"id": 7, "identity": "ada", "boxes": [box]},
        {"id": 5, "identity": "bela", "boxes": []},
        {"id": 2, "identity": "bela", "boxes": [box]},
    ]
    path = tmp_path / "a.truth.json"
    path.write_text(json.dumps({"video": sample_film.name, "tracks": tracks}))
    publish(replace(read_truth(path), film=sample_film), path, "ada")
    assert [track["id"] for track in json.loads(path.read_text())["tracks"]] == [7, 2]


def test_without_the_film_nothing_is_written(tmp_path):
    path = tmp_path / "a.truth.json"
    path.write_text(json.dumps({"video": "a.mp4", "tracks": []}))
    with pytest.raises(FilmError, match=r"a\.mp4"):
        publish(read_truth(path), tmp_path / "out" / "a.truth.json", "ada")
    assert not (tmp_path / "out").exists()


def test_another_film_of_that_name_is_refused(tmp_path, sample_film):
    out = tmp_path / "sample.truth.json"
    publish(read_truth(sample_film.with_suffix(".truth.json")), out, "ada")
    (tmp_path / "sample.mp4").write_bytes(b"another")
    with pytest.raises(CastlistError, match="isn't the film that was labelled"):
        read_truth(out)


def test_a_truth_of_a_later_version_is_refused(tmp_path):
    path = tmp_path / "a.truth.json"
    path.write_text(json.dumps({"castlist_truth": 2, "video": "a.mp4", "tracks": []}))
    with pytest.raises(CastlistError, match="version 2"):
        read_truth(path)


def test_command(tmp_path, sample_film):
    truth, out = sample_film.with_suffix(".truth.json"), tmp_path / "s.truth.json"
    line = ["benchmark", "publish", str(truth), str(out), "--annotator", "ada"]
    assert CliRunner().invoke(app, line).exit_code == 0
    assert findings(out) == []
