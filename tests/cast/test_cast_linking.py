"""The same people in several films: on made-up embeddings, and on films of coloured squares."""

from __future__ import annotations

import json
from pathlib import Path

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st
from typer.testing import CliRunner

import puppets
from castlist import models
from castlist.cast.editing import Editor
from castlist.cast.linking import CAUTION, MARGIN, clear_pairs, join, link, names_of
from castlist.cast.names import write_names
from castlist.cast.roll import likeness
from castlist.cast.types import Cast
from castlist.cli import app
from castlist.cluster.likeness import Strangers
from castlist.errors import CastlistError
from castlist.pipeline import run
from puppets import Scene


@pytest.fixture(autouse=True)
def _puppets(monkeypatch: pytest.MonkeyPatch) -> None:
    puppets.play(monkeypatch)


def named(folder: Path) -> dict[str, str | None]:
    return {one.id: one.name for one in Cast.load(folder / "cast.json").characters}


@pytest.mark.parametrize(
    ("alike", "expected"),
    [
        ([[0.9, 0.2], [0.1, 0.8]], [(0, 0), (1, 1)]),  # two of them
        ([[0.9, 0.2], [0.1, 0.45]], [(0, 0)]),  # one is in one film only
        ([[0.9, 0.85], [0.1, 0.2]], []),  # like two of the other film
        ([[0.9, 0.2], [0.85, 0.3]], []),  # two are like one of the other film
        ([[0.9, 0.2], [0.95, 0.7]], []),  # not each other's best, or not clearly
        ([[0.9, 0.2], [0.2, 0.2]], [(0, 0)]),
        ([[0.5]], [(0, 0)]),  # just at the limit, and nobody else is there
        ([[0.49]], []),
        (np.zeros((0, 2)), []),
        (np.zeros((2, 0)), []),
    ],
)
def test_pairs_are_linked_only_where_it_is_clear(alike, expected):
    alike = np.array(alike)
    assert clear_pairs(alike, 0.5, 0.1) == expected
    assert clear_pairs(alike.T, 0.5, 0.1) == [(b, a) for a, b in expected]


@given(st.integers(0, 999), st.integers(1, 6), st.integers(1, 6))
def test_clear_pairs_are_those_of_a_plain_search(seed, rows, columns):
    alike = np.random.default_rng(seed).random((rows, columns)).round(1)
    clear = [
        (a, b)
        for a in range(rows)
        for b in range(columns)
        if alike[a, b] >= 0.5
        and all(alike[a, b] >= alike[a, c] + 0.15 for c in range(columns) if c != b)
        and all(alike[a, b] >= alike[c, b] + 0.15 for c in range(rows) if c != a)
    ]
    assert clear_pairs(alike, 0.5, 0.15) == clear


def of_films(*pairs, people):
    """How alike people are: those in a pair as it says, all others not."""
    alike = np.zeros((people, people))
    for a, b, value in pairs:
        alike[a, b] = alike[b, a] = value
    return alike


def test_three_films_are_joined_by_what_links_them():
    film = np.array([0, 0, 1, 2])
    alike = of_films((0, 2, 0.9), (2, 3, 0.7), people=4)
    assert join(alike, film, 0.5, 0.1) == [([0, 2, 3], 0.7)]
    assert join(alike, film, 0.8, 0.1) == [([0, 2], 0.9)]
    assert join(alike, film, 0.95, 0.1) == []


def test_links_never_make_two_of_one_film_one():
    """By way of the second and the third film the two of the first would be one person."""
    film = np.array([0, 0, 1, 2])
    alike = of_films((0, 2, 0.9), (2, 3, 0.8), (1, 3, 0.7), people=4)
    assert join(alike, film, 0.5, 0.1) == [([0, 2, 3], 0.8)]


