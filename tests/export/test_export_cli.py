"""``castlist export``: what it writes, what it prints, and how it refuses."""

from __future__ import annotations

import json
import sys
from collections.abc import Callable
from pathlib import Path

import opentimelineio
import pytest
from made_films import make_workspace

from castlist import cli
from castlist.export import FORMATS, make

Command = Callable[..., tuple[int, str, str]]


@pytest.fixture
def command(monkeypatch: pytest.MonkeyPatch, capfdbinary: pytest.CaptureFixture[bytes]) -> Command:
    """The command, in this process: exit code, stdout, stderr."""

    def call(*words: object) -> tuple[int, str, str]:
        monkeypatch.setattr(sys, "argv", ["castlist", "export", *map(str, words)])
        with pytest.raises(SystemExit) as ended:
            cli.main()
        sys.stdout.flush()
        code = ended.value.code or 0
        assert isinstance(code, int)
        out, err = capfdbinary.readouterr()
        return code, out.decode(), err.decode()

    return call


@pytest.fixture
def drop(tmp_path: Path) -> Path:
    return make_workspace(tmp_path / "night.castlist", rate="30000/1001")


def test_writes_beside_the_workspace_and_says_where(command, drop, tmp_path):
    code, out, err = command(drop, "edl", "--start-timecode", "01:00:00:00", "--drop-frame")
    assert (code, out.replace("\n", ""), err) == (0, str(tmp_path / "night.cast.edl"), "")
    assert "FCM: DROP FRAME" in (tmp_path / "night.cast.edl").read_text("utf-8")


def test_options_reach_the_writer(command, drop, tmp_path):
    out = tmp_path / "x.edl"
    words = [drop, "edl", "--out", out, "--start-timecode", "01:00:00;00"]
    assert command(*words, "--non-drop")[0] == 0
    assert "FCM: NON-DROP FRAME" in out.read_text("utf-8")
    assert command(*words, "--rate", "59.94")[0] == 0
    assert " 01:00:00;10 01:00:00;11" in out.read_text("utf-8")


def test_prints_to_stdout(command, tmp_path):
    workspace = make_workspace(tmp_path / "w", names=("😀 & يوسف", None, None))
    code, out, err = command(workspace, "vtt", "--out", "-")
    assert (code, err) == (0, "")
    assert out == make(workspace, "vtt")
    assert [path.name for path in tmp_path.iterdir()] == ["w"]


def test_json(command, drop, tmp_path):
    _, out, _ = command(drop, "srt", "--json")
    assert json.loads(out) == {"format": "srt", "path": str(tmp_path / "night.cast.srt")}
    _, out, _ = command("--list", "--json")
    assert [listed["name"] for listed in json.loads(out)["formats"]] == list(FORMATS)


def test_list(command):
    code, out, _ = command("--list")
    assert code == 0
    assert all(name in out for name in FORMATS)


@pytest.mark.parametrize(
    ("words", "reasons"),
    [
        (["lunch"], ["lunch: no such format", "json, tracks"]),
        (["edl", "--start-timecode", "1 o'clock"], ["1 o'clock is no timecode"]),
        (["edl", "--start-timecode", "00:01:00;00"], ["00:01:00;00", "left out"]),
        (["edl", "--rate", "25", "--drop-frame"], ["29.97 and 59.94"]),
        (["edl", "--rate", "fast"], ["fast: is no frame rate"]),
        (["contact-sheet", "--out", "-"], ["is no text", "--out"]),
        (["edl", "--out", "/no/such/folder/x.edl"], ["/no/such/folder/x.edl", "--out"]),
        ([], ["castlist export --list"]),
    ],
)
def test_refusals(command, drop, words, reasons):
    code, out, err = command(drop, *words)
    assert (code, out, err.count("\n")) == (2, "", 1)
    assert all(reason in err for reason in reasons)
    assert sorted(path.name for path in drop.parent.iterdir()) == ["night.castlist"]


def test_unfinished_workspace(command, tmp_path):
    code, out, err = command(tmp_path / "film.castlist", "edl")
    assert (code, out) == (2, "")
    assert "castlist run FILM" in err
    assert list(tmp_path.iterdir()) == []


def test_opentimelineio_that_is_not_installed(command, drop, monkeypatch):
    for name in [name for name in sys.modules if name.startswith("opentimelineio")]:
        monkeypatch.setitem(sys.modules, name, None)
    code, _, err = command(drop, "otio")
    assert code == 2
    assert "pip install 'castlist[otio]'" in err


def test_adapter_that_is_not_installed(command, drop, monkeypatch):
    monkeypatch.setattr(opentimelineio.adapters, "available_adapter_names", lambda: ["otio_json"])
    assert command(drop, "otio")[0] == 0
    code, _, err = command(drop, "fcp7")
    assert code == 2
    assert "pip install 'castlist[otio]'" in err
