"""The command line: exit codes, one sentence for what goes wrong, and one JSON object on stdout."""

from __future__ import annotations

import json
import os
import shutil
import subprocess
import sys
from collections.abc import Callable
from pathlib import Path
from typing import NamedTuple

import pytest

import castlist
import puppets
from castlist import cli, models, pipeline
from castlist.cast.types import Cast
from castlist.settings import Settings
from castlist.workspace import Workspace
from puppets import Scene


class Said(NamedTuple):
    """What a command left."""

    code: int
    out: str
    err: str


Castlist = Callable[..., Said]


@pytest.fixture
def command(monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]) -> Castlist:
    """The command `castlist`, in this process, taking squares for faces."""
    puppets.play(monkeypatch)

    def call(*words: object) -> Said:
        monkeypatch.setattr(sys, "argv", ["castlist", *map(str, words)])
        with pytest.raises(SystemExit) as ended:
            cli.main()
        code = ended.value.code or 0
        assert isinstance(code, int)
        return Said(code, *capsys.readouterr())

    return call


@pytest.fixture(scope="module")
def film(tmp_path_factory: pytest.TempPathFactory) -> Path:
    return puppets.film_of(tmp_path_factory.mktemp("film") / "puppets.mp4")


def test_run_prints_the_cast_and_where_it_lies(command, film, tmp_path):
    said = command("run", film, "--out", tmp_path / "w")
    assert said.code == 0
    assert said.err == ""  # no bars where nobody watches
    assert "C01" in said.out
    assert "3 characters in 4 tracks, 0 of them unknown" in said.out
    assert str(tmp_path / "w" / "cast.json") in said.out
    assert (tmp_path / "w" / "report.html").is_file()


def test_json_is_one_object_the_cast_list(command, film, tmp_path):
    said = command("run", film, "--out", tmp_path / "w", "--json")
    assert (said.code, said.err) == (0, "")
    assert json.loads(said.out) == json.loads((tmp_path / "w" / "cast.json").read_text("utf-8"))


def test_json_of_a_run_that_ends_before_the_cast(command, film, tmp_path):
    said = command("run", film, "--out", tmp_path / "w", "--until", "tracks", "--json")
    assert json.loads(said.out) == {"workspace": str(tmp_path / "w"), "until": "tracks"}
    said = command("run", film, "--out", tmp_path / "w", "--until", "tracks")
    assert f"{tmp_path / 'w'}: finished up to tracks" in said.out.replace("\n", "")


def test_options_reach_the_run(command, film, tmp_path, monkeypatch):
    given = {}
    monkeypatch.setattr(pipeline, "run", lambda film, **more: given.update(film=film, **more))
    words = [
        "--shots",
        "transnetv2",
        "--encoder",
        "mobilefacenet",
        "--device",
        "cpu",
        "--seed",
        "5",
    ]
    command("run", film, *words, "--no-cannot-link", "--force", "tracks", "--until", "clusters")
    assert given.pop("hook")
    assert given == {
        "film": film,
        "out": film.with_suffix(".castlist"),
        "settings": Settings(
            shots="transnetv2", encoder="mobilefacenet", cannot_link=False, device="cpu", seed=5
        ),
        "force": "tracks",
        "until": "clusters",
    }


def test_film_whose_name_is_no_text(command, film, tmp_path):
    path = tmp_path / os.fsdecode(b"caf\xe9.mp4")
    try:
        shutil.copy(film, path)
    except OSError:
        pytest.skip("names are text on this disk")
    said = command("run", path)
    assert (said.code, said.err) == (0, "")
    assert r"caf\udce9.castlist/report.html" in said.out
    folder = path.with_suffix(".castlist")
    assert Cast.load(folder / "cast.json").film["path"] == str(path)
    assert command("export", folder, "json").code == 0
    command("run", path)  # all is read back


def test_film_without_a_face(command, tmp_path):
    film = puppets.film_of(tmp_path / "empty.mp4", [Scene(12, {})])
    said = command("run", film)
    assert said.code == 0
    assert "0 characters in 0 tracks" in said.out
    assert json.loads(command("run", film, "--json").out)["characters"] == []


def assert_one_sentence(said: Said, *words: str) -> None:
    assert said.code == 2
    assert said.out == ""
    assert said.err.startswith("castlist: ")
    assert said.err.count("\n") == 1
    assert "Traceback" not in said.err
    for word in words:
        assert word in said.err


def test_missing_film(command, tmp_path):
    said = command("run", tmp_path / "missing [1].mp4")
    assert_one_sentence(said, str(tmp_path / "missing [1].mp4"), "no such file")
    assert list(tmp_path.iterdir()) == []


@pytest.mark.parametrize("text", ["", "Not a film.\n", "x" * 5000])
def test_text_file(command, tmp_path, text):
    (tmp_path / "notes.txt").write_text(text)
    assert_one_sentence(command("run", tmp_path / "notes.txt"), str(tmp_path / "notes.txt"))


