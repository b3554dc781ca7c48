"""C1C: FINCH where nothing is barred, and no barred pair together at any level."""

import numpy as np
import pytest
from planted import directions, pairs, same_partition

from castlist.benchmark.peers.c1c import C1c
from castlist.benchmark.peers.finch import Finch

PEOPLE = np.random.default_rng(1).integers(0, 8, 60)


@pytest.mark.parametrize("links", [None, pairs()])
@pytest.mark.parametrize("clusters", [1, 4, 20, 70])
def test_without_constraints_it_is_finch(links, clusters):
    crops, track = directions(PEOPLE, 2, scatter=0.25)
    finch = Finch(clusters).fit(crops, track=track)
    c1c = C1c(clusters).fit(crops, track=track, cannot_link=links)
    np.testing.assert_array_equal(finch.labels_, c1c.labels_)
    np.testing.assert_array_equal(finch.levels_, c1c.levels_)


def test_constraints_hold_at_all_levels_and_are_inherited():
    crops, track = directions(PEOPLE, 2, scatter=0.25)
    random = np.random.default_rng(2)
    barred = np.array([p for p in random.integers(0, 60, (150, 2)) if p[0] != p[1]])
    c1c = C1c(1).fit(crops, track=track, cannot_link=barred)
    assert len(c1c.levels_) > 1
    for labels in [*c1c.levels_, c1c.labels_]:
        assert (labels[barred[:, 0]] != labels[barred[:, 1]]).all()


def test_the_first_neighbour_is_searched_among_the_permitted():
    crops, track = directions([0, 0, 1, 1], 1, scatter=0.1)
    c1c = C1c(2).fit(crops, track=track, cannot_link=pairs((0, 1), (2, 3)))
    assert c1c.labels_[0] != c1c.labels_[1]
    assert c1c.labels_[2] != c1c.labels_[3]
    assert len(set(c1c.labels_)) == 2


def test_of_links_that_exclude_each_other_the_shorter_one_is_made():
    angles = np.radians([0, 10, 25])  # 0 and 2 both go to 1, but are two people
    crops = np.stack([np.cos(angles), np.sin(angles)], axis=1).astype(np.float32)
    c1c = C1c(1).fit(crops, track=np.arange(3), cannot_link=pairs((0, 2)))
    assert same_partition(c1c.labels_, [0, 0, 1])
