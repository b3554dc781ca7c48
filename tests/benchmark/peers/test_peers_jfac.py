"""JFAC: which pairs it trusts, and what it finds."""

import numpy as np
import torch
from planted import directions, pairs, same_partition

from castlist.benchmark.peers import jfac
from castlist.benchmark.peers.jfac import Jfac, likely_pairs

PEOPLE = np.repeat([0, 1, 2, 3], [2, 6, 4, 9])


def test_pairs_are_those_that_clusters_and_tracks_make_likely():
    angles = np.array([0, 0.1, 0.3, 1.2, 2.0, 2.1, 2.4, 3.0])
    crops = np.stack([np.cos(angles), np.sin(angles)], axis=1).astype(np.float32)
    track, labels = np.array([0, 0, 1, 2, 3, 3, 4, 5]), np.array([0, 0, 0, 1, 1, 1])
    who = labels[track]
    alike = crops @ crops.T
    shares = {(0, 1), (1, 0), (2, 3), (3, 2)}
    one, two = set(), set()
    for a in range(8):
        own = [i for i in range(8) if who[i] == who[a]]
        median = np.median([alike[i, j] for i in own for j in own if i < j])
        for b in range(8):
            share = (track[a], track[b]) in shares
            near = who[a] == who[b] and alike[a, b] > median and not share
            if a != b and (track[a] == track[b] or near):
                one.add((a, b))
            if who[a] != who[b] or share:
                two.add((a, b))
    draw = likely_pairs(crops, labels, track, pairs((0, 1), (2, 3)))
    random = np.random.default_rng(0)
    shown = [draw(random) for _ in range(20)]
    assert {tuple(p) for drawn in shown for p in drawn.same.tolist()} == one
    assert {tuple(p) for drawn in shown for p in drawn.different.tolist()} == two
    assert (5, 6) in one  # near, and of one cluster
    assert (0, 2) in two  # one cluster, but tracks that share a frame


def test_of_a_large_cluster_the_pairs_of_some_crops_tell_the_median(monkeypatch):
    crops, track = directions([0] * 9, 1, scatter=0.2)
    labels = np.zeros(9, int)

    def shown(features):
        draw = likely_pairs(features, labels, track, None)
        return {tuple(p) for p in draw(np.random.default_rng(0)).same.tolist()}

    every = shown(crops)
    monkeypatch.setattr(jfac, "SAMPLE", 5)
    some = crops[[0, 2, 4, 6, 8]]
    median = np.median((some @ some.T)[np.triu_indices(5, 1)])
    found = shown(crops)
    assert all(crops[a] @ crops[b] > median for a, b in found)
    assert found != every


def test_people_are_found_by_any_seed():
    crops, track = directions(PEOPLE, 3)
    for seed in range(3):
        fitted = Jfac(4, seed=seed).fit(crops, track=track, cannot_link=pairs((0, 5)))
        assert same_partition(fitted.labels_, PEOPLE)


def test_a_seed_decides_and_the_global_state_is_left_alone():
    crops, track = directions(PEOPLE, 2, scatter=0.4)
    state = torch.random.get_rng_state()
    once, again, other = (Jfac(4, seed=s).fit(crops, track=track).labels_ for s in (0, 0, 1))
    assert torch.equal(state, torch.random.get_rng_state())
    np.testing.assert_array_equal(once, again)
    assert not np.array_equal(once, other)
