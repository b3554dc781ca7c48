"""A film for the tests of reading."""

from pathlib import Path

import pytest
from numbered_films import coded, write_film


@pytest.fixture
def film_path(tmp_path: Path) -> Path:
    """A film of 50 numbered frames at 25 frames per second."""
    return write_film(tmp_path / "film.mp4", [coded(i) for i in range(50)], options={"g": "10"})
