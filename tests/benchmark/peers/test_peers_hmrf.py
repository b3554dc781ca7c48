"""HMRF and SCTL: each formula beside a plain one, and what links do."""

import numpy as np
from hypothesis import given, settings
from hypothesis import strategies as st
from planted import directions, pairs, same_partition
from scipy.stats import norm

from castlist.benchmark.peers.hmrf import (
    Hmrf,
    best_start,
    bound,
    expectation_maximisation,
    field_of,
    log_densities,
    sweep,
)
from castlist.benchmark.peers.sctl import Sctl, link


def made(seed, tracks=12, people=3, size=4):
    random = np.random.default_rng(seed)
    means = random.normal(0, 1, (tracks, size))
    q = random.dirichlet(np.ones(people), tracks)
    signs = np.triu(random.choice([-1, 0, 0, 1], (tracks, tracks)), 1).astype(float)
    return means, q, signs + signs.T


def test_densities_are_gaussian():
    means, q, _ = made(0)
    found = log_densities(means, q)
    for k in range(3):
        weight = q[:, k]
        centre = np.average(means, axis=0, weights=weight)
        own = ((means - centre) ** 2 * weight[:, None]).sum(axis=0)
        variance = (own + means.var(axis=0)) / (weight.sum() + 1)
        wanted = norm.logpdf(means, centre, np.sqrt(variance)).sum(axis=1)
        np.testing.assert_allclose(found[:, k], wanted)


def test_a_sweep_tells_each_track_what_its_neighbours_are():
    means, q, field = made(1)
    density = log_densities(means, q)
    wanted = q.copy()
    for i in range(len(means)):
        log_q = [
            density[i, k] + sum(field[i, j] * wanted[j, k] for j in range(len(means)))
            for k in range(3)
        ]
        wanted[i] = np.exp(log_q) / np.exp(log_q).sum()
    np.testing.assert_allclose(sweep(density, field, q), wanted)


@settings(deadline=None, max_examples=30)
@given(st.integers(0, 10**6), st.floats(0, 5))
def test_sweeps_never_lower_the_bound(seed, weight):
    means, q, field = made(seed)
    density, before = log_densities(means, q), -np.inf
    for _ in range(4):
        now = bound(density, weight * field, q)
        assert now >= before - 1e-9 * abs(now)
        before, q = now, sweep(density, weight * field, q)


def test_the_field_is_symmetric_and_signed():
    field = field_of(3, pairs((0, 1)), pairs((1, 2)))
    np.testing.assert_array_equal(field, [[0, -1, 0], [-1, 0, 1], [0, 1, 0]])
    np.testing.assert_array_equal(field_of(2, None), np.zeros((2, 2)))


def test_must_links_hold_together_whom_looks_would_part():
    crops, _ = directions([0] * 4 + [1] * 4, 1, scatter=0.2)
    means = crops.astype(np.float64)
    start = np.eye(2)[[0] * 4 + [1] * 4]
    loose = expectation_maximisation(means, field_of(8, None), start)
    assert same_partition(loose.q.argmax(axis=1), [0] * 4 + [1] * 4)
    tied = field_of(8, None, pairs((3, 4), (3, 5), (3, 6), (3, 7)))
    labels = expectation_maximisation(means, tied, start).q.argmax(axis=1)
    assert labels[3] == labels[4]


def test_a_cannot_link_sends_a_doubtful_track_elsewhere():
    means = np.array([[0, 0], [0, 1], [5, 0], [5, 1], [2.4, 0.5]])
    start = np.eye(2)[[0, 0, 1, 1, 0]]
    free = expectation_maximisation(means, field_of(5, None), start).q.argmax(axis=1)
    barred = field_of(5, pairs((0, 4), (1, 4)))
    apart = expectation_maximisation(means, barred, start).q.argmax(axis=1)
    assert free.tolist() == [0, 0, 1, 1, 0]
    assert apart.tolist() == [0, 0, 1, 1, 1]


def test_the_best_start_is_no_worse_than_others():
    crops, _ = directions(np.repeat(range(6), 4), 1, scatter=0.3)
    means, field = crops.astype(np.float64), field_of(24, pairs((0, 1)))
    q = best_start(means, field, 6, seed=0)
    own = bound(log_densities(means, q), means.shape[1] / 2 * field, q)
    random = np.random.default_rng(0)
    for _ in range(10):
        start = np.eye(6)[random.integers(0, 6, 24)]
        assert own >= expectation_maximisation(means, field, start).bound


def test_people_are_found_by_any_seed():
    people = np.repeat([0, 1, 2, 3], [2, 6, 4, 9])
    crops, track = directions(people, 3)
    for seed in range(3):
        for peer in (Hmrf(4, seed=seed), Sctl(4, seed=seed)):
            assert same_partition(peer.fit(crops, track=track).labels_, people)


def test_tracks_that_go_on_are_linked():
    crops, track = directions([0, 0, 1, 0], 3)
    crops[[2, 3, 5, 9]] = crops[2]  # tracks 0, 1 and 3 end and begin with the same picture
    found = Sctl(2).fit(crops, track=track)
    assert found.links_.tolist() == [[0, 1], [1, 3]]
    barred = Sctl(2).fit(crops, track=track, cannot_link=pairs((0, 1)))
    assert [0, 1] not in barred.links_.tolist()


def test_linking_is_one_to_one_at_the_least_cost_and_within_clusters():
    cost = np.full((4, 4), np.inf)
    cost[0, 2], cost[1, 2], cost[1, 3], cost[0, 1] = -3, -4, -2, -0.5
    assert link(cost, np.zeros(4, int)).tolist() == [[0, 2], [1, 3]]
    assert link(cost, np.array([0, 1, 1, 1])).tolist() == [[1, 2]]
    assert link(np.full((3, 3), np.inf), np.zeros(3, int)).shape == (0, 2)
