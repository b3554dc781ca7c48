"""WBSLRR: planted blocks come back, constraints hold, and the objective is at its least."""

import numpy as np
import pytest
from planted import pairs, same_partition, subspaces

from castlist.benchmark.peers import wbslrr
from castlist.benchmark.peers.wbslrr import Wbslrr, block_weights, representation

PEOPLE = np.array([0, 1, 2, 0, 1, 2, 0, 1, 2, 0, 1])


def cost(x, track, weights, z):
    """The objective, E being what Z leaves."""
    blocks = sum(
        weights[p, q] * np.linalg.norm(z[np.ix_(track == p, track == q)])
        for p in range(len(weights))
        for q in range(len(weights))
        if np.isfinite(weights[p, q])
    )
    lost = np.linalg.norm(x - x @ z, axis=0).sum()
    return np.linalg.norm(z, "nuc") + wbslrr.GAMMA * blocks + wbslrr.LAMBDA * lost


def test_planted_subspaces_are_found():
    crops, track = subspaces(PEOPLE, 3)
    assert same_partition(Wbslrr(3).fit(crops, track=track).labels_, PEOPLE)


def test_people_are_expressed_by_themselves():
    crops, track = subspaces(PEOPLE, 2)
    z, _ = representation(crops.T.astype(float), track, block_weights(len(PEOPLE), None))
    who = PEOPLE[track]
    assert np.abs(z)[who[:, None] != who].sum() < 0.02 * np.abs(z).sum()


def test_what_it_returns_is_feasible_and_barred_blocks_are_empty():
    crops, track = subspaces(PEOPLE, 2, scatter=0.2)
    x, weights = crops.T.astype(float), block_weights(len(PEOPLE), pairs((0, 3), (1, 2)))
    z, e = representation(x, track, weights)
    np.testing.assert_allclose(x @ z + e, x, atol=1e-4)
    assert not z[np.isinf(weights)[track][:, track]].any()
    assert z.any()


def test_nothing_nearby_is_better():
    crops, track = subspaces(PEOPLE, 2, scatter=0.2)
    x, weights = crops.T.astype(float), block_weights(len(PEOPLE), pairs((0, 3), (1, 2)))
    z, _ = representation(x, track, weights)
    least = 0.999 * cost(x, track, weights, z)  # the penalty grows too fast for more
    random = np.random.default_rng(0)
    allowed = np.isfinite(weights)[track][:, track]
    for scale in (0.01, 0.1, 1):
        for _ in range(10):
            other = z + allowed * random.normal(0, scale, z.shape)
            assert least < cost(x, track, weights, other)
        assert least < cost(x, track, weights, z * (1 - scale))


def test_slower_growth_of_the_penalty_finds_hardly_less(monkeypatch):
    crops, track = subspaces(PEOPLE, 2, scatter=0.2)
    x, weights = crops.T.astype(float), block_weights(len(PEOPLE), None)
    fast = cost(x, track, weights, representation(x, track, weights)[0])
    monkeypatch.setattr(wbslrr, "GROWTH", 1.02)
    monkeypatch.setattr(wbslrr, "ROUNDS", 2000)
    slow = cost(x, track, weights, representation(x, track, weights)[0])
    assert fast == pytest.approx(slow, rel=5e-3)


def test_the_weights():
    wanted = [[0, 1, np.inf], [1, 0, 1], [np.inf, 1, 0]]
    np.testing.assert_array_equal(block_weights(3, pairs((0, 2))), wanted)
