"""Two finished films that share a person, for the tests of names and links."""

from __future__ import annotations

import shutil
from pathlib import Path

import pytest

import puppets
from castlist.pipeline import run
from castlist.settings import Settings
from puppets import Scene

ONE = [
    Scene(24, {"red": (0, 23, 50, 50), "blue": (6, 23, 200, 60)}),
    Scene(24, {"red": (0, 23, 70, 60)}),
]
TWO = [
    Scene(24, {"green": (0, 23, 50, 50), "red": (8, 23, 200, 60)}),
    Scene(24, {"green": (0, 23, 60, 50)}),
]


@pytest.fixture(scope="session")
def films(tmp_path_factory: pytest.TempPathFactory) -> list[Path]:
    """Two finished workspaces; only to read."""
    folder = tmp_path_factory.mktemp("films")
    with pytest.MonkeyPatch.context() as patch:
        puppets.play(patch)
        for name, story in (("one", ONE), ("two", TWO)):
            film = puppets.film_of(folder / f"{name}.mp4", story)
            run(film, out=folder / f"{name}.castlist", settings=Settings(adapt=False))
    return [folder / "one.castlist", folder / "two.castlist"]


@pytest.fixture
def both(films: list[Path], tmp_path: Path) -> list[Path]:
    """Copies of them, to name."""
    return [Path(shutil.copytree(film, tmp_path / film.name)) for film in films]
