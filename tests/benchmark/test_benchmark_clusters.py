"""The benchmark of clusterings: methods by data sets by seeds, its tables and its command."""

import csv
import json
import logging

import cv2
import numpy as np
import pytest
from typer.testing import CliRunner

from castlist.benchmark import clusters
from castlist.benchmark.case import Given, Method
from castlist.benchmark.clusters import Choices, Row, benchmark, tables
from castlist.benchmark.methods import METHODS
from castlist.benchmark.metrics import contingency, score
from castlist.cli import app
from castlist.errors import CastlistError

KEYS = [
    "method",
    "data",
    "seed",
    "given",
    "tracks",
    "people",
    "characters",
    "wcp",
    "inverse_purity",
]
KEYS += ["ratio", "b3_f", "ari", "ami", "nmi_arithmetic", "nmi_geometric", "v", "clicks"]
KEYS += ["pair_f", "character_precision", "character_recall", "unknown", "known", "seconds"]


def drawn(case):
    """Labels by lot."""
    return np.random.default_rng(case.seed).integers(0, 3, len(case.tracks))


def nobody(case):
    """No track is placed."""
    return np.full(len(case.tracks), -1)


@pytest.fixture(autouse=True)
def more_methods(monkeypatch):
    monkeypatch.setitem(METHODS, "drawn", Method(Given.NOTHING, drawn, random=True))
    monkeypatch.setitem(METHODS, "nobody", Method(Given.NOTHING, nobody))


@pytest.fixture(scope="module")
def films(sample_film):
    return sample_film.parent


@pytest.fixture(scope="module")
def show(photograph, tmp_path_factory):
    """A crops folder: two people by name, one face; three tracks, one of them short."""
    folder = tmp_path_factory.mktemp("crops") / "show"
    folder.mkdir()
    picture, (x1, y1, x2, y2) = photograph
    left, top = max(0, round(x1 - 40)), max(0, round(y1 - 40))
    cv2.imwrite(str(folder / "a.png"), picture[top : round(y2 + 40), left : round(x2 + 40), ::-1])
    with (folder / "tracks.csv").open("w", newline="") as file:
        table = csv.writer(file)
        table.writerow(["crop", "track", "frame", "label"])
        for track, frames, label in ((0, (0, 12, 24), "a"), (1, (0, 12, 24), "b"), (2, (30,), "a")):
            table.writerows(["a.png", track, frame, label] for frame in frames)
    return folder


@pytest.fixture(scope="module")
def work(tmp_path_factory):
    """Where crops and embeddings of all the module's benchmarks are kept."""
    return tmp_path_factory.mktemp("work")


def run(folders, work, **choices):
    return benchmark(folders, work, Choices(device="cpu", **choices))


def test_each_method_is_scored_on_each_set_with_its_seeds(films, show, work):
    names = ("frozen", "drawn", "hac-others", "all-singletons")
    rows = run([films, show], work, methods=names, seeds=3)
    sets = ["sample", "show", "show>=3"]
    seeds = {"drawn": [0, 1, 2]}
    assert [(row.data, row.method, row.seed) for row in rows] == [
        (data, name, seed) for data in sets for name in names for seed in seeds.get(name, [0])
    ]
    assert {row.data: (row.film, row.whole, row.score.tracks) for row in rows} == {
        "sample": (True, True, rows[0].score.tracks),
        "show": (False, True, 3),
        "show>=3": (False, False, 2),
    }
    singles = [row for row in rows if row.method == "all-singletons"]
    assert all(row.score.characters == row.score.tracks for row in singles)


def test_the_people_of_the_sample_film_are_found(films, work):
    frozen, oracle = run([films], work, methods=("frozen", "hac-oracle"))
    assert frozen.score.b3_f > 0.9
    assert oracle.score.b3_f == 1
    assert frozen.given == "cannot-links"


def test_cannot_links_can_be_hidden(films, show, work):
    rows = run([films, show], work, methods=("frozen", "hac-oracle"), cannot_link=False)
    assert {row.given for row in rows} == {"nothing", "best threshold (oracle)"}
    linked, *_ = run([show], work, methods=("frozen",))
    hidden = next(row for row in rows if row.data == "show" and row.method == "frozen")
    assert linked.score.characters == 2  # one face, and two of its tracks share frames
    assert hidden.score.characters == 1


def test_thresholds_are_chosen_on_other_sources_only(films, show, work, monkeypatch):
    seen = {}

    def spy(case):
        seen[case.tracks.name] = [other.name for other, _ in case.others]
        return np.arange(len(case.tracks))

    monkeypatch.setitem(METHODS, "spy", Method(Given.OTHERS, spy))
    run([films, show], work, methods=("spy",))
    assert seen == {"sample": ["show"], "show": ["sample"], "show>=3": ["sample"]}


def test_without_others_a_method_that_needs_them_is_passed_over(films, work, caplog):
    with caplog.at_level(logging.WARNING):
        rows = run([films], work, methods=("hac-others", "all-singletons"))
    assert [row.method for row in rows] == ["all-singletons"]
    assert "hac-others: passed over on sample" in caplog.text


def test_unknown_tracks_are_scored_both_ways(show, work):
    row, *_ = run([show], work, methods=("nobody",))
    assert (row.unknown, row.known) == (1, None)
    assert (row.score.characters, row.score.ratio) == (0, 0)  # unknown is no character
    assert row.score.wcp == 1  # but each track is by itself
    assert row.to_dict()["known"] is None
    row, *_ = run([show], work, methods=("all-singletons",))
    assert (row.unknown, row.known) == (0, row.score)


