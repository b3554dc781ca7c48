"""Coarse matching against the paper's rule, written out."""

import networkx as nx
import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from scipy.special import logsumexp
from scipy.stats import multivariate_normal

from castlist.adapt.matching import Matching
from castlist.tracks.sums import sum_by


def scene(seed: int, tracks: int = 6, crops: int = 5, spread: float = 0.5):
    rng = np.random.default_rng(seed)
    track = np.sort(np.concatenate([np.arange(tracks), rng.integers(0, tracks, tracks * crops)]))
    people = rng.normal(size=(3, 2))
    x = people[track % 3] + spread * rng.normal(size=(len(track), 2))
    return x.astype(np.float32), track


def plainly(x, track, *, variance) -> set[tuple[int, int]]:
    """Match by densities of scipy's Gaussian, track by track."""
    found = set()
    means = np.stack([x[track == t].mean(axis=0) for t in range(track.max() + 1)])
    for anchor in range(len(means)):
        own = x[track == anchor].astype(np.float64)
        if len(own) < 3:
            continue
        spread = own.var(axis=0, ddof=1)
        if variance == "isotropic":
            spread = np.full(2, spread.mean())
        gaussian = multivariate_normal(own.mean(axis=0), np.diag(spread))
        lowest = np.sort(gaussian.pdf(own))[: int(np.ceil(len(own) / 4))]
        for other in range(len(means)):
            if other != anchor and gaussian.pdf(means[other]) >= lowest.mean():
                found.add((anchor, other))
    return found


@settings(max_examples=40, deadline=None)
@given(st.integers(0, 10**6), st.sampled_from(["isotropic", "diagonal"]))
def test_it_is_the_papers_rule(seed, variance):
    x, track = scene(seed)
    found = Matching(variance=variance, mutual=False)(x, track)
    assert {tuple(pair) for pair in found.tolist()} == plainly(x, track, variance=variance)


@given(st.integers(0, 1000), st.sampled_from(["isotropic", "diagonal", "shrunk"]))
def test_mutual_matches_are_those_that_go_both_ways(seed, variance):
    x, track = scene(seed)
    one = {tuple(p) for p in Matching(variance=variance, mutual=False)(x, track).tolist()}
    both = {tuple(p) for p in Matching(variance=variance)(x, track).tolist()}
    assert both == {(a, b) for a, b in one if (b, a) in one}


def one_by_one(x, track, matching) -> list[list[int]]:
    """Match by differences from each mean in turn."""
    count = np.bincount(track)
    wide = x.astype(np.float64)
    mean = sum_by(wide, track, len(count)) / count[:, None]
    variance = matching._variances((wide - mean[track]) ** 2, track, count)
    found = []
    for anchor in np.flatnonzero(count >= 3):
        own, others = (
            -((rows - mean[anchor]) ** 2 / variance[anchor]).sum(axis=1) / 2
            for rows in (wide[track == anchor], mean)
        )
        tail = np.sort(own)[: int(np.ceil(len(own) / 4))]
        dense = others >= logsumexp(tail) - np.log(len(tail))
        found += [[anchor, other] for other in np.flatnonzero(dense) if other != anchor]
    return found


@settings(max_examples=60, deadline=None)
@given(
    st.integers(0, 10**6),
    st.sampled_from(["isotropic", "diagonal", "shrunk"]),
    st.sampled_from([0, 1e-8, 1e-3, 0.5]),
)
def test_products_of_matrices_decide_as_differences_do_even_between_twins(seed, variance, spread):
    rng = np.random.default_rng(seed)
    track = rng.permutation(np.concatenate([np.arange(70), rng.integers(0, 70, 280)]))
    x = rng.normal(size=(12, 16))[track % 12] + spread * rng.normal(size=(350, 16))
    x = (x / np.linalg.norm(x, axis=1, keepdims=True)).astype(np.float32)
    x[rng.random(350) < 0.2] = x[0]
    matching = Matching(variance=variance, mutual=False)
    assert matching(x, track).tolist() == one_by_one(x, track, matching)


def test_tracks_seen_together_never_match():
    rng = np.random.default_rng(0)
    x = rng.normal(size=(20, 3)).astype(np.float32)
    track = np.repeat([0, 1], 10)
    assert len(Matching()(x, track)) == 2
    assert len(Matching()(x, track, np.array([[0, 1]]))) == 0


@settings(max_examples=60, deadline=None)
@given(st.integers(0, 10**6), st.integers(1, 12), st.integers(0, 3))
def test_a_track_that_matches_two_people_matches_neither(seed, apart, one):
    x, track = scene(seed, tracks=8)
    rng = np.random.default_rng(seed)
    cannot_link = rng.integers(0, 8, (apart, 2))
    cannot_link = cannot_link[cannot_link[:, 0] != cannot_link[:, 1]]
    must_link = rng.integers(0, 8, (one, 2))
    person = nx.Graph()
    person.add_nodes_from(range(8))
    person.add_edges_from(must_link.tolist())
    group = {t: n for n, whole in enumerate(nx.connected_components(person)) for t in whole}
    barred = {frozenset((group[a], group[b])) for a, b in cannot_link.tolist()}
    barred = {pair for pair in barred if len(pair) == 2}  # what the user says is one stays one

    def two(a: int, b: int) -> bool:
        return frozenset((group[a], group[b])) in barred

    free = [(a, b) for a, b in Matching()(x, track).tolist() if not two(a, b)]
    doubtful = {(a, b) for a, b in free if any(two(b, c) for d, c in free if d == a)}
    found = Matching()(x, track, cannot_link, must_link)
    assert found.tolist() == [
        [a, b] for a, b in free if (a, b) not in doubtful and (b, a) not in doubtful
    ]


def test_the_papers_matches_are_left_as_they_are():
    x = np.array([[0, 0], [0, 9], [9, 0], [9, 9]] * 3, np.float32)  # three tracks, all alike
    track = np.repeat([0, 1, 2], 4)
    pairs = np.array([[1, 2]])
    assert Matching(mutual=False)(x, track, pairs).tolist() == [[0, 1], [0, 2], [1, 0], [2, 0]]
    assert Matching()(x, track, pairs).tolist() == []


def test_short_tracks_match_nobody_but_may_be_matched():
    x = np.array([[0, 0], [0, 2], [2, 0], [2, 2], [1, 1], [1, 1.1]], np.float32)
    track = np.array([0, 0, 0, 0, 1, 1])
    assert Matching(mutual=False)(x, track).tolist() == [[0, 1]]
    assert Matching()(x, track).tolist() == []


@pytest.mark.parametrize("variance", ["isotropic", "diagonal", "shrunk"])
def test_equal_crops_and_no_crops_do_no_harm(variance):
    x = np.ones((6, 4), np.float32)
    found = Matching(variance=variance)(x, np.array([0, 0, 0, 1, 1, 1]))
    assert found.tolist() == [[0, 1], [1, 0]]
    assert Matching(variance=variance)(x[:0], np.zeros(0, np.int64)).shape == (0, 2)
