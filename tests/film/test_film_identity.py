"""The content hash: the bytes count, nothing else."""

import hashlib

import pytest

from castlist.errors import FilmError
from castlist.film.identity import content_hash


@pytest.mark.parametrize("size", [0, 1, 3_000_001])
def test_hash_is_sha256_of_the_whole_file(tmp_path, size):
    data = bytes(i * 7 % 251 for i in range(1000)) * (size // 1000 + 1)
    path = tmp_path / "film.mp4"
    path.write_bytes(data[:size])
    assert content_hash(path) == hashlib.sha256(data[:size]).hexdigest()
    assert content_hash(path.rename(tmp_path / "other.mkv")) == content_hash(tmp_path / "other.mkv")


def test_last_byte_counts(tmp_path):
    a, b = tmp_path / "a", tmp_path / "b"
    a.write_bytes(b"x" * 100_000)
    b.write_bytes(b"x" * 99_999 + b"y")
    assert content_hash(a) != content_hash(b)


def test_progress_is_told_in_bytes(tmp_path):
    path = tmp_path / "film.mp4"
    path.write_bytes(bytes(2_500_000))
    told = []
    content_hash(path, lambda *said: told.append(said))
    assert [stage for stage, _, _ in told] == ["reading"] * 3
    assert [done for _, done, _ in told] == [1 << 20, 2 << 20, 2_500_000]
    assert {total for _, _, total in told} == {2_500_000}


def test_missing_file(tmp_path):
    with pytest.raises(FilmError, match=r"none\.mp4: can't be read"):
        content_hash(tmp_path / "none.mp4")
