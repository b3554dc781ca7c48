"""Published features, found in a folder and clustered."""

import json
import pickle

import numpy as np
import pytest
from rich.console import Console
from scipy.io import savemat
from typer.testing import CliRunner

from castlist.benchmark.choices import Choices
from castlist.benchmark.clusters import benchmark
from castlist.benchmark.datasets import feature_files
from castlist.benchmark.methods import METHODS
from castlist.benchmark.report import write_report
from castlist.benchmark.rows import Rows
from castlist.cli import app
from castlist.errors import CastlistError

WIDTH = 8
NEEDS_PICTURES = {"castlist", "castlist-loss", "videoclusternet"}


def features(people, seed=0, crops=3):
    """Features of a track for each name, (crops, WIDTH) each: a direction a person, any length."""
    rng = np.random.default_rng(seed)
    way = {who: 3 * np.eye(WIDTH)[n] for n, who in enumerate(sorted(set(people)))}
    return [way[who] + rng.normal(0, 0.1, (crops, WIDTH)) for who in people]


def bcl_release(folder, **episodes):
    """A release of BCL's form."""
    (folder / "ids").mkdir(parents=True)
    for seed, (name, people) in enumerate(episodes.items()):
        lines = [f"{number} {who}" for number, who in enumerate(people, start=10)]
        (folder / "ids" / f"{name}.ids").write_text("\n".join(["CVHCI_TRACKLABELS_V1", *lines]))
        own = folder / "features" / name
        own.mkdir(parents=True)
        for number, rows in enumerate(features(people, seed), start=10):
            np.save(own / f"{number}.npy", rows)
    return folder


def ssiam_files(folder, name, people):
    tracks = np.zeros(len(people), [("labelid", object), ("numframes", object)])
    tracks["labelid"], tracks["numframes"] = [ord(who) for who in people], 3
    values = np.stack([rows.T for rows in features(people)], axis=2)
    savemat(folder / f"{name}.features.mat", {"features_vgg": values})
    savemat(folder / f"{name}.tracks.mat", {"Tracks": tracks})


def vpcd_pickle(path, people):
    """A pickle of VPCD's form, whose first two tracks share a frame."""
    tracks = [
        {
            "label": who,
            "features": rows,
            "frames": [max(0, n - 1), 100 + n],
            "boxes": np.ones((2, 4)),
        }
        for n, (who, rows) in enumerate(zip(people, features(people), strict=True))
    ]
    path.write_bytes(pickle.dumps(tracks))


@pytest.fixture(scope="module")
def release(tmp_path_factory):
    folder = tmp_path_factory.mktemp("bcl")
    return bcl_release(folder / "release", one="aabbcca", two="ddeeff")


def told(path):
    return [(one.encoder, one.read(file).name) for one, file in feature_files.find(path)]


def test_features_are_told_by_where_they_lie(tmp_path, release):
    assert told(release) == [("published-bcl", "one"), ("published-bcl", "two")]
    assert told(release / "ids" / "two.ids") == [("published-bcl", "two")]
    assert told(release / "features" / "one") == told(tmp_path) == []
    ssiam_files(tmp_path, "bbt.s01e01", "aab")
    vpcd_pickle(tmp_path / "film.pk", "aab")
    found = [("published-ssiam", "bbt.s01e01"), ("published-vpcd", "film")]
    assert told(tmp_path) == found
    assert told(tmp_path / "film.pk") == found[1:]
    assert told(tmp_path / "bbt.s01e01.features.mat") == found[:1]
    assert told(tmp_path / "bbt.s01e01.tracks.mat") == []


@pytest.fixture(scope="module")
def quick_rows(release, tmp_path_factory):
    """Rows of what isn't random or needs pictures, on BCL's form, and the work folder."""
    work = tmp_path_factory.mktemp("work")
    names = [name for name, way in METHODS.items() if not way.random or way.needs]
    return benchmark([release], work, Choices(methods=names, seeds=1, device="cpu")), work


