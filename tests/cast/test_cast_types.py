"""cast.json: written, read back, and refused in one sentence where it is damaged."""

import json
from dataclasses import replace
from pathlib import Path

import pytest

from castlist.cast.types import Cast, CastTrack, Character
from castlist.errors import WorkspaceError

CAST = Cast(
    film={"path": "Кино.mp4", "frames": 300, "duration": 12.5},
    characters=[
        Character("C01", "Zoë", [0, 2], 3.5, 0.0, 9.25, "crops/000000_00000012.jpg"),
        Character("C02", None, [1], 1.0, 4.0, 5.0, "crops/000001_00000100.jpg"),
    ],
    tracks=[
        CastTrack(0, "C01", 0, 0.0, 2.5, 0, 59, 0.71),
        CastTrack(1, "C02", 1, 4.0, 5.0, 96, 119, 0.5),
        CastTrack(2, "C01", 1, 4.5, 9.25, 108, 221, 0.44),
        CastTrack(3, None, 2, 10.0, 11.0, 240, 263, 0.1),
    ],
    unknown=[3],
    settings={"seed": 0, "path": "somewhere"},
    timings={"scan": 1.25},
)
EMPTY = Cast(film={}, characters=[], tracks=[], unknown=[])


@pytest.mark.parametrize("cast", [CAST, EMPTY])
def test_read_back_as_saved(tmp_path, cast):
    path = tmp_path / "cast.json"
    cast.save(path)
    assert Cast.load(path) == cast
    assert [p.name for p in tmp_path.iterdir()] == ["cast.json"]


def test_file_is_readable_by_people_and_names_its_version(tmp_path):
    path = tmp_path / "cast.json"
    CAST.save(path)
    text = path.read_text("utf-8")
    assert "Кино.mp4" in text
    assert "Zoë" in text
    assert json.loads(text)["castlist"] == 1
    assert json.loads(text) == CAST.to_dict()


def test_paths_are_written_as_text(tmp_path):
    path = tmp_path / "cast.json"
    Cast({"path": Path("film.mp4")}, [], [], []).save(path)
    assert Cast.load(path).film == {"path": "film.mp4"}


def test_path_that_is_no_text_comes_back(tmp_path):
    path = tmp_path / "cast.json"
    cast = replace(CAST, film={"path": "кино/caf\udce9.mkv"})
    cast.save(path)
    assert Cast.load(path) == cast
    assert r"кино/caf\udce9.mkv" in path.read_text("utf-8")


def test_who_is_on_screen():
    def at(seconds: float) -> list[str]:
        return [character.id for character in CAST.on_screen(seconds)]

    assert at(0) == ["C01"]
    assert at(2.5) == []  # the last frame is gone
    assert at(4.75) == ["C01", "C02"]
    assert at(10.5) == []  # somebody unknown
    assert at(99) == []
    assert EMPTY.on_screen(0) == []


def damaged(**changes: object) -> str:
    return json.dumps({**CAST.to_dict(), **changes})


@pytest.mark.parametrize(
    ("text", "reason"),
    [
        (None, "castlist run FILM"),
        ("", "can't be read"),
        ('{"castlist": 1,', "can't be read"),
        (damaged(castlist=2), "format 2.*reads 1"),
        ("{}", "format None"),
        ("[]", "not a cast list"),
        ("7", "not a cast list"),
        ('{"castlist": 1}', "not a whole cast list"),
        (damaged(characters=None), "not a whole cast list"),
        (damaged(characters=[{"id": "C01"}]), "not a whole cast list"),
        (damaged(tracks=[{"id": 3, "colour": "red"}]), "not a whole cast list"),
        (damaged(tracks=[3]), "not a whole cast list"),
    ],
)
def test_damaged_file_is_refused(tmp_path, text, reason):
    path = tmp_path / "cast.json"
    if text is not None:
        path.write_text(text)
    with pytest.raises(WorkspaceError, match=f"cast.json: .*{reason}"):
        Cast.load(path)


def test_bytes_that_are_no_text(tmp_path):
    path = tmp_path / "cast.json"
    path.write_bytes(b"\xff\xfe\x00{")
    with pytest.raises(WorkspaceError, match=r"cast.json"):
        Cast.load(path)


def test_folder_in_its_place(tmp_path):
    with pytest.raises(WorkspaceError, match="can't be read"):
        Cast.load(tmp_path)