def test_blurred_strangers_are_hardly_ever_linked_and_those_who_are_in_both_are():
    """Made-up films of ten people each; three are in both, three others of each are blurred."""
    strangers = Strangers(*models.model(models.DEFAULT_ENCODER).strangers)
    who = np.array([*range(10), *range(7, 17)])  # 7, 8 and 9 are in both films
    blurred = np.isin(who, [0, 1, 2, 14, 15, 16])
    film, owner = np.repeat([0, 1], 10), np.repeat(np.arange(20), 3)
    limit = strangers.limit(CAUTION * 100)
    right, wrong, wrong_without_margin = 0, 0, 0
    for seed in range(20):
        rng = np.random.default_rng(seed)
        faces, blur = rng.normal(size=(17, 64)), rng.normal(size=64)
        seen = np.where(blurred[:, None], faces[who] + 1.2 * blur, faces[who])
        tracks = seen[owner] + 0.6 * rng.normal(size=(60, 64)) + 0.3
        tracks /= np.linalg.norm(tracks, axis=1, keepdims=True)
        alike = likeness(tracks, owner, tracks, owner)
        linked = [who[own] for own, _ in join(alike, film, limit, MARGIN * strangers.spread)]
        right += sum(a == b for a, b in linked)
        wrong += sum(a != b for a, b in linked)
        wrong_without_margin += sum(who[a] != who[b] for (a, b), _ in join(alike, film, limit, 0))
    assert right >= 50
    assert 10 * wrong <= wrong_without_margin


def test_who_is_in_both_films(both):
    (one,) = link(both)
    assert (one.names, one.characters) == ([], [(both[0], "C01"), (both[1], "C02")])
    assert one.likeness > 0.95 > one.limit > 0.4
    assert link(both[:1]) == []
    assert link([]) == []


def test_a_name_is_handed_on(both):
    Editor(both[0]).rename("C01", "Rick")
    Editor(both[0]).rename("C02", "Sam")  # he is in no other film
    links = link(both)
    assert [one.names for one in links] == [["Rick"]]
    written = write_names(names_of(links))
    assert [(one.workspace, one.character) for one in written] == [(both[1], "C02")]
    assert named(both[1]) == {"C01": None, "C02": "Rick"}
    assert write_names(names_of(link(both))) == []


def test_different_names_are_told_and_left(both):
    Editor(both[0]).rename("C01", "Rick")
    Editor(both[1]).rename("C02", "Richard")
    links = link(both)
    assert links[0].names == ["Richard", "Rick"]
    assert names_of(links) == []


def test_who_fell_in_two_is_linked_once_both_have_one_name(both):
    Editor(both[0]).split("C01", [2])  # both are red
    assert link(both) == []  # whichever of them it is
    editor = Editor(both[0])
    red = [c.id for c in editor.cast.characters if {0, 2} & set(c.tracks)]
    for character in red:
        editor.rename(character, "Rick")
    (one,) = link(both)
    assert sorted(one.characters) == sorted([*((both[0], c) for c in red), (both[1], "C02")])


def test_different_encoders_are_refused(both):
    path = both[1] / "cast.json"
    data = json.loads(path.read_text("utf-8"))
    data["settings"]["encoder"] = "dlib-resnet29"
    path.write_text(json.dumps(data), "utf-8")
    with pytest.raises(CastlistError, match=r"different networks.*run one anew"):
        link(both)


def test_a_film_without_faces(both, tmp_path):
    empty = tmp_path / "empty.castlist"
    run(puppets.film_of(tmp_path / "empty.mp4", [Scene(12, {})]), out=empty)
    assert link([empty, empty]) == []
    assert len(link([*both, empty])) == 1


def test_command(both):
    Editor(both[0]).rename("C01", "Rick")
    words = ["link", *map(str, both)]
    told = json.loads(CliRunner().invoke(app, [*words, "--json"]).stdout)["people"]
    assert [(one["names"], one["likeness"] >= one["limit"]) for one in told] == [(["Rick"], True)]
    assert "Nothing is written" in CliRunner().invoke(app, words).stdout
    assert named(both[1])["C02"] is None
    written = CliRunner().invoke(app, [*words, "--write"])
    assert "1 characters have got a name" in written.stdout
    assert named(both[1])["C02"] == "Rick"
    assert "Rick" in (both[1] / "report.html").read_text("utf-8")