@pytest.mark.parametrize("option", ["--until", "--force"])
def test_unknown_stage(command, film, option):
    assert_one_sentence(
        command("run", film, option, "lunch"), "lunch", "scan, tracks, adapt, clusters"
    )


@pytest.mark.parametrize(
    ("option", "value", "reason"),
    [
        ("--encoder", "nobody", "sface, dlib-resnet29"),
        ("--device", "toaster", "cpu"),
        ("--seed", "-1", "from 0"),
        ("--shots", "guess", "adaptive"),
    ],
)
def test_unknown_choice(command, film, tmp_path, option, value, reason):
    said = command("run", film, "--out", tmp_path / "w", option, value)
    assert_one_sentence(said, value, reason)


def test_busy_workspace(command, film, tmp_path):
    with Workspace(tmp_path / "w").locked():
        said = command("run", film, "--out", tmp_path / "w")
    assert_one_sentence(said, str(tmp_path / "w"), "another castlist is at work")


def test_file_where_the_workspace_should_be(command, film, tmp_path):
    (tmp_path / "w").write_text("a file")
    assert_one_sentence(command("run", film, "--out", tmp_path / "w"), "--out")


def test_stopping_it_is_no_error_to_report(command, film, monkeypatch):
    def stop(*_: object, **__: object) -> None:
        raise KeyboardInterrupt

    monkeypatch.setattr(pipeline, "run", stop)
    said = command("run", film)
    assert said.code == 130
    assert said.out == ""
    assert "Traceback" not in said.err
    assert "the same command goes on from here" in said.err


@pytest.mark.parametrize(
    ("words", "stopped", "goes_on"),
    [
        (["models", "fetch", "centerface"], "castlist.models.fetch", False),
        (["report", "w"], "castlist.report.write_report", False),
        (["-v", "benchmark", "tracks", "."], "castlist.benchmark.tracks.benchmark", True),
    ],
)
def test_only_what_goes_on_is_said_to(command, monkeypatch, words, stopped, goes_on):
    def stop(*_: object, **__: object) -> None:
        raise KeyboardInterrupt

    monkeypatch.setattr(stopped, stop)
    said = command(*words)
    assert said.code == 130
    assert "castlist: stopped" in said.err
    assert ("the same command goes on" in said.err) == goes_on


@pytest.mark.parametrize(
    ("error", "told"),
    [
        (OSError(28, "No space left on device", "w/cast.json"), "w/cast.json: No space left on "),
        (OSError(28, "No space left on device"), "castlist: No space left on device\n"),
        (OSError("no number"), "castlist: no number\n"),
    ],
)
def test_what_the_disk_refuses(command, film, monkeypatch, error, told):
    def fail(*_: object, **__: object) -> None:
        raise error

    monkeypatch.setattr(pipeline, "run", fail)
    assert_one_sentence(command("run", film), told)


def test_full_disk_leaves_the_old_file(command, film, tmp_path):
    command("run", film, "--out", tmp_path / "w")
    before = {path: path.read_bytes() for path in (tmp_path / "w").rglob("*") if path.is_file()}
    resource = pytest.importorskip("resource")
    soft, hard = resource.getrlimit(resource.RLIMIT_FSIZE)
    resource.setrlimit(resource.RLIMIT_FSIZE, (4096, hard))
    try:
        said = command("report", tmp_path / "w")
    finally:
        resource.setrlimit(resource.RLIMIT_FSIZE, (soft, hard))
    assert_one_sentence(said, f"castlist: {tmp_path / 'w' / 'report.html'}: File too large\n")
    after = {path: path.read_bytes() for path in (tmp_path / "w").rglob("*") if path.is_file()}
    assert after == before


@pytest.mark.parametrize("name", ["Movie [x265]", "a[", "[red]", "[/b]", ":cat:", "100 %"])
def test_names_and_paths_are_printed_as_they_are(command, film, tmp_path, name):
    workspace = tmp_path / "a[" / f"{name}.castlist"
    assert str(workspace / "report.html") in command("run", film, "--out", workspace).out
    assert str(workspace / "report.html") in command("report", workspace).out
    command("edit", "rename", workspace, "C01", name)
    assert name in command("run", film, "--out", workspace).out
    assert name in command("edit", "log", workspace).out


def test_unknown_option_is_told_by_the_command_line_itself(command, film):
    said = command("run", film, "--lunch")
    assert said.code == 2
    assert "--lunch" in said.err


def test_models_are_listed_with_licences(command):
    said = command("models", "--json")
    listed = {model["name"]: model for model in json.loads(said.out)["models"]}
    assert list(listed) == list(models.manifest())
    default = listed[models.DEFAULT_ENCODER]
    assert default["present"] is True
    assert Path(default["path"]).is_file()
    assert default["licence"]
    table = command("models").out
    assert "centerface" in table
    assert "licence" in table


def test_fetching_an_unknown_model(command):
    assert_one_sentence(command("models", "fetch", "nobody"), "nobody", "sface, dlib-resnet29")