def test_crops_are_embedded_once(show, work, monkeypatch):
    first = run([show], work, methods=("hac-oracle",))
    loaded = []
    monkeypatch.setattr(clusters, "load", lambda *args, **more: loaded.append(args))
    again = run([show], work, methods=("hac-oracle",))
    assert loaded == []
    assert [row.score for row in again] == [row.score for row in first]


def test_damaged_embeddings_are_made_anew(show, tmp_path):
    first = run([show], tmp_path, methods=("hac-oracle",))
    (kept,) = (tmp_path / "embeddings").iterdir()
    kept.write_bytes(b"damaged")
    assert [row.score for row in run([show], tmp_path, methods=("hac-oracle",))] == [
        row.score for row in first
    ]
    assert np.load(kept).shape == (7, 128)


def test_own_tracks_are_those_of_a_run(sample_run, films):
    work = sample_run.workspace.parent  # where that run's workspace is found again
    (row,) = run([films], work, methods=("frozen",), own_tracks=True)
    assert row.score.people == len({track["identity"] for track in sample_run.truth["tracks"]})
    assert row.score.b3_f > 0.9


def test_bad_requests_are_refused(films, show, work, tmp_path):
    with pytest.raises(CastlistError, match=r"no films with truth .* in it, and no tracks\.csv"):
        run([tmp_path], work)
    with pytest.raises(CastlistError, match="two data sets are called 'show'"):
        run([show, show], work, methods=("all-singletons",))
    with pytest.raises(CastlistError, match="no method is called 'best'"):
        run([show], work, methods=("best",))


def row(method, data, labels, *, seed=0, film=True, whole=True, given="nothing", seconds=1.0):
    found = score(contingency(list("aabb"), labels))
    return Row(
        method=method,
        data=data,
        film=film,
        whole=whole,
        seed=seed,
        given=given,
        unknown=0.0,
        score=found,
        known=found,
        seconds=seconds,
    )


def test_tables_show_means_and_spread():
    perfect, one, single = [0, 0, 1, 1], [0, 0, 0, 0], [0, 1, 2, 3]
    found = tables(
        [
            row("fixed", "x", perfect, given="cannot-links"),
            row("random", "x", perfect, seed=0),
            row("random", "x", one, seed=1),
            row("fixed", "y", one),
            row("random", "y", single, seed=0),
            row("random", "y", single, seed=1),
            row("fixed", "z", single, film=False),
            row("fixed", "z>=3", one, film=False, whole=False),
        ]
    )
    assert list(found) == [
        "x: 4 tracks of 2 people",
        "y: 4 tracks of 2 people",
        "z: 4 tracks of 2 people",
        "z>=3: 4 tracks of 2 people",
        "Mean over 2 films",
        "Mean over 3 data sets",
    ]
    fixed, random = found["x: 4 tracks of 2 people"]
    assert fixed["B3 F"] == "1.000"
    assert (random["found"], random["ratio"]) == ("1.5\n± 0.5", "0.75\n± 0.25")
    assert random["WCP"] == "0.750\n± 0.250"
    fixed, random = found["Mean over 2 films"]
    assert (fixed["given"], fixed["WCP"]) == ("cannot-links / nothing", "0.750")
    assert (fixed["ratio"], fixed["|ln r|"]) == ("0.75", "0.35")  # of 1 and 1/2; 0 and ln 2
    assert random["ratio"] == "1.38\n± 0.12"  # 1.5 of 1 and 2; 1.25 of 1/2 and 2
    assert random["WCP"] == "0.875\n± 0.125"
    fixed, _ = found["Mean over 3 data sets"]
    assert fixed["WCP"] == f"{(1 + 0.5 + 1) / 3:.3f}"


def test_means_are_told_once():
    one = row("fixed", "x", [0, 0, 1, 1])
    other = row("fixed", "y", [0, 0, 0, 0])
    assert list(tables([one])) == ["x: 4 tracks of 2 people"]
    assert list(tables([one, other]))[2:] == ["Mean over 2 films"]


def command(*words):
    return CliRunner().invoke(app, ["benchmark", "clusters", *map(str, words)])


def test_the_command_prints_one_json_object(show, work):
    done = command(
        show, "--methods", "all-singletons,drawn", "--seeds", 2, "--work", work, "--json"
    )
    assert done.exit_code == 0
    rows = json.loads(done.stdout)["rows"]
    assert [(r["method"], r["data"], r["seed"]) for r in rows] == [
        (name, data, seed)
        for data in ("show", "show>=3")
        for name, seed in (("all-singletons", 0), ("drawn", 0), ("drawn", 1))
    ]
    assert set(KEYS) <= rows[0].keys()
    assert rows[0]["b3_f"] == pytest.approx(2 * (2 / 3) / (1 + 2 / 3))
    assert (rows[0]["tracks"], rows[0]["people"], rows[0]["characters"]) == (3, 2, 3)


def test_the_command_prints_tables(show, work):
    done = command(show, "--methods", "frozen,drawn", "--seeds", 2, "--work", work)
    assert done.exit_code == 0
    for words in ("show: 3 tracks of 2 people", "show>=3", "cannot-links", "B3 F", "±"):
        assert words in done.stdout
    hidden = command(show, "--methods", "frozen", "--no-cannot-link", "--work", work)
    assert "cannot-links" not in hidden.stdout