def test_every_method_that_needs_no_pictures_is_run(quick_rows):
    rows, _ = quick_rows
    wanted = [name for name, way in METHODS.items() if not way.random and not way.needs]
    assert [(row.data, row.method) for row in rows] == [
        (data, name) for data in ("one", "two") for name in wanted
    ]
    assert {n for n, way in METHODS.items() if way.needs == "needs pictures"} == NEEDS_PICTURES
    by = {(row.data, row.method): row for row in rows}
    for data, people in (("one", 3), ("two", 3)):
        assert by[data, "hac-true-k"].score.b3_f == by[data, "hac-others"].score.b3_f == 1
        assert by[data, "hac-oracle"].score.characters == people
        assert by[data, "all-singletons"].score.wcp == 1
    assert {row.encoder for row in rows} == {"published-bcl"}
    assert not any(row.pictures for row in rows)
    assert by["one", "hac-true-k"].given == "true K"  # nobody tells of frames


@pytest.mark.parametrize("name", ["ssiam", "mlr", "hmrf"])
def test_random_methods_are_run_as_well(release, tmp_path, name):
    rows = benchmark([release], tmp_path, Choices(methods=(name,), seeds=1, device="cpu"))
    assert [row.method for row in rows] == [name, name]


def test_sets_of_another_encoder_are_no_others(release, tmp_path):
    """Thresholds hold for the features of one network."""
    vpcd_pickle(tmp_path / "film.pk", "aabb")
    choices = Choices(methods=("hac-others", "hac-true-k"), device="cpu")
    rows = benchmark([release, tmp_path / "film.pk"], tmp_path / "work", choices)
    found = [(row.data, row.method, row.encoder) for row in rows if row.data == "film"]
    assert found == [("film", "hac-true-k", "published-vpcd")]
    assert rows[-1].given == "true K, cannot-links"


def command(*words):
    return CliRunner().invoke(app, ["benchmark", "clusters", *map(str, words)])


def test_the_command_says_what_was_left_out_and_why(release, tmp_path, monkeypatch):
    wide = Console(width=120, height=50, markup=False, emoji=False, highlight=False)
    monkeypatch.setattr("castlist.cli_benchmark.console", wide)
    vpcd_pickle(tmp_path / "film.pk", "aabb")
    line = [release, tmp_path, "--work", tmp_path / "work"]
    names = "castlist,frozen,hac-others,all-singletons"
    done = command(*line, "--methods", names)
    assert done.exit_code == 0
    first, _, third = done.stdout.split("tracks of")[1:]
    lines = [" ".join(line.split()) for line in first.splitlines()]
    assert "castlist needs pictures – – – – – –" in lines
    assert "frozen needs an encoder of castlist's – – – – – –" in lines
    assert "needs other sets" in third
    assert "needs other sets" not in first
    assert "Mean over 2 films, published-bcl" in third
    rows = json.loads(command(*line, "--methods", names, "--json").stdout)["rows"]
    assert {(row["data"], row["method"]) for row in rows} == {
        *((data, name) for data in ("one", "two") for name in ("hac-others", "all-singletons")),
        ("film", "all-singletons"),
    }


def test_the_report_shows_them_apart(quick_rows, tmp_path):
    _, work = quick_rows
    page = write_report(work, tmp_path / "report").read_text("utf-8")
    assert 'id="published"' in page
    text = (tmp_path / "report" / "tables" / "published-bcl-data-sets.csv").read_text("utf-8")
    lines = [line.split(",") for line in text.splitlines()]
    assert lines[0] == ["part", "method", "given", "one", "two"]
    assert ["Left out", "castlist", "needs pictures", "–", "–"] in lines
    assert any(
        line[1:] == ["all-singletons", "nothing", "100.0 & 2.33", "100.0 & 2.00"] for line in lines
    )


def test_rows_remember_that_there_were_no_pictures(quick_rows):
    rows, work = quick_rows
    kept = Rows(work).latest()
    assert len(kept) == len(rows)
    assert not any(row.pictures for row in kept)


def test_a_folder_without_its_features_is_told_of(release, tmp_path):
    (tmp_path / "ids").mkdir()
    (tmp_path / "ids" / "three.ids").write_text("CVHCI_TRACKLABELS_V1\n1 a\n")
    with pytest.raises(CastlistError, match="features/three: not a folder of features"):
        benchmark([tmp_path], tmp_path / "work")
    with pytest.raises(CastlistError, match="no films with truth"):
        benchmark([release / "features"], tmp_path / "work")
