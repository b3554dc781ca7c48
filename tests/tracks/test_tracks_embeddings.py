"""Embeddings on disk."""

import numpy as np
import pytest

from castlist.errors import WorkspaceError
from castlist.tracks.embeddings import load_embeddings, save_embeddings


@pytest.mark.parametrize("shape", [(0, 1), (5, 3)])
def test_embeddings_read_back(tmp_path, shape):
    path = tmp_path / "embeddings.safetensors"
    numbers = np.random.default_rng(0).normal(size=shape).astype(np.float32)
    save_embeddings(path, {"base": numbers, "adapted": numbers[::-1]})
    again = load_embeddings(path)
    np.testing.assert_array_equal(again["base"], numbers)
    np.testing.assert_array_equal(again["adapted"], numbers[::-1])


@pytest.mark.parametrize("content", [None, b"", b"no tensors in here"])
def test_missing_or_damaged_embeddings(tmp_path, content):
    path = tmp_path / "embeddings.safetensors"
    if content is not None:
        path.write_bytes(content)
    with pytest.raises(WorkspaceError, match=r"embeddings.safetensors.*--force tracks"):
        load_embeddings(path)
