"""The report's files: figures, the page, and what happens when something is missing."""

import csv
import sys
from html.parser import HTMLParser
from xml.etree import ElementTree

import cv2
import numpy as np
import pytest
from made_sets import row
from typer.testing import CliRunner

from castlist.benchmark import adaptations
from castlist.benchmark.report import figures, write_report
from castlist.benchmark.report.figures import cluster_colours, file_name, maps, person_colours
from castlist.benchmark.rows import Rows
from castlist.cli import app
from castlist.errors import CastlistError, MissingExtraError

PEOPLE = "aaabbbc"
NASTY = "<script>alert(1)</script> $x_1^2$ & \\frac"


def embeddings(scatter, seed=0):
    """Of three crops of each of the people's tracks, (21, 8)."""
    rng = np.random.default_rng(seed)
    rows = np.eye(8)[[ord(who) - ord("a") for who in PEOPLE]].repeat(3, axis=0)
    rows = rows + rng.normal(0, scatter, rows.shape)
    return (rows / np.linalg.norm(rows, axis=1, keepdims=True)).astype(np.float32)


@pytest.fixture(scope="module")
def work(tmp_path_factory):
    """Rows of two films, one with a nasty name, and the embeddings adapted to them."""
    folder = tmp_path_factory.mktemp("work")
    (folder / adaptations.FOLDER).mkdir()
    before, after = embeddings(0.3), embeddings(0.1)
    np.savez(
        folder / adaptations.FOLDER / "one.npz",
        embeddings=after,
        frozen=before,
        outputs=after,
        centre=after[0],
        cost=np.array([35.0, np.nan]),
    )
    rows = Rows(folder)
    for data in ("film", NASTY):
        found = {
            "castlist": [0, 0, 0, 1, 1, 1, 2],
            "frozen": [0, 0, -1, 1, 1, 1, 1],
            "hac-true-k": [0, 0, 0, 1, 1, 2, 2],
            "all-singletons": range(7),
            "castlist-20-steps": [0, 0, 0, 1, 1, 1, 1],
        }
        for name, labels in found.items():
            kept = "one.npz" if name == "castlist" else None
            given = "true K" if name == "hac-true-k" else "cannot-links"
            own = row(name, data, labels, PEOPLE, adapted=kept, given=given)
            rows.save(f"{name}-{len(data)}", own)
    return folder


@pytest.fixture(scope="module")
def out(work, tmp_path_factory):
    folder = tmp_path_factory.mktemp("out") / "report"
    write_report(work, folder)
    return folder


class Page(HTMLParser):
    """All tags of a page with their attributes, and the text of scripts."""

    def __init__(self, text):
        super().__init__()
        self.tags = []
        self.feed(text)

    def handle_starttag(self, tag, attributes):
        self.tags.append((tag, dict(attributes)))

    def all(self, tag):
        return [attributes for name, attributes in self.tags if name == tag]


def test_all_files_are_there(out):
    names = {path.relative_to(out).as_posix() for path in out.rglob("*") if path.is_file()}
    assert {
        "report.html",
        "results.md",
        "rows.csv",
        "figures/bars.svg",
        "figures/curve.png",
    } <= names
    assert {"figures/ratio.png", "figures/map-02-film.svg", "tables/mean-films.tex"} <= names
    assert {"tables/mean-films.csv", "tables/literature-bbt.csv", "tables/cost.tex"} <= names
    tables = {name for name in names if name.startswith("tables/")}
    assert {name[:-4] for name in tables if name.endswith("csv")} == {
        name[:-4] for name in tables if name.endswith("tex")
    }
    assert not [name for name in names if name.endswith(".tmp")]


def test_pictures_can_be_opened(out):
    for path in (out / "figures").glob("*.png"):
        picture = cv2.imread(str(path))
        assert min(picture.shape[:2]) > 300
        assert picture.std() > 3
    for path in (out / "figures").glob("*.svg"):
        assert ElementTree.parse(path).getroot().tag.endswith("svg")


def test_the_page_is_whole_and_loads_nothing(out):
    page = Page((out / "report.html").read_text("utf-8"))
    linked = {a["href"].removeprefix("#") for a in page.all("a")}
    assert linked == {section["id"] for section in page.all("section")}
    sources = [a["src"] for a in page.all("img")] + [a["srcset"] for a in page.all("source")]
    assert sources
    assert all(source.startswith("data:image/svg+xml;base64,") for source in sources)
    assert [a for a in page.all("script") if a] == []
    assert page.all("link") == []
    assert "{{" not in (out / "report.html").read_text("utf-8")


