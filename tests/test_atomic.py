"""Atomic writing: the old file or the new one, never a part, and no litter."""

import pytest

from castlist.atomic import atomic_path, left_beside


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


def test_errors_of_the_disk_name_the_file(tmp_path):
    path = tmp_path / "file.txt"
    with pytest.raises(OSError, match=r"file\.txt") as caught, atomic_path(path):
        raise OSError(28, "No space left on device")
    assert caught.value.filename == str(path)
    with pytest.raises(OSError, match=r"^no number$"), atomic_path(path):
        raise OSError("no number")


def test_what_a_killed_process_left_is_found(tmp_path):
    with atomic_path(tmp_path / "file.txt") as beside:
        beside.write_text("new")
        name = beside.name
    for other in (".file.tmp", "file.1.tmp", ".1.tmp", ".file.1.tmp2", name):
        (tmp_path / other).write_text("half")
    (tmp_path / ".folder.1.tmp").mkdir()
    assert left_beside(tmp_path) == [tmp_path / name]
