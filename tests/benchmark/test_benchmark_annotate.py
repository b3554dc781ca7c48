"""Labelling a film: the table that is written, and the truth that is made of it."""

import csv
import functools
import json
import shutil

import cv2
import pytest
from typer.testing import CliRunner

from castlist import pipeline
from castlist.benchmark.annotate import COLUMNS, propose, settle
from castlist.benchmark.truth import read_truth
from castlist.benchmark.validate import findings
from castlist.cast.editing import Editor
from castlist.cli import app
from castlist.errors import CastlistError
from castlist.settings import Settings
from castlist.tracks.types import Tracks


@pytest.fixture(scope="module")
def space(tmp_path_factory):
    return tmp_path_factory.mktemp("annotate") / "sample.castlist"


@pytest.fixture(autouse=True)
def no_adaptation(monkeypatch):
    """Runs take the network as it came, which is enough here."""
    settings = Settings(adapt=False)
    monkeypatch.setattr(pipeline, "run", functools.partial(pipeline.run, settings=settings))


@pytest.fixture
def table(tmp_path, sample_film, space):
    path = tmp_path / "sample.annotation.csv"
    propose(sample_film, path, space)
    return path


def rows(table):
    with table.open(newline="") as file:
        return list(csv.DictReader(file))


def fill_in(table, lines):
    with table.open("w", newline="") as file:
        writer = csv.DictWriter(file, COLUMNS)
        writer.writeheader()
        writer.writerows(lines)


def test_the_table_has_all_tracks_each_with_a_picture(table, space):
    lines = rows(table)
    assert tuple(lines[0]) == COLUMNS
    assert [int(line["track"]) for line in lines] == list(
        range(len(Tracks.load(space / "tracks.parquet")))
    )
    for line in lines:
        assert line["identity"] == ""
        assert float(line["start"]) < float(line["end"])
        assert cv2.imread(line["portrait"]) is not None
    assert {line["proposed"] for line in lines} >= {"C01", "C02"}


def test_the_truth_has_what_was_filled_in(table, space, sample_film, tmp_path):
    lines = rows(table)
    for line in lines:
        line["identity"] = f" {line['proposed'] or 'unsure'}"
    fill_in(table, lines)
    out = tmp_path / "sample.truth.json"
    settle(sample_film, table, out, "ada", space)
    assert findings(out) == []
    truth, tracks = read_truth(out), Tracks.load(space / "tracks.parquet")
    assert [t.identity for t in truth.tracks] == [line["proposed"] or "unsure" for line in lines]
    assert [t.id for t in truth.tracks] == [int(line["track"]) for line in lines]
    assert sum(len(t.frames) for t in truth.tracks) == (~tracks.gap).sum()
    assert json.loads(out.read_text())["annotator"] == "ada"
    with pytest.raises(CastlistError, match="is there already"):
        settle(sample_film, table, out, "ada", space)


def test_what_is_wrong_with_a_table_is_told(table, space, sample_film, tmp_path):
    out, lines = tmp_path / "t.truth.json", rows(table)
    with pytest.raises(CastlistError, match="is there already; fill it in"):
        propose(sample_film, table, space)
    with pytest.raises(CastlistError, match=f"{len(lines)} tracks have no identity"):
        settle(sample_film, table, out, "ada", space)
    for line in lines:
        line["identity"] = "x"
    fill_in(table, [*lines, lines[0]])
    with pytest.raises(CastlistError, match="twice"):
        settle(sample_film, table, out, "ada", space)
    fill_in(table, lines[1:])
    with pytest.raises(CastlistError, match="isn't of the tracks"):
        settle(sample_film, table, out, "ada", space)
    table.write_text("a,b\n1,2\n")
    with pytest.raises(CastlistError, match="not a table of tracks"):
        settle(sample_film, table, out, "ada", space)
    assert not out.exists()


@pytest.mark.parametrize(
    "table",
    [
        ("track,identity,start,end\n" + "0,Zoë,0,1\n" * 20_000).encode("cp1252"),
        b'track,identity,start,end\n0,"' + b"a" * 200_000,  # a quote that isn't closed
    ],
)
def test_a_table_that_cannot_be_read_is_told_in_one_sentence(tmp_path, table):
    path = tmp_path / "film.annotation.csv"
    path.write_bytes(table)
    with pytest.raises(CastlistError, match="not a table of tracks") as caught:
        settle(tmp_path / "film.mp4", path, tmp_path / "film.truth.json", "ada")
    assert len(str(caught.value)) < 400


def test_command_tells_what_it_cannot_do(sample_film, tmp_path):
    line = ["benchmark", "annotate", str(sample_film), "--from", str(tmp_path / "none.csv")]
    found = CliRunner().invoke(app, [*line, "--out", str(tmp_path / "a.truth.json")])
    assert isinstance(found.exception, CastlistError)


def test_what_was_corrected_before_is_taken_over(space, sample_film, tmp_path):
    corrected = tmp_path / "corrected.castlist"
    shutil.copytree(space, corrected)
    editor = Editor(corrected)
    cast = editor.rename("C01", "Ada")
    long = max(cast.tracks, key=lambda track: track.end - track.start)
    editor.changes(long.id, (long.start_frame + long.end_frame) // 2)
    gone = next(track.id for track in cast.tracks if track.id != long.id)
    cast = editor.no_face(gone)
    table = tmp_path / "sample.annotation.csv"
    propose(sample_film, table, corrected)
    lines = rows(table)
    assert len(lines) == len(cast.tracks) == len(Tracks.load(space / "tracks.parquet")) + 1
    (ada,) = [character.id for character in cast.characters if character.name == "Ada"]
    for line in lines:
        expected = "Ada" if line["proposed"] == ada else ""
        assert line["identity"] == ("nonface" if int(line["track"]) == gone else expected)
        line["identity"] = line["identity"] or "unsure"
        assert cv2.imread(line["portrait"]) is not None
    fill_in(table, lines)
    out = tmp_path / "sample.truth.json"
    settle(sample_film, table, out, "ada", corrected)
    truth, tracks = read_truth(out), Tracks.load(space / "tracks.parquet")
    assert all(len(track.frames) for track in truth.tracks)
    assert sum(len(track.frames) for track in truth.tracks) == (~tracks.gap).sum()