def test_a_data_set_s_name_is_text_everywhere(out):
    text = (out / "report.html").read_text("utf-8")
    assert "<script>alert" not in text
    assert "&lt;script&gt;alert(1)&lt;/script&gt; $x_1^2$ &amp; \\frac" in text
    assert len(Page(text).all("script")) == 1
    assert "<script>" not in (out / "results.md").read_text("utf-8")
    table = (out / "tables" / "data-sets.tex").read_text("utf-8")
    assert r"\textless{}script\textgreater{}" in table
    assert "\\frac" not in table
    with (out / "rows.csv").open(newline="") as file:
        rows = list(csv.DictReader(file))
    assert {line["data"] for line in rows} == {"film", NASTY}
    assert float(rows[0]["frames_b3_f"]) <= 1
    assert file_name(3, NASTY) == "map-03-script-alert-1-script-x-1-2-frac"
    assert file_name(3, "../../etc/x") == "map-03-etc-x"


def test_the_same_rows_make_the_same_files(work, out, tmp_path):
    write_report(work, tmp_path)
    for path in (path for path in out.rglob("*") if path.is_file()):
        assert (tmp_path / path.relative_to(out)).read_bytes() == path.read_bytes(), path.name


@pytest.mark.parametrize("lost", ["all of it", "cost", "centre"])
def test_without_adapted_embeddings_there_is_no_map(lost, work, tmp_path, caplog):
    rows = Rows(tmp_path / "work")
    rows.save("a", row("castlist", "film", [0, 0, 0, 1, 1, 1, 2], PEOPLE, adapted="lost.npz"))
    if lost != "all of it":
        with np.load(work / adaptations.FOLDER / "one.npz") as kept:
            arrays = {name: kept[name] for name in kept if name != lost}
        (tmp_path / "work" / adaptations.FOLDER).mkdir()
        np.savez(tmp_path / "work" / adaptations.FOLDER / "lost.npz", **arrays)
    page = write_report(tmp_path / "work", tmp_path / "out").read_text("utf-8")
    assert 'id="maps"' not in page
    assert "film: no map" in caplog.text


def test_one_data_set_has_no_means_but_a_report(tmp_path):
    Rows(tmp_path).save("a", row("frozen", "film", [0, 0, 1, 1]))
    page = write_report(tmp_path, tmp_path / "out").read_text("utf-8")
    assert "B-cubed F, mean of film" in page
    assert not (tmp_path / "out" / "tables" / "mean-films.csv").exists()


def test_a_folder_without_rows_is_named(tmp_path):
    done = CliRunner().invoke(app, ["benchmark", "report", "--work", str(tmp_path / "nothing")])
    assert isinstance(done.exception, CastlistError)
    assert "nothing: no rows of a benchmark in it" in str(done.exception)


def test_the_command_writes_the_report(work, tmp_path):
    out = tmp_path / "out"
    words = ["benchmark", "report", "--work", str(work), "--out", str(out)]
    done = CliRunner().invoke(app, words)
    assert done.exit_code == 0
    assert "report.html" in done.stdout
    assert (out / "report.html").is_file()


def test_a_missing_matplotlib_is_told_before_anything_is_written(work, tmp_path, monkeypatch):
    monkeypatch.setitem(sys.modules, "matplotlib", None)
    with pytest.raises(MissingExtraError, match=r"castlist\[figures\]"):
        write_report(work, tmp_path / "out")
    assert not (tmp_path / "out").exists()


def test_people_are_numbered_by_their_tracks():
    assert person_colours(np.array(list("babbc"))).tolist() == [0, 1, 0, 0, 2]


def test_clusters_have_the_colours_of_their_people():
    identity = np.array(list("aaabbc"))
    people = person_colours(identity)
    same = cluster_colours(identity, np.array([7, 7, 7, 3, 3, 5]), people)
    assert same.tolist() == people.tolist()
    split = cluster_colours(identity, np.array([7, 7, 2, 3, 3, -1]), people)
    assert split.tolist() == [0, 0, 3, 1, 1, -1]  # the piece left over has a colour of its own
    mixed = cluster_colours(identity, np.array([0, 0, 0, 0, 0, 0]), people)
    assert mixed.tolist() == [0] * 6
    nobody = cluster_colours(identity, np.full(6, -1), people)
    assert nobody.tolist() == [-1] * 6


def test_few_tracks_make_no_map():
    few = row("castlist", "film", [0, 0, 1, 1])
    assert maps("map", few, None, np.zeros((12, 8)), np.zeros((12, 8))) is None


def test_labels_of_marks_never_overlap():
    places = [1.0, 0.99, 0.99, 0.5, 0.01, 0.0]
    moved = figures._apart(places, 0.0, 1.0)
    assert (np.diff(moved) <= -1 / 26 + 1e-9).all()
    assert moved[-1] >= 0
    assert max(moved) <= 1
    assert figures._apart([], 0, 1) == []
