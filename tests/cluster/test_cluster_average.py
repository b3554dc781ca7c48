"""Average linkage that stops by itself, against plain agglomeration."""

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from hypothesis.extra.numpy import arrays
from sklearn.base import clone

from castlist.cluster import average
from castlist.cluster.average import AverageClustering
from castlist.cluster.labels import number_by_size
from castlist.cluster.likeness import Strangers

STRANGERS = Strangers(0.1, 0.1)


def unit(vectors: np.ndarray) -> np.ndarray:
    return (vectors / np.linalg.norm(vectors, axis=-1, keepdims=True)).astype(np.float32)


def fit(
    means, *, strangers=STRANGERS, cannot_link=None, evidence=None, **more
) -> AverageClustering:
    """Cluster tracks of one crop each."""
    pairs = None if cannot_link is None else np.array(cannot_link, np.int64).reshape(-1, 2)
    evidence = None if evidence is None else np.array(evidence, np.float32)
    clustering = AverageClustering(strangers)
    track = np.arange(len(means))
    return clustering.fit(means, track=track, cannot_link=pairs, evidence=evidence, **more)


def cluster(means, **given) -> list[int]:
    return fit(means, **given).labels_.tolist()


def partition(labels) -> set[frozenset[int]]:
    return {
        frozenset(i for i, other in enumerate(labels) if other == label) for label in set(labels)
    }


def plain_agglomeration(means, strangers: Strangers, cannot_link) -> set[frozenset[int]]:
    """Merge the two groups whose members are most alike on the average, one pair at a time.

    Groups that hold a pair of two people are never merged. Of the partitions on the way, the
    last one whose merge was more alike than the limit for the groups that there were is it.
    """
    likeness = means.astype(np.float64) @ means.T.astype(np.float64)
    forbidden = {frozenset(pair) for pair in cannot_link}
    groups = trusted = [frozenset([i]) for i in range(len(means))]
    while True:
        best = None
        for i, a in enumerate(groups):
            for b in groups[i + 1 :]:
                if any(frozenset((x, y)) in forbidden for x in a for y in b):
                    continue
                mean = np.mean([likeness[x, y] for x in a for y in b])
                if best is None or mean > best[0]:
                    best = (mean, a, b)
        if best is None or best[0] < strangers.limit(1):
            return set(trusted)
        mean, a, b = best
        limit = strangers.limit(len(groups) * (len(groups) - 1) / 2)
        groups = [group for group in groups if group not in (a, b)] + [a | b]
        if mean >= limit:
            trusted = groups


@settings(max_examples=60, deadline=None)
@given(st.data())
def test_it_is_plain_average_linkage_with_cannot_links(data):
    count = data.draw(st.integers(1, 14), "tracks")
    rng = np.random.default_rng(data.draw(st.integers(0, 10**6), "seed"))
    people = unit(rng.normal(size=(4, 6)))
    means = unit(people[rng.integers(0, 4, count)] + 0.3 * rng.normal(size=(count, 6)))
    pairs = [(i, j) for j in range(count) for i in range(j)]
    cannot_link = data.draw(
        st.lists(st.sampled_from(pairs), max_size=8, unique=True) if pairs else st.just([])
    )
    strangers = Strangers(data.draw(st.floats(-0.2, 0.5)), data.draw(st.floats(0.02, 0.3)))
    labels = cluster(means, strangers=strangers, cannot_link=cannot_link)
    assert partition(labels) == plain_agglomeration(means, strangers, cannot_link)


def test_blocks_make_no_difference(monkeypatch):
    means = unit(np.random.default_rng(1).normal(size=(50, 4)))
    pairs = [(i, i + 7) for i in range(0, 40, 3)]
    whole = cluster(means, cannot_link=pairs)
    monkeypatch.setattr(average, "BLOCK", 7)
    assert cluster(means, cannot_link=pairs) == whole


def test_two_crowds_are_kept_apart_by_one_pair():
    means = np.tile(unit(np.array([1.0, 0.1])), (2300, 1))
    means[1150:] = unit(np.array([0.9, 0.3]))
    labels = cluster(means, strangers=Strangers(-0.9, 0.01), cannot_link=[(0, 1150)])
    assert labels == [0] * 1150 + [1] * 1150


def test_the_more_people_the_more_alike_two_tracks_have_to_be():
    pair = unit(np.array([[1, 0], [1, 1.7]]))  # a cosine of 0.51
    strangers = Strangers(0.1, 0.17)
    assert cluster(pair, strangers=strangers) == [0, 0]
    crowd = np.zeros((62, 62), np.float32)
    crowd[:2, :2], crowd[2:, 2:] = pair, np.eye(60)
    assert cluster(crowd, strangers=strangers)[:2] == [0, 1]


def test_the_limit_rises_where_an_adapted_network_finds_strangers_alike():
    cosines = np.full((30, 30), 0.2) + 0.8 * np.eye(30)  # of 30 people
    cosines[0, 1] = cosines[1, 0] = 0.43
    means = np.linalg.cholesky(cosines).astype(np.float32)
    known, seen = STRANGERS.limit(30 * 29 / 2), Strangers(0.148, 0.1).limit(30 * 29 / 2)
    assert known < 0.43 < seen
    assert len(set(cluster(means))) == 29
    assert len(set(cluster(means, frozen=means))) == 30


