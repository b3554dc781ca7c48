"""Atomic writing: the old file or the new one, never a part, and no litter."""

import pytest

from castlist.atomic import atomic_path


@pytest.mark.parametrize("old", [None, "old"])
def test_new_file_takes_the_place(tmp_path, old):
    path = tmp_path / "file.txt"
    if old:
        path.write_text(old)
    with atomic_path(path) as beside:
        assert beside.parent == path.parent
        beside.write_text("new")
        assert (path.read_text() if path.exists() else None) == old
    assert path.read_text() == "new"
    assert list(tmp_path.iterdir()) == [path]


def write_half(path):
    with atomic_path(path) as beside:
        beside.write_text("half of the ne")
        raise ZeroDivisionError


def test_failure_leaves_the_old_file(tmp_path):
    path = tmp_path / "file.txt"
    path.write_text("old")
    with pytest.raises(ZeroDivisionError):
        write_half(path)
    assert path.read_text() == "old"
    assert list(tmp_path.iterdir()) == [path]


def test_writing_nothing_is_an_error(tmp_path):
    with pytest.raises(FileNotFoundError), atomic_path(tmp_path / "file.txt"):
        pass
    assert not list(tmp_path.iterdir())
