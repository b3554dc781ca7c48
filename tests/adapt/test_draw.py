"""Which crops are learned from, and their partners."""

from dataclasses import replace

import numpy as np
from small_networks import QUICK

from castlist.adapt import Recipe
from castlist.adapt.draw import Draw


def test_every_view_of_a_pool_is_learned_from_equally_often():
    draw = Draw(
        np.zeros(1, np.int64),
        np.zeros((0, 2), np.int64),
        np.ones((1, 4), np.float32),
        np.ones(1, np.float32),
        replace(QUICK, batch=8),
        (0,),
    )
    chosen = draw.batches(views=20, steps=5)
    assert chosen.shape == (5, 8)
    np.testing.assert_array_equal(np.bincount(chosen.ravel()), np.full(20, 2))


def test_strong_crops_count_more_in_drawing_and_in_the_consensus():
    embeddings = np.eye(4, dtype=np.float32)
    strength = np.array([2, 1, 1, 0.1], np.float32)
    matches = np.array([[1, 0]])
    draw = Draw(np.array([0, 0, 1, 2]), matches, embeddings, strength, Recipe(), (0,))
    rows = draw.rows(4000)
    partners = draw.partners(rows)
    share = np.array([4 / 2**0.5, 1 / 2**0.5, 1, 0.01])
    np.testing.assert_allclose(np.bincount(rows) / 4000, share / share.sum(), atol=0.03)
    own = np.array([0.8, 0.2, 0, 0])  # squares of 2 and 1
    np.testing.assert_allclose(partners[rows == 0][0], own, atol=1e-6)
    both = np.average([own, [0, 0, 1, 0]], axis=0, weights=[2.5, 1])
    np.testing.assert_allclose(partners[rows == 2][0], both, atol=1e-6)
