"""Names from photographs, on films of coloured squares."""

from __future__ import annotations

import json
from pathlib import Path

import cv2
import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st
from typer.testing import CliRunner

import puppets
from castlist.cast import naming, photographs
from castlist.cast.editing import Editor
from castlist.cast.names import Naming, write_names
from castlist.cast.naming import assign, name_from_photographs
from castlist.cast.photographs import read_photographs
from castlist.cast.roll import Roll, likeness
from castlist.cast.types import Cast
from castlist.cli import app
from castlist.errors import CastlistError, WorkspaceError


@pytest.fixture(autouse=True)
def _puppets(monkeypatch: pytest.MonkeyPatch) -> None:
    puppets.play(monkeypatch)
    monkeypatch.setattr(naming, "load", lambda name, device: puppets.PuppetEncoder())
    monkeypatch.setattr(photographs, "CenterFace", lambda: puppets.PuppetDetector(threads=1))


def photograph(path: Path, *colours: str) -> None:
    """Write a picture with a square of each colour, the later ones the smaller."""
    picture = np.full((180, 320, 3), 90, np.uint8)
    for n, colour in enumerate(colours):
        picture[20:120, 10 + 150 * n : 110 + 150 * n - 10 * n] = puppets.COLOURS[colour]
    path.parent.mkdir(parents=True, exist_ok=True)
    cv2.imwrite(str(path), picture[..., ::-1])


def named(folder: Path) -> dict[str, str | None]:
    return {one.id: one.name for one in Cast.load(folder / "cast.json").characters}


@pytest.mark.parametrize(
    ("alike", "meetings", "expected"),
    [
        ([[0.9, 0.2], [0.1, 0.8]], [], [0, 1]),  # each somebody
        ([[0.9, 0.2], [0.4, 0.3]], [], [0, None]),  # none of these
        ([[0.9, 0.2], [0.8, 0.6]], [], [0, 0]),  # one person in two characters
        ([[0.8, 0.2], [0.9, 0.6]], [(0, 1)], [None, 0]),  # both at once: only the more alike
        ([[0.5], [0.49]], [], [0, None]),  # just at the limit
        (np.zeros((0, 2)), [], []),  # no character
        (np.zeros((2, 0)), [], [None, None]),  # nobody known
    ],
)
def test_who_gets_which_name(alike, meetings, expected):
    assert assign(np.array(alike), 0.5, meetings) == expected


@given(st.data())
def test_likeness_is_the_mean_cosine_of_all_pairs(data):
    rng = np.random.default_rng(data.draw(st.integers(0, 99)))
    sizes = [data.draw(st.lists(st.integers(1, 4), min_size=1, max_size=4)) for _ in range(2)]
    of = [np.repeat(np.arange(len(own)), own) for own in sizes]
    rows = [rng.normal(size=(len(own), 5)).astype(np.float32) for own in of]
    found = likeness(rows[0], of[0], rows[1], of[1])
    for i in range(len(sizes[0])):
        for j in range(len(sizes[1])):
            plain = np.mean([a @ b for a in rows[0][of[0] == i] for b in rows[1][of[1] == j]])
            assert found[i, j] == pytest.approx(plain, abs=1e-5)


def test_the_roll_of_a_film(films):
    roll = Roll.read(films[0])
    assert [one.id for one in roll.characters] == ["C01", "C02"]
    assert roll.owner.tolist() == [0, 1, 0]
    assert roll.meetings == {(0, 1)}
    np.testing.assert_allclose(np.linalg.norm(roll.means, axis=1), 1, atol=1e-5)


class TestPhotographs:
    def test_characters_are_named_and_strangers_are_not(self, both, tmp_path):
        photograph(tmp_path / "cast/Rick/1.jpg", "red")
        photograph(tmp_path / "cast/Rick/2.PNG", "red")
        photograph(tmp_path / "cast/Ilsa/portrait.png", "green")
        found = name_from_photographs(both[0], tmp_path / "cast")
        assert [(one.character, one.name) for one in found] == [("C01", "Rick"), ("C02", None)]
        assert found[0].likeness > found[0].limit > found[1].likeness
        assert named(both[0]) == {"C01": None, "C02": None}  # nothing is written yet
        assert write_names(found) == found[:1]
        assert named(both[0]) == {"C01": "Rick", "C02": None}

    def test_a_name_is_never_taken_away(self, both, tmp_path):
        Editor(both[0]).rename("C01", "Richard")
        photograph(tmp_path / "cast/Rick/1.png", "red")
        found = name_from_photographs(both[0], tmp_path / "cast")
        assert [(one.character, one.name) for one in found] == [("C02", None)]
        write_names([Naming(both[0], "C01", "Rick", 1.0, 0.5)])
        assert named(both[0])["C01"] == "Richard"

    def test_a_photograph_of_two_or_nobody_is_passed_over(self, tmp_path, caplog):
        photograph(tmp_path / "Rick/both.png", "red", "green")
        photograph(tmp_path / "Rick/one.png", "red")
        photograph(tmp_path / "Rick/wall.png")
        (tmp_path / "Rick/notes.txt").write_text("tall")
        names, faces, of = read_photographs(tmp_path, puppets.PuppetEncoder())
        assert (names, len(faces), of.tolist()) == (["Rick"], 1, [0])
        assert "both.png: passed over: it shows several" in caplog.text
        assert "wall.png: passed over: no face" in caplog.text

    def test_what_can_t_be_read_is_told(self, tmp_path):
        encoder = puppets.PuppetEncoder()
        with pytest.raises(CastlistError, match="no such folder"):
            read_photographs(tmp_path / "none", encoder)
        with pytest.raises(CastlistError, match=r"no face in it.*NAME/\*\.jpg"):
            read_photographs(tmp_path, encoder)
        (tmp_path / "Rick").mkdir()
        (tmp_path / "Rick/1.jpg").write_bytes(b"not a picture")
        with pytest.raises(CastlistError, match=r"1\.jpg: isn't a picture"):
            read_photographs(tmp_path, encoder)
        with pytest.raises(WorkspaceError, match="castlist run"):
            name_from_photographs(tmp_path, tmp_path)

    def test_command(self, both, tmp_path):
        photograph(tmp_path / "cast/Rick/1.png", "red")
        words = ["name", str(both[0]), str(tmp_path / "cast")]
        dry = CliRunner().invoke(app, [*words, "--dry-run", "--json"])
        told = json.loads(dry.stdout)["characters"]
        assert [(one["character"], one["name"]) for one in told] == [("C01", "Rick"), ("C02", None)]
        assert named(both[0])["C01"] is None
        assert "none of these" in CliRunner().invoke(app, words).stdout
        assert named(both[0])["C01"] == "Rick"
        assert "Rick" in (both[0] / "report.html").read_text("utf-8")
