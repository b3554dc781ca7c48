"""Proximal operators: what they return is the minimum that it is said to be."""

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from castlist.benchmark.peers.proximal import (
    shrink_blocks,
    shrink_columns,
    shrink_entries,
    shrink_singular_values,
)

GROUP = np.array([0, 0, 1, 2, 2, 2])
WEIGHTS = np.array([[0, 0.3, 2], [0.3, 0, 0.5], [9, 1, 0]])


def block_norm(z):
    rows = [np.flatnonzero(np.equal(GROUP, own)) for own in range(3)]
    return sum(
        WEIGHTS[p, q] * np.linalg.norm(z[np.ix_(rows[p], rows[q])])
        for p in range(3)
        for q in range(3)
    )


NORMS = {
    "entries": (lambda a, t: shrink_entries(a, t), lambda z: np.abs(z).sum()),
    "singular values": (
        lambda a, t: shrink_singular_values(a, t),
        lambda z: np.linalg.norm(z, "nuc"),
    ),
    "columns": (lambda a, t: shrink_columns(a, t), lambda z: np.linalg.norm(z, axis=0).sum()),
    "blocks": (lambda a, t: shrink_blocks(a, GROUP, t * WEIGHTS), block_norm),
}


@pytest.mark.parametrize("name", NORMS)
@given(seed=st.integers(0, 10**6), threshold=st.floats(0, 3))
def test_nothing_nearby_is_better(name, seed, threshold):
    shrink, norm = NORMS[name]
    random = np.random.default_rng(seed)
    a = random.normal(0, 1, (6, 6))

    def cost(z):
        return threshold * norm(z) + ((z - a) ** 2).sum() / 2

    found = shrink(a, threshold)
    for scale in (1e-3, 0.1, 1):
        assert cost(found) <= cost(found + random.normal(0, scale, a.shape)) + 1e-9
        assert cost(found) <= cost(found * (1 - scale)) + 1e-9
        assert cost(found) <= cost(found + scale * (a - found)) + 1e-9


@pytest.mark.parametrize("name", NORMS)
def test_the_ends(name):
    shrink, _ = NORMS[name]
    a = np.random.default_rng(0).normal(0, 1, (6, 6))
    np.testing.assert_allclose(shrink(a, 0), a)
    np.testing.assert_array_equal(shrink(np.zeros((6, 6)), 1), np.zeros((6, 6)))
    if name != "blocks":
        np.testing.assert_array_equal(shrink(a, 1e3), np.zeros((6, 6)))


def test_a_block_of_infinite_weight_is_emptied():
    a = np.random.default_rng(0).normal(0, 1, (6, 6))
    found = shrink_blocks(a, GROUP, np.where(WEIGHTS == 9, np.inf, 0))
    np.testing.assert_array_equal(found[3:, :2], np.zeros((3, 2)))
    np.testing.assert_array_equal(found[:3], a[:3])
