"""A finished workspace of a film of coloured squares, for the tests of the review app."""

from __future__ import annotations

import shutil
from pathlib import Path

import pytest

import puppets
from castlist.pipeline import Settings, run


@pytest.fixture(scope="session")
def reviewed(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """The workspace as the run left it; only to read."""
    folder = tmp_path_factory.mktemp("reviewed")
    with pytest.MonkeyPatch.context() as patch:
        puppets.play(patch)
        film = puppets.film_of(folder / "film.mp4", puppets.TO_CORRECT)
        run(film, out=folder / "film.castlist", settings=Settings(adapt=False))
    return folder / "film.castlist"


@pytest.fixture
def folder(reviewed: Path, tmp_path: Path) -> Path:
    """A copy of it, to correct."""
    shutil.copy(reviewed.parent / "film.mp4", tmp_path / "film.mp4")
    return Path(shutil.copytree(reviewed, tmp_path / "film.castlist"))
