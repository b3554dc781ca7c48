"""The benchmark of clusterings: methods by data sets by seeds, its tables and its command."""

import csv
import json
import logging
import pickle
import re
import shutil

import cv2
import numpy as np
import pytest
from typer.testing import CliRunner

from castlist.benchmark import embedded
from castlist.benchmark.case import Given, Method
from castlist.benchmark.choices import Choices
from castlist.benchmark.clusters import Bench, benchmark
from castlist.benchmark.methods import METHODS, quick
from castlist.benchmark.rows import Rows
from castlist.benchmark.variants import VARIANTS
from castlist.cli import app
from castlist.errors import CastlistError
from castlist.hooks import silent
from castlist.workspace import Workspace

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
KEYS += ["frames", "known_frames", "memory", "labels", "encoder"]


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


def run(folders, work, *, jobs=1, hook=silent, **choices):
    return benchmark(folders, work, Choices(device="cpu", **choices), hook, jobs=jobs)


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


def test_a_folder_without_short_tracks_is_scored_once(show, work, tmp_path):
    folder = tmp_path / "long"
    shutil.copytree(show, folder)
    lines = (folder / "tracks.csv").read_text().splitlines()
    (folder / "tracks.csv").write_text("\n".join(lines[:-1]))  # the last track's only crop
    (row,) = run([folder], work, methods=("all-singletons",))
    assert (row.data, row.score.tracks) == ("long", 2)


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


def test_faces_are_learned_of_other_people_only(show, tmp_path, monkeypatch):
    """Of two sources of one cast, their names written in other ways, only thresholds are taken."""
    again = tmp_path / "again"
    shutil.copytree(show, again)
    table = (again / "tracks.csv").read_text()
    (again / "tracks.csv").write_text(table.replace(",a\n", ",A\n"))
    for given in Given:
        monkeypatch.setitem(METHODS, given.name, Method(given, nobody))
    rows = run([show, again], tmp_path / "work", methods=[given.name for given in Given])
    learning = {given.name for given in Given if given.of_others and given is not Given.OTHERS}
    assert {row.method for row in rows} == {given.name for given in Given} - learning
    seen = []
    monkeypatch.setitem(METHODS, "spy", Method(Given.OTHERS, lambda c: seen.append(c) or nobody(c)))
    run([show, again], tmp_path / "work", methods=("spy",))
    others = {case.tracks.name: [other.name for other, _ in case.others] for case in seen}
    assert others == {
        "show": ["again"],
        "show>=3": ["again"],
        "again": ["show"],
        "again>=3": ["show"],
    }


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


def test_tracks_weigh_as_much_as_their_frames(show, work):
    row, *_ = run([show], work, methods=("one-cluster",))
    assert row.frames.tolist() == [3, 3, 1]
    assert (row.score.wcp, row.frame_score.wcp) == (2 / 3, 4 / 7)
    assert row.known_frames == row.frame_score


def test_a_row_is_made_once(show, work, tmp_path, monkeypatch):
    """A second run calls no method; one that was killed halfway calls those that are left."""
    calls = []

    def counted(case):
        calls.append(case.tracks.name)
        if len(calls) == fails_at:
            raise KeyboardInterrupt
        return np.arange(len(case.tracks))

    monkeypatch.setitem(METHODS, "counted", Method(Given.NOTHING, counted))
    fails_at = 2
    with pytest.raises(KeyboardInterrupt):
        run([show], tmp_path, methods=("counted",))
    assert calls == ["show", "show>=3"]
    first = run([show], tmp_path, methods=("counted",))
    assert calls == ["show", "show>=3", "show>=3"]
    again = run([show], tmp_path, methods=("counted",))
    assert len(calls) == 3
    assert [row.to_dict() for row in again] == [row.to_dict() for row in first]
    assert [row.seconds for row in again] == [row.seconds for row in first]


def test_what_a_row_depends_on_makes_it_anew(show, tmp_path, monkeypatch):
    calls = []

    def counted(case):
        calls.append(case.seed)
        return np.arange(len(case.tracks))

    def count(folder=show, **choices):
        calls.clear()
        run([folder], tmp_path / "work", methods=("counted",), **choices)
        return calls

    def have(**given):
        monkeypatch.setitem(METHODS, "counted", Method(Given.NOTHING, counted, **given))

    have(random=True)
    assert count(seeds=1) == [0, 0]
    assert count(seeds=3) == [1, 2, 1, 2]
    assert count(seeds=1, cannot_link=False) == [0, 0]
    have(random=True, version=2)
    assert count(seeds=1) == [0, 0]
    assert count(seeds=3) == [1, 2, 1, 2]
    moved = tmp_path / "moved"
    shutil.copytree(show, moved)
    assert count(moved, seeds=3) == []
    (row, *_) = run([moved], tmp_path / "work", methods=("counted",), seeds=1)
    assert row.data == "moved"
    table = (moved / "tracks.csv").read_text()
    (moved / "tracks.csv").write_text(table.replace("a.png,2,30,a", "a.png,2,30,c"))
    assert count(moved, seeds=1) == [0]  # but the set without its short track is what it was


def test_a_threshold_is_chosen_anew_where_the_other_sets_have_changed(
    films, show, work, tmp_path, monkeypatch
):
    calls = []

    def counted(case):
        calls.append((case.tracks.name, len(case.others)))
        return np.arange(len(case.tracks))

    monkeypatch.setitem(METHODS, "counted", Method(Given.OTHERS, counted))
    second = tmp_path / "second"
    shutil.copytree(show, second)
    run([films, show], work, methods=("counted",))
    run([films, show], work, methods=("counted",))
    assert calls == [("sample", 1), ("show", 1), ("show>=3", 1)]
    calls.clear()
    run([films, show, second], work, methods=("counted",))
    assert calls[:3] == [("sample", 2), ("show", 2), ("show>=3", 2)]