def test_fetching_what_is_here_names_its_place_and_licence(command):
    said = command("models", "fetch", "centerface")
    assert said.code == 0
    assert str(models.locate("centerface")) in said.out
    assert "MIT" in said.out


def test_report_is_written_anew(command, film, tmp_path):
    command("run", film, "--out", tmp_path / "w")
    report = tmp_path / "w" / "report.html"
    report.unlink()
    said = command("report", tmp_path / "w")
    assert (said.code, said.out.strip()) == (0, str(report))
    assert report.is_file()


def test_report_of_no_workspace(command, tmp_path):
    assert_one_sentence(command("report", tmp_path), "castlist run FILM")


def test_tracks_are_scored(command, film, tmp_path):
    truth = {
        "video": film.name,
        "tracks": [
            {"identity": "red", "boxes": [[i, 20, 60, 68, 108] for i in range(24)]},
            {"identity": "nobody", "boxes": [[30, 0, 0, 40, 40]]},
        ],
    }
    truth_file = film.with_suffix(".truth.json")
    truth_file.write_text(json.dumps(truth))
    said = command("benchmark", "tracks", film.parent, "--work", tmp_path / "work", "--json")
    truth_file.unlink()
    data = json.loads(said.out)
    assert data["rows"] == [
        {
            "film": "puppets",
            "labelled": 2,
            "recall": 0.96,
            "tracks": 4,
            "two people": 0,
            "median pieces": 0.5,
            "mean pieces": 0.5,
            "missed": 1,
        }
    ]
    assert data["all"] == {**data["rows"][0], "film": "all"}
    assert (tmp_path / "work" / "puppets.castlist" / "tracks.parquet").is_file()


def test_scoring_a_folder_without_truth(command, tmp_path):
    assert_one_sentence(command("benchmark", "tracks", tmp_path), "NAME.truth.json")


def test_version(command):
    assert command("--version") == (0, f"{castlist.__version__}\n", "")


@pytest.mark.parametrize(
    "words",
    [[], ["run"], ["models"], ["report"], ["edit"], ["benchmark"], ["benchmark", "tracks"]],
)
def test_help_tells_what_it_is_for(command, words):
    said = command(*words, "--help")
    assert said.code == 0
    assert "Usage" in said.out
    assert "Example: castlist" in said.out


def in_new_process(code: str) -> str:
    done = subprocess.run(
        [sys.executable, "-c", code], capture_output=True, text=True, check=True, timeout=120
    )
    return done.stdout


def test_import_is_light_and_opens_no_connection():
    code = """
import socket, sys

def refuse(*_):
    raise AssertionError("a connection at import")

socket.socket.connect = socket.socket.connect_ex = socket.getaddrinfo = refuse
import castlist
light = sorted({"torch", "cv2", "onnxruntime", "av", "sklearn"} & set(sys.modules))
import castlist.cli
print(light, sorted({"torch", "cv2", "onnxruntime", "av", "sklearn"} & set(sys.modules)))
castlist.run, castlist.Settings, castlist.Cast
import castlist.pipeline, castlist.benchmark.tracks, castlist.report, castlist.film.transnetv2
"""
    assert in_new_process(code) == "[] []\n"


def test_corrections_and_exports_start_without_networks():
    code = """
import sys
import castlist.cast.editing, castlist.cast.questions, castlist.export.finished, castlist.report
print({"torch", "onnx", "onnxruntime", "sklearn"} & set(sys.modules) or "none")
"""
    assert in_new_process(code) == "none\n"


@pytest.mark.parametrize("own", [None, "7"])
def test_threads_spin_briefly_unless_the_user_says_otherwise(own, monkeypatch):
    monkeypatch.delenv("GOMP_SPINCOUNT", raising=False)
    if own is not None:
        monkeypatch.setenv("GOMP_SPINCOUNT", own)
    code = "import os, castlist.cli; print(os.environ['GOMP_SPINCOUNT'])"
    assert in_new_process(code) == f"{own or 1000}\n"


def test_a_film_that_is_not_there_is_told_of_before_networks_are_imported():
    code = """
import sys
import castlist
try:
    castlist.run("absent.mp4")
except castlist.errors.FilmError:
    print({"torch", "sklearn"} & set(sys.modules) or "none")
"""
    assert in_new_process(code) == "none\n"


def test_unknown_attribute():
    with pytest.raises(AttributeError, match="lunch"):
        _ = castlist.lunch


@pytest.mark.parametrize("start", [["castlist"], [sys.executable, "-m", "castlist"]])
def test_installed_command_ends_with_2_and_one_sentence(tmp_path, start):
    program = Path(sys.executable).with_name(start[0]) if len(start) == 1 else start[0]
    done = subprocess.run(
        [program, *start[1:], "run", tmp_path / "missing.mp4"],
        capture_output=True,
        text=True,
        check=False,
        timeout=120,
    )
    assert_one_sentence(Said(done.returncode, done.stdout, done.stderr), "missing.mp4")