@pytest.mark.parametrize("broken", ["X", "frozen"])
def test_embeddings_that_are_not_finite_are_refused(broken):
    given = {"X": unit(np.ones((3, 2))), "frozen": unit(np.ones((3, 2)))}
    given[broken][1] = np.nan
    with pytest.raises(ValueError, match="NaN"):
        AverageClustering(STRANGERS).fit(**given, track=np.arange(3))


def test_no_track_at_all():
    none = np.zeros(0, np.int64)
    for evidence in (None, np.zeros(0, np.float32)):
        clustering = AverageClustering(STRANGERS).fit(
            np.zeros((0, 1), np.float32),
            track=none,
            cannot_link=none.reshape(0, 2),
            evidence=evidence,
            frozen=np.zeros((0, 1), np.float32),
        )
        assert clustering.labels_.shape == (0,)
        assert clustering.labels_.dtype == np.int64
        assert clustering.merges_ == []


def test_one_track():
    assert cluster(unit(np.ones((1, 3)))) == [0]
    assert cluster(unit(np.ones((1, 3))), evidence=[0.1]) == [0]  # no better one to compare with
    assert cluster(unit(np.ones((1, 3))), evidence=[0.0]) == [-1]


def test_poor_track_joins_a_character_or_is_unknown():
    a, b, c = np.eye(3)
    means = unit(np.array([a, a, b, c, a + 0.1 * b]))
    good = [2, 2, 2, 2, 2]
    assert cluster(means, evidence=good) == [0, 0, 1, 2, 0]
    assert cluster(means, evidence=[2, 2, 2, 0.1, 0.1]) == [0, 0, 1, -1, 0]


def test_poor_track_joins_nobody_whom_it_was_seen_with():
    a, b = np.eye(2)
    means = unit(np.array([a, a, b, a]))
    evidence = [2, 2, 2, 0.1]
    assert cluster(means, evidence=evidence, cannot_link=[(0, 3)]) == [0, 0, 1, -1]


def test_two_poor_tracks_make_no_character():
    a, b, c = np.eye(3)
    means = unit(np.array([a, b, c, c]))
    assert cluster(means, evidence=[2, 2, 0.1, 0.1]) == [0, 1, -1, -1]


def test_dark_film_has_characters_all_the_same():
    means = unit(np.array([[1, 0], [1, 0.1], [0, 1]]))
    assert cluster(means, evidence=[0.02, 0.03, 0.02]) == [0, 0, 1]


def test_merges_make_the_labels():
    rng = np.random.default_rng(3)
    means = unit(np.repeat(rng.normal(size=(5, 16)), 6, axis=0) + 0.2 * rng.normal(size=(30, 16)))
    evidence = np.full(30, 3.0)
    evidence[::7] = 0.1  # poor, and joining all the same
    clustering = fit(means, evidence=evidence, must_link=np.array([[1, 2]]))
    node = {i: {i} for i in range(30)}
    for number, merge in enumerate(clustering.merges_):
        node[30 + number] = node.pop(merge.left) | node.pop(merge.right)
    assert {frozenset(tracks) for tracks in node.values()} == partition(clustering.labels_)
    assert len(node) == 5
    distances = [merge.distance for merge in clustering.merges_[1:-5]]
    assert distances == sorted(distances)


def test_poor_tracks_that_share_a_frame_join_no_cluster_together():
    a, b = np.eye(2)
    means = unit(np.array([a, a, b, a, a]))
    found = cluster(means, evidence=[2, 2, 2, 0.1, 0.1], cannot_link=[(3, 4)])
    assert found == [0, 0, 1, 0, -1]


def test_must_links_hold_against_cannot_links():
    must = np.array([[0, 1], [1, 2]])
    labels = cluster(np.eye(4, dtype=np.float32), must_link=must, cannot_link=[(0, 2), (1, 3)])
    assert labels == [0, 0, 0, 1]


def test_thresholds_are_those_of_what_is_left():
    a, b, c = np.eye(3)
    clustering = fit(unit(np.array([a, a, b, c, a, b])), evidence=[2, 2, 2, 2, 0.1, 0.1])
    good, poor = STRANGERS.limit(3), STRANGERS.limit(3 * 2)
    np.testing.assert_allclose(clustering.thresholds_, [good] * 4 + [poor] * 2)
    assert poor > good


def test_inputs_are_left_as_they_were():
    means = unit(np.random.default_rng(0).normal(size=(5, 3)))
    before = means.copy()
    cluster(means, cannot_link=[(0, 1)])
    np.testing.assert_array_equal(means, before)


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
    clustering = AverageClustering(STRANGERS)
    assert clustering.get_params() == {"strangers": STRANGERS}
    other = clone(clustering).set_params(strangers=Strangers(0.2, 0.1))
    assert other.strangers.mean == 0.2
    with pytest.raises(AttributeError):
        _ = other.labels_
