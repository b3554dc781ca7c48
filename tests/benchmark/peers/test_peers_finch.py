"""FINCH and C1C: partitions equal to the authors' package's, and constraints kept."""

import warnings

import numpy as np
import pytest
from sklearn.metrics import adjusted_rand_score

from castlist.benchmark.peers.finch import Finch, first_neighbours_partition

with warnings.catch_warnings():  # it misses what it needs for more than 70 000 samples only
    warnings.simplefilter("ignore")
    from finch import FINCH


def points(seed):
    """Points around a few directions, (n, d), of length 1."""
    random = np.random.default_rng(seed)
    count, people, size = random.integers([4, 1, 2], [150, 12, 30])
    rows = random.normal(0, 1, (people, size))[random.integers(0, people, count)]
    rows += random.normal(0, random.uniform(0.1, 1), rows.shape)
    return (rows / np.linalg.norm(rows, axis=1, keepdims=True)).astype(np.float32)


@pytest.mark.parametrize("seed", range(20))
def test_all_levels_are_the_packages(seed):
    means = points(seed)
    theirs, counts, _ = FINCH(means, verbose=False)
    fitted = Finch().fit(means, track=np.arange(len(means)))
    assert [labels.max() + 1 for labels in fitted.levels_] == counts
    for level, labels in enumerate(fitted.levels_):
        assert adjusted_rand_score(theirs[:, level], labels) == 1
    np.testing.assert_array_equal(fitted.labels_, fitted.levels_[-1])
    np.testing.assert_array_equal(first_neighbours_partition(means), fitted.levels_[0])


@pytest.mark.parametrize("clusters", [1, 2, 3, 5])
@pytest.mark.parametrize("seed", range(5))
def test_a_number_of_clusters_is_the_packages(seed, clusters):
    means = points(seed)
    theirs = FINCH(means, req_clust=clusters, verbose=False)[2]
    mine = Finch(clusters=clusters).fit(means, track=np.arange(len(means))).labels_
    assert adjusted_rand_score(theirs, mine) == 1


@pytest.mark.parametrize("clusters", [1, 2, 7, 40, 60, 99])
def test_any_number_of_clusters_is_reached(clusters):
    means = points(1)
    mine = Finch(clusters=clusters).fit(means, track=np.arange(len(means))).labels_
    assert len(np.unique(mine)) == min(clusters, len(means))


def test_each_is_with_its_first_neighbour():
    means = points(2)
    labels = first_neighbours_partition(means)
    likeness = means @ means.T
    np.fill_diagonal(likeness, -2)
    np.testing.assert_array_equal(labels, labels[likeness.argmax(axis=1)])
    assert labels.max() > 0