def test_rows_of_another_collection_of_sets_are_no_part_of_the_last_one(
    films, show, work, tmp_path, monkeypatch
):
    methods = ("others", "drawn")
    monkeypatch.setitem(METHODS, "others", Method(Given.OTHERS, nobody))
    second = tmp_path / "second"
    shutil.copytree(show, second)
    table = (second / "tracks.csv").read_text()
    (second / "tracks.csv").write_text(table.replace(",b\n", ",c\n"))

    def latest(method):
        return {row.data for row in Rows(work).latest() if row.method == method}

    run([films, show, second], work, methods=methods)
    every = {"sample", "show", "show>=3", "second", "second>=3"}
    assert latest("others") == every
    run([films, show], work, methods=methods)
    assert latest("others") == {"sample", "show", "show>=3"}
    assert latest("drawn") == every
    run([show, second, films], work, methods=methods)
    assert latest("others") == every


def test_processes_find_what_one_finds(show, work, tmp_path):
    names = ("frozen", "hac-oracle", "hac-true-k", "all-singletons", "hdbscan")
    one = run([show], work, methods=names)
    seen = []
    copied = tmp_path / "work"
    shutil.copytree(work, copied, ignore=shutil.ignore_patterns("rows"))
    two = run([show], copied, methods=names, jobs=2, hook=lambda *told: seen.append(told))
    assert [(r.method, r.data, r.seed) for r in two] == [(r.method, r.data, r.seed) for r in one]
    for a, b in zip(one, two, strict=True):
        np.testing.assert_array_equal(a.labels, b.labels)
        assert (a.score, a.edition, a.contents) == (b.score, b.edition, b.contents)
    assert seen[-1] == ("clusters", 10, 10)
    assert [done for stage, done, _ in seen if stage == "clusters"] == list(range(11))


def test_rows_that_share_an_adaptation_are_made_in_one_process(show, work):
    names = ("castlist", "castlist-loss", "videoclusternet", "frozen")
    bench = Bench((show,), work, Choices(device="cpu", methods=names, seeds=2))
    groups = [[(j.data, j.method, j.seed) for j in jobs] for jobs in bench.groups(bench.jobs())]
    assert [(0, "castlist", 1), (0, "castlist-loss", 1)] in groups
    assert [(1, "videoclusternet", 0)] in groups
    assert [(1, "frozen", 0)] in groups
    assert len(groups) == 2 * (2 + 2 + 1)


def test_a_quick_benchmark_is_castlist_and_what_draws_no_lots():
    names = quick()
    assert {"castlist", "frozen", "hac-others"} <= set(names)
    assert not {"drawn", "castlist-loss", "videoclusternet"} & set(names)


def test_crops_are_embedded_once(show, work, monkeypatch):
    first = run([show], work, methods=("hac-oracle",))
    loaded = []
    monkeypatch.setattr(embedded, "load", lambda *args, **more: loaded.append(args))
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


def test_other_processes_read_own_tracks_side_by_side(sample_run, films):
    bench = Bench((films,), sample_run.workspace.parent, Choices(device="cpu", own_tracks=True))
    (own,) = bench.data
    with Workspace(sample_run.workspace).locked():  # as if one ran the film
        (again,) = pickle.loads(pickle.dumps(bench)).data
    assert again.contents == own.contents


def test_bad_requests_are_refused(films, show, work, tmp_path):
    with pytest.raises(CastlistError, match=r"no films with truth .* in it, and no tracks\.csv"):
        run([tmp_path], work)
    with pytest.raises(CastlistError, match="two data sets are called 'show'"):
        run([show, show], work, methods=("all-singletons",))
    with pytest.raises(CastlistError, match="no method is called 'best'"):
        run([show], work, methods=("best",))


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


def test_the_command_lists_the_methods():
    done = CliRunner().invoke(app, ["benchmark", "methods", "--json"])
    assert done.exit_code == 0
    listed = {line["name"]: line for line in json.loads(done.stdout)["methods"]}
    assert list(listed) == [*METHODS, *VARIANTS]
    assert [name for name, line in listed.items() if line["variant"]] == list(VARIANTS)
    assert listed["hac-true-k"]["given"] == "true K"
    assert listed["castlist"]["cannot_links"]
    assert listed["castlist"]["random"]
    assert listed["drawn"]["what"] == "Labels by lot."
    told = CliRunner().invoke(app, ["benchmark", "methods"])
    assert all(name in told.stdout for name in METHODS)
    assert "semi-supervised" in listed["mlr"]["what"]


def test_each_method_says_in_a_sentence_what_it_is():
    known = METHODS | VARIANTS
    said = [way.what for name, way in known.items() if name not in ("drawn", "nobody")]
    assert all(re.fullmatch(r"[A-Z].{10,100}\.", what) for what in said)
    assert len(set(said)) == len(said)


def test_a_quick_command_has_one_seed(show, work, monkeypatch):
    monkeypatch.setattr("castlist.benchmark.methods.quick", lambda: ["frozen", "all-singletons"])
    done = command(show, "--quick", "--work", work, "--json")
    rows = json.loads(done.stdout)["rows"]
    assert {row["method"] for row in rows} == {"frozen", "all-singletons"}
    done = command(show, "--methods", "drawn", "--quick", "--work", work, "--json")
    assert [row["seed"] for row in json.loads(done.stdout)["rows"]] == [0, 0]
