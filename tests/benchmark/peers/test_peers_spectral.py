"""Spectral clustering: blocks of an affinity are found, and the cut is a good one."""

import numpy as np
import pytest
from planted import same_partition
from sklearn.cluster import SpectralClustering

from castlist.benchmark.peers.spectral import spectral_labels


def affinity(block, within, between, seed=0):
    random = np.random.default_rng(seed)
    same = np.equal.outer(block, block)
    found = np.where(same, within, between) * random.uniform(0.5, 1, same.shape)
    return (found + found.T) / 2


def cut(weights, labels):
    """The normalised cut: weight that leaves each cluster over all weight at it, summed."""
    members = [labels == own for own in np.unique(labels)]
    return sum(weights[own][:, ~own].sum() / weights[own].sum() for own in members)


@pytest.mark.parametrize("between", [0.0, 0.05, 0.2])
def test_planted_blocks_are_found(between):
    block = np.random.default_rng(1).permutation(np.repeat([0, 1, 2, 3], [3, 5, 8, 20]))
    assert same_partition(spectral_labels(affinity(block, 1, between), 4), block)


def test_its_cut_is_as_good_as_that_by_k_means():
    block = np.repeat([0, 1, 2], [8, 10, 20])
    for seed in range(5):
        weights = affinity(block, 1, 0.5, seed)
        kmeans = SpectralClustering(3, affinity="precomputed", random_state=0).fit_predict(weights)
        assert cut(weights, spectral_labels(weights, 3)) <= cut(weights, kmeans) * 1.05


def test_as_many_clusters_as_items_or_more():
    for clusters in (3, 4):
        np.testing.assert_array_equal(spectral_labels(np.ones((3, 3)), clusters), [0, 1, 2])


def test_one_cluster():
    assert set(spectral_labels(affinity(np.zeros(5), 1, 1), 1)) == {0}
