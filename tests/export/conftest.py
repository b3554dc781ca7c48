"""A finished workspace for the tests of the formats."""

from __future__ import annotations

from pathlib import Path

import pytest
from made_films import make_workspace

from castlist.export.finished import Finished


@pytest.fixture(scope="module")
def workspace(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """A film at 25 frames per second; only to read."""
    return make_workspace(tmp_path_factory.mktemp("made") / "night.castlist", sound=True)


@pytest.fixture(scope="module")
def film(workspace: Path) -> Finished:
    """The same, read."""
    return Finished.load(workspace)
