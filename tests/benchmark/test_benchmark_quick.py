"""A quick benchmark, end to end: from photographs to composed sets to a row of every method."""

import json
from dataclasses import replace

import pytest
from still_faces import make_still_faces
from typer.testing import CliRunner

from castlist.benchmark import adaptations
from castlist.benchmark import case as cases
from castlist.benchmark.methods import quick
from castlist.cli import app

pytestmark = pytest.mark.slow

PEOPLE, TRACKS = 4, 20
SETS = {"one": 0, "two": 1}
"""Composed sets, and the seed of each."""
KEYS = ["method", "data", "seed", "given", "tracks", "people", "characters", "wcp", "ratio", "b3_f"]
KEYS += ["seconds"]
WHOLE = {
    "castlist": "cannot-links",
    "frozen": "cannot-links",
    "frozen-unlinked": "nothing",
    "hac-others": "threshold chosen on the other sets, cannot-links",
    "hac-oracle": "best threshold (oracle), cannot-links",
    "hac-true-k": "true K, cannot-links",
    "one-cluster": "nothing",
}
"""What some methods are given on a set in which tracks share frames."""


def command(*words):
    done = CliRunner().invoke(app, ["benchmark", *map(str, words)])
    assert done.exit_code == 0, done.output
    return done.stdout


@pytest.fixture(scope="module")
def rows(tmp_path_factory):
    """By data set and method; training is an eighth of what it is, all else is as it is."""
    folder = tmp_path_factory.mktemp("quick")
    make_still_faces(folder / "stills")
    for number, person in enumerate(sorted((folder / "stills").iterdir())):
        own = folder / f"stills of {list(SETS)[number % 2]}"  # nobody is in both sets
        own.mkdir(exist_ok=True)
        person.rename(own / person.name)
    for name, seed in SETS.items():
        size = ("--people", PEOPLE, "--tracks", TRACKS, "--seed", seed)
        command("compose", folder / name, "--from", folder / f"stills of {name}", *size)

    def adapt(tracks, recipe, **given):
        eighth = {"steps": recipe.steps // 2, "batch": recipe.batch // 4}
        short = replace(recipe, **eighth, views=recipe.views // 8)
        return adaptations.adapt(tracks, short, **given)

    line = [*(folder / name for name in SETS), "--quick", "--work", folder / "work", "--json"]
    with pytest.MonkeyPatch.context() as patch:
        patch.setattr(cases, "adapt", adapt)
        told = json.loads(command("clusters", *line))
    assert list(told) == ["rows"]
    return {(row["data"], row["method"]): row for row in told["rows"]}


@pytest.fixture(scope="module")
def by_set(rows):
    """The rows of each data set, by method."""
    sets = dict.fromkeys(data for data, _ in rows)
    return {data: {m: row for (d, m), row in rows.items() if d == data} for data in sets}


def test_every_method_gives_a_row(by_set):
    assert list(by_set) == ["one", "one>=3", "two", "two>=3"]
    for own in by_set.values():
        assert list(own) == quick()


def test_rows_say_what_they_are_of(rows):
    for (data, _), row in rows.items():
        assert set(KEYS) <= row.keys()
        assert row["seed"] == 0
        assert row["seconds"] >= 0
        assert row["ratio"] == pytest.approx(row["characters"] / row["people"])
        assert 0 < row["wcp"] <= 1
        assert 0 < row["b3_f"] <= 1
        if data in SETS:
            assert row["people"] == PEOPLE
            assert 0.9 * TRACKS <= row["tracks"] <= TRACKS  # the detector finds the faces
    given = {method: rows["one", method]["given"] for method in WHOLE}
    assert given == WHOLE


def test_what_must_be_is(by_set):
    for own in by_set.values():
        single, one, oracle = (own[n] for n in ("all-singletons", "one-cluster", "hac-oracle"))
        assert (single["wcp"], single["characters"]) == (1, single["tracks"])
        assert (one["characters"], one["inverse_purity"]) == (1, 1)
        assert own["hac-true-k"]["characters"] == own["hac-true-k"]["people"]
        assert oracle["b3_f"] >= own["hac-others"]["b3_f"]  # the same tree, cut elsewhere
        assert oracle["b3_f"] > max(single["b3_f"], one["b3_f"])


def test_castlist_tells_people_apart(by_set):
    for own in by_set.values():
        ours, one, single = (own[n]["b3_f"] for n in ("castlist", "one-cluster", "all-singletons"))
        assert ours > max(one, single) + 0.1
