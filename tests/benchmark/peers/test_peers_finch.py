"""FINCH and C1C: partitions equal to the authors' package's, and constraints kept."""

import tracemalloc
import warnings

import numpy as np
import pytest
from planted import same_partition
from sklearn.metrics import adjusted_rand_score

from castlist.benchmark.peers import finch
from castlist.benchmark.peers.finch import Finch, first_neighbours, linked

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
    np.testing.assert_array_equal(linked(means), fitted.levels_[0])


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
    labels = linked(means)
    likeness = means @ means.T
    np.fill_diagonal(likeness, -2)
    np.testing.assert_array_equal(labels, labels[likeness.argmax(axis=1)])
    assert labels.max() > 0


def test_first_neighbours_are_the_same_in_blocks_of_rows(monkeypatch):
    means = points(3)
    links = np.random.default_rng(0).integers(0, len(means), (len(means), 2))
    links = links[links[:, 0] != links[:, 1]]
    cosine = means.astype(float) @ means.T
    np.fill_diagonal(cosine, -np.inf)
    for a, b in links:
        cosine[a, b] = cosine[b, a] = -np.inf
    for block in (len(means), 7, 1):
        monkeypatch.setattr(finch, "BLOCK", block)
        neighbour, distance = first_neighbours(means, links)
        np.testing.assert_array_equal(neighbour, cosine.argmax(axis=1))
        np.testing.assert_allclose(distance, 1 - cosine.max(axis=1), atol=1e-6)


def test_not_all_distances_exist_at_one_time(monkeypatch):
    monkeypatch.setattr(finch, "BLOCK", 64)
    means = np.random.default_rng(0).normal(0, 1, (2000, 4)).astype(np.float32)
    tracemalloc.start()
    first_neighbours(means)
    peak = tracemalloc.get_traced_memory()[1]
    tracemalloc.stop()
    assert peak < 2000**2  # bytes: an eighth of what all of them would take


def test_a_vector_without_a_direction_changes_nothing_for_the_others():
    means = points(2)
    alone = linked(means)
    beside = linked(np.concatenate([means, np.zeros((1, means.shape[1]), np.float32)]))
    assert same_partition(beside[:-1], alone)
