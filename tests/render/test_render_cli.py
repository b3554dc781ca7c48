"""``castlist render``: which way it goes, what it says, and how it refuses."""

from __future__ import annotations

import json
import sys
from pathlib import Path
from typing import Any

import pytest
from made_casts import make_film, make_workspace

from castlist import cli, render


@pytest.fixture(scope="module")
def film(tmp_path_factory: pytest.TempPathFactory) -> Path:
    path = make_film(tmp_path_factory.mktemp("film") / "film.mkv", sound=None)
    make_workspace(path.with_suffix(".castlist"), path)
    return path


@pytest.fixture
def command(monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]) -> Any:
    """The command, in this process: exit code, stdout, stderr."""

    def call(*words: object) -> tuple[int, str, str]:
        monkeypatch.setattr(sys, "argv", ["castlist", "render", *map(str, words)])
        with pytest.raises(SystemExit) as ended:
            cli.main()
        return (int(ended.value.code or 0), *capsys.readouterr())

    return call


def test_film_or_workspace(command, film, tmp_path):
    one, other = tmp_path / "one.mkv", tmp_path / "other.mkv"
    code, out, err = command(film, "--blur", "C01", "--out", one)
    assert (code, out.replace("\n", ""), err) == (0, str(one), "")
    code, out, err = command(
        film.with_suffix(".castlist"), "--blur", "C01", "--out", other, "--json"
    )
    assert (code, json.loads(out), err) == (0, {"path": str(other)}, "")
    assert one.stat().st_size == other.stat().st_size > 10_000


@pytest.mark.parametrize(
    ("words", "way", "given"),
    [
        (["--blur", "C01", "--blur", "C02"], "blur", (["C01", "C02"], False)),
        (["--blur-others", "C02"], "blur", (["C02"], True)),
        (["--only", "Anna"], "only", (["Anna"], None)),
    ],
)
def test_choices_reach_the_library(command, film, tmp_path, monkeypatch, words, way, given):
    told = {}
    for name in ("blur", "only"):
        monkeypatch.setattr(
            *(render, name),
            lambda workspace, who, out, name=name, **more: told.update(
                way=name, workspace=workspace, who=list(who), film=more["film"], more=more
            ),
        )
    command(film, *words, "--out", tmp_path / "out.mkv")
    assert (told["way"], told["who"], told["more"].get("others")) == (way, *given)
    assert (told["workspace"], told["film"]) == (film.with_suffix(".castlist"), film)


@pytest.mark.parametrize(
    ("words", "reason"),
    [
        ([], "name one of --blur, --blur-others and --only"),
        (["--blur", "C01", "--only", "C02"], "name one of"),
        (["--blur", "C07"], "C07: no such character"),
    ],
)
def test_refusals(command, film, tmp_path, words, reason):
    code, out, err = command(film, *words, "--out", tmp_path / "out.mkv")
    assert (code, out, err.count("\n")) == (2, "", 1)
    assert reason in err
    assert list(tmp_path.iterdir()) == []


def test_film_on_which_castlist_was_not_run(command, tmp_path):
    film = tmp_path / "film.mkv"
    film.write_bytes(b"")
    code, _, err = command(film, "--blur", "C01", "--out", tmp_path / "out.mkv")
    assert code == 2
    assert "castlist run FILM" in err
    assert [path.name for path in tmp_path.iterdir()] == ["film.mkv"]
