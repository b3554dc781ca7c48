"""MuHPC-: equal to a literal reading of its loop."""

import numpy as np
import pytest
from planted import directions, same_partition

from castlist.benchmark.peers.muhpc import MuhpcFaces

PEOPLE = np.random.default_rng(3).integers(0, 10, 50)


def literal(crops, limit):
    """First neighbours of clusters' means, as sets of tracks of one crop each."""
    clusters = [[i] for i in range(len(crops))]
    while True:
        means = [np.mean(crops[own], axis=0) for own in clusters]
        means = [mean / np.linalg.norm(mean) for mean in means]
        groups = {i: {i} for i in range(len(clusters))}
        for i in range(len(clusters)):
            apart = [1 - means[i] @ means[j] if j != i else 9 for j in range(len(clusters))]
            nearest = int(np.argmin(apart))
            if apart[nearest] < limit:
                union = groups[i] | groups[nearest]
                for member in union:
                    groups[member] = union
        merged = {frozenset(group) for group in groups.values()}
        if len(merged) == len(clusters):
            break
        clusters = [[i for part in group for i in clusters[part]] for group in merged]
    labels = np.zeros(len(crops), int)
    for number, own in enumerate(clusters):
        labels[own] = number
    return labels


@pytest.mark.parametrize("limit", [0.0, 0.3, 0.5, 0.7, 2.0])
def test_it_does_what_its_loop_says(limit):
    crops, track = directions(PEOPLE, 1, scatter=0.2)
    assert same_partition(MuhpcFaces(limit).fit(crops, track=track).labels_, literal(crops, limit))


def test_the_limits_ends():
    crops, track = directions(PEOPLE, 1, scatter=0.2)
    assert len(set(MuhpcFaces(0).fit(crops, track=track).labels_)) == len(PEOPLE)
    assert set(MuhpcFaces(2).fit(crops, track=track).labels_) == {0}
