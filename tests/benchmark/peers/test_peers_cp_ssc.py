"""CP-SSC: planted subspaces come back, zeros are where they have to be, constraints spread."""

import numpy as np
from planted import pairs, same_partition, subspaces

from castlist.benchmark.peers.cp_ssc import CpSsc, constraints, representation

PEOPLE = np.array([0, 1, 2, 0, 1, 2, 0, 1, 2, 0, 1])


def test_planted_subspaces_are_found():
    crops, track = subspaces(PEOPLE, 3)
    assert same_partition(CpSsc(3).fit(crops, track=track).labels_, PEOPLE)


def test_crops_are_expressed_by_few_others_of_their_person():
    crops, track = subspaces(PEOPLE, 3)
    c, _ = representation(crops.T.astype(float), constraints(track, None))
    who = PEOPLE[track]
    same = who[:, None] == who
    assert np.abs(c)[~same].sum() < 0.05 * np.abs(c).sum()
    assert (np.abs(c) > 1e-3).sum() < 0.5 * same.sum()
    assert not np.diag(c).any()
    assert (np.abs(c).sum(axis=0) > 0.5).all()


def test_barred_crops_take_no_part_in_each_other():
    crops, track = subspaces(PEOPLE, 2, scatter=0.2)
    y = constraints(track, pairs((0, 3), (1, 2)))
    c, _ = representation(crops.T.astype(float), y)
    np.testing.assert_allclose(c[y < 0], 0, atol=1e-5)
    assert c[y == 0].any()


def test_the_constraints():
    y = constraints(np.array([0, 0, 1, 2]), pairs((0, 2)))
    np.testing.assert_array_equal(y, [[1, 1, 0, -1], [1, 1, 0, -1], [0, 0, 1, 0], [-1, -1, 0, 1]])


def test_what_is_known_is_kept_and_the_rest_leans_to_the_right_side():
    crops, track = subspaces([0, 0, 0, 1, 1, 1], 3, rank=1)
    y = constraints(track, pairs((0, 3), (0, 4), (1, 3), (1, 5), (2, 4), (2, 5)))
    _, completed = representation(crops.T.astype(float), y)
    np.testing.assert_allclose(completed[y != 0], y[y != 0], atol=1e-4)
    who = np.array([0, 0, 0, 1, 1, 1])[track]
    same, unknown = who[:, None] == who, y == 0
    assert completed[unknown & same].mean() > 0 > completed[unknown & ~same].mean()
