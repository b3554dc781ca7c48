"""How alike tracks and strangers are: against what was put in."""

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st
from scipy.stats import norm

from castlist.cluster.likeness import BELIEF, Strangers, moved, of_film, together, track_means

STRANGERS = Strangers(0.1, 0.1)


def unit(vectors: np.ndarray) -> np.ndarray:
    return (vectors / np.linalg.norm(vectors, axis=-1, keepdims=True)).astype(np.float32)


@given(st.floats(1, 1e6))
def test_limit_is_exceeded_by_half_a_pair_within_bounds(comparisons):
    chance = norm.sf(STRANGERS.limit(comparisons), STRANGERS.mean, STRANGERS.spread)
    assert chance == pytest.approx(min(max(0.5 / comparisons, 1 / 740), 1 / 10), rel=1e-6)


def test_cosines_of_two_networks_are_averaged():
    rng = np.random.default_rng(0)
    frozen, adapted = unit(rng.normal(size=(20, 8))), unit(rng.normal(size=(20, 5)))
    both = together(frozen, adapted)
    wanted = (frozen @ frozen.T + adapted @ adapted.T) / 2
    np.testing.assert_allclose(both @ both.T, wanted, atol=1e-6)
    assert both.dtype == np.float32


def test_a_network_beside_itself_changes_nothing():
    frozen = unit(np.random.default_rng(0).normal(size=(20, 8)))
    both = together(frozen, frozen)
    np.testing.assert_allclose(both @ both.T, frozen @ frozen.T, atol=1e-6)


def test_unadapted_strangers_are_not_moved():
    means = unit(np.random.default_rng(0).normal(size=(40, 8)))
    found = moved(STRANGERS, means, means)
    assert (found.mean, found.spread) == pytest.approx((STRANGERS.mean, STRANGERS.spread))


def test_strangers_move_with_pairs_that_are_surely_two_people():
    rng = np.random.default_rng(0)
    before = unit(rng.normal(size=(300, 64)))
    common = np.zeros((300, 1)) + 1  # everybody is drawn towards one direction
    after = unit(np.concatenate([before, 0.5 * common], axis=1))
    known = Strangers(0.0, 0.125)
    found = moved(known, before, after)
    assert found.mean == pytest.approx(0.2, abs=0.01)  # (cos + 0.25) / 1.25
    assert found.spread == pytest.approx(0.1, abs=0.005)


def test_strangers_scatter_as_they_do_where_another_network_knows_nothing_of_the_first_one():
    """Only pairs that the frozen one finds little alike are seen: the other's scatter whole."""
    rng = np.random.default_rng(0)
    before, after = unit(rng.normal(size=(300, 64))), unit(rng.normal(size=(300, 16)))
    found = moved(Strangers(0.0, 0.125), before, after)
    assert found.mean == pytest.approx(0.0, abs=0.01)
    assert found.spread == pytest.approx(0.25, abs=0.01)


def test_strangers_of_too_few_tracks_stay():
    one = unit(np.ones((1, 3)))
    assert moved(STRANGERS, one, one) == STRANGERS
    alike = unit(np.array([[1, 0.1], [1, 0.2]]))
    assert moved(STRANGERS, alike, alike[::-1]) == STRANGERS


@given(st.integers(2, 12), st.floats(0, 0.9), st.integers(0, 99))
def test_strangers_of_a_film_are_half_way_to_the_median_of_what_was_not_merged(count, common, seed):
    rng = np.random.default_rng(seed)
    means = unit(unit(rng.normal(size=(count, 8))) + common)
    labels = rng.integers(0, 3, count)
    found = of_film(STRANGERS, means, labels)
    apart = [
        float(means[i] @ means[j]) for i in range(count) for j in range(i) if labels[i] != labels[j]
    ]
    wanted = STRANGERS.mean
    if apart and np.median(apart) > wanted:
        heard = 0.5 * len(apart) / (len(apart) + BELIEF)
        wanted += heard * (np.median(apart) - wanted)
    assert found.mean == pytest.approx(wanted, abs=1e-6)
    assert found.spread == STRANGERS.spread


@pytest.mark.parametrize("labels", [[], [0], [0, 0, 0]], ids=["no track", "one", "one person"])
def test_strangers_of_a_film_of_nobody_or_one_person_stay(labels):
    means = unit(np.ones((len(labels), 4)) + np.arange(4))
    assert of_film(STRANGERS, means, np.array(labels, np.int64)) == STRANGERS


@given(st.lists(st.integers(0, 4), min_size=1, max_size=20), st.integers(0, 99))
def test_mean_of_a_tracks_crops_has_length_one(track, seed):
    track = np.unique(track, return_inverse=True)[1]  # each track has a crop
    crops = unit(np.random.default_rng(seed).normal(size=(len(track), 5)))
    means = track_means(crops, track)
    for number in range(track.max() + 1):
        total = crops[track == number].sum(axis=0)
        np.testing.assert_allclose(means[number], total / np.linalg.norm(total), atol=1e-5)


def test_mean_of_opposite_crops_is_no_direction():
    means = track_means(np.array([[1, 0], [-1, 0]], np.float32), np.array([0, 0]))
    assert means.tolist() == [[0, 0]]
