"""The frozen baseline: average linkage against plain agglomeration, and how labels are numbered."""

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from hypothesis.extra.numpy import arrays
from sklearn.base import clone

from castlist.cluster.frozen import (
    ENOUGH_PAIRS,
    FALSE_ALARMS,
    FrozenClustering,
    track_means,
)
from castlist.cluster.labels import number_by_size


def unit(vectors: np.ndarray) -> np.ndarray:
    return (vectors / np.linalg.norm(vectors, axis=-1, keepdims=True)).astype(np.float32)


def cluster(means, *, same, cannot_link=None, evidence=None) -> list[int]:
    """Cluster tracks of one crop each."""
    pairs = None if cannot_link is None else np.array(cannot_link, np.int64).reshape(-1, 2)
    evidence = None if evidence is None else np.array(evidence, np.float32)
    clustering = FrozenClustering(same=same, poor=0.25)
    clustering.fit(means, track=np.arange(len(means)), cannot_link=pairs, evidence=evidence)
    return clustering.labels_.tolist()


def partition(labels: list[int]) -> set[frozenset[int]]:
    return {
        frozenset(i for i, other in enumerate(labels) if other == label) for label in set(labels)
    }


def plain_agglomeration(means, same: float, cannot_link) -> set[frozenset[int]]:
    """Merge the two groups whose members are most alike on the average, one pair at a time.

    Groups that hold a pair of two people are never merged.
    """
    distance = 1 - means.astype(np.float64) @ means.T.astype(np.float64)
    limit = 1 - same
    if len(cannot_link) >= ENOUGH_PAIRS:
        apart = [distance[pair] for pair in cannot_link]
        limit = min(limit, float(np.quantile(apart, FALSE_ALARMS)))
    forbidden = {frozenset(pair) for pair in cannot_link}
    groups = [frozenset([i]) for i in range(len(means))]
    while True:
        best = None
        for i, a in enumerate(groups):
            for b in groups[i + 1 :]:
                if any(frozenset((x, y)) in forbidden for x in a for y in b):
                    continue
                average = np.mean([distance[x, y] for x in a for y in b])
                if average <= limit and (best is None or average < best[0]):
                    best = (average, a, b)
        if best is None:
            return set(groups)
        _, a, b = best
        groups = [group for group in groups if group not in (a, b)] + [a | b]


@settings(max_examples=60, deadline=None)
@given(st.data())
def test_it_is_plain_average_linkage_with_cannot_links(data):
    count = data.draw(st.integers(1, 14), "tracks")
    rng = np.random.default_rng(data.draw(st.integers(0, 10**6), "seed"))
    people = unit(rng.normal(size=(4, 6)))
    means = unit(people[rng.integers(0, 4, count)] + 0.4 * rng.normal(size=(count, 6)))
    pairs = [(i, j) for j in range(count) for i in range(j)]
    cannot_link = data.draw(
        st.lists(st.sampled_from(pairs), max_size=8, unique=True) if pairs else st.just([])
    )
    same = data.draw(st.floats(-0.5, 0.95), "same")
    labels = cluster(means, same=same, cannot_link=cannot_link)
    assert partition(labels) == plain_agglomeration(means, same, cannot_link)


def test_two_crowds_are_kept_apart_by_one_pair():
    means = np.tile(unit(np.array([1.0, 0.1])), (2300, 1))
    means[1150:] = unit(np.array([0.9, 0.3]))
    labels = cluster(means, same=-0.9, cannot_link=[(0, 1150)])
    assert labels == [0] * 1150 + [1] * 1150


def test_film_whose_people_look_alike_is_merged_less():
    angles = np.deg2rad([0, 5, 30, 35])  # two people, two tracks of each, 25 degrees apart
    means = unit(np.stack([np.cos(angles), np.sin(angles)], axis=1))
    assert cluster(means, same=0.8) == [0, 0, 0, 0]
    pairs = [(0, 2), (0, 3), (1, 2), (1, 3)]
    assert cluster(means, same=0.8, cannot_link=pairs) == [0, 0, 1, 1]
    third = np.concatenate([means, unit(np.array([[np.cos(0.3), np.sin(0.3)]]))])  # 12 off both
    assert cluster(third, same=0.8, cannot_link=pairs[:1])[4] in (0, 1)
    far = unit(np.array([[1, 0], [0.95, 0.312], [0, 1], [-1, 0], [0, -1]]))
    apart = [(0, 2), (0, 3), (0, 4), (2, 3), (3, 4)]
    assert cluster(far, same=0.8, cannot_link=apart) == [0, 0, 1, 2, 3]  # no reason to be shy


def test_no_track_at_all():
    clustering = FrozenClustering(same=0.5)
    none = np.zeros(0, np.int64)
    for evidence in (None, np.zeros(0, np.float32)):
        clustering.fit(
            np.zeros((0, 1), np.float32),
            track=none,
            cannot_link=none.reshape(0, 2),
            evidence=evidence,
        )
        assert clustering.labels_.shape == (0,)
        assert clustering.labels_.dtype == np.int64


def test_one_track():
    assert cluster(unit(np.ones((1, 3))), same=0.5) == [0]
    assert cluster(unit(np.ones((1, 3))), same=0.5, evidence=[0.1]) == [-1]


def test_poor_tracks_that_are_like_nobody_are_unknown():
    a, b, c = np.eye(3)
    means = unit(np.array([a, a, b, c]))
    assert cluster(means, same=0.5, evidence=[0.1, 0.1, 0.1, 0.9]) == [0, 0, -1, 1]
    assert cluster(means, same=0.5, evidence=[0.1, 0.1, 0.25, 0.9]) == [0, 0, 1, 2]
    assert cluster(means, same=0.5) == [0, 0, 1, 2]


def test_all_tracks_unknown():
    assert cluster(unit(np.eye(3)), same=0.5, evidence=[0, 0, 0]) == [-1, -1, -1]


def test_likeness_counts_from_the_limit_on():
    means = unit(np.array([[1, 0], [0.6, 0.8]]))
    assert cluster(means, same=0.599) == [0, 0]
    assert cluster(means, same=0.601) == [0, 1]


def test_inputs_are_left_as_they_were():
    means = unit(np.random.default_rng(0).normal(size=(5, 3)))
    before = means.copy()
    cluster(means, same=0.5, cannot_link=[(0, 1)])
    np.testing.assert_array_equal(means, before)


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


@given(arrays(np.int64, st.integers(0, 25), elements=st.integers(-1, 7)))
def test_renumbering_keeps_the_groups_and_puts_the_largest_first(labels):
    new = number_by_size(labels)
    known = new[new >= 0]
    np.testing.assert_array_equal(new == -1, labels == -1)
    pairs = set(zip(labels.tolist(), new.tolist(), strict=True))
    assert len(pairs) == len(set(labels.tolist())) == len(set(new.tolist()))  # one to one
    assert sorted(set(known.tolist())) == list(range(len(set(known.tolist()))))
    sizes = np.bincount(known)
    first = [int(np.flatnonzero(new == k)[0]) for k in range(len(sizes))]
    rank = [(-size, at) for size, at in zip(sizes, first, strict=True)]
    assert rank == sorted(rank)


def test_it_is_a_scikit_learn_estimator():
    clustering = FrozenClustering(same=0.7, poor=0.1)
    assert clustering.get_params() == {"same": 0.7, "poor": 0.1}
    other = clone(clustering).set_params(same=0.6)
    assert (other.same, other.poor) == (0.6, 0.1)
    with pytest.raises(AttributeError):
        _ = other.labels_
