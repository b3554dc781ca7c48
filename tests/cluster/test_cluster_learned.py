"""Algorithm 1 against a transcription that loops over pairs of crops."""

from __future__ import annotations

from itertools import combinations, product

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from numpy.typing import NDArray

from castlist.cluster import learned
from castlist.cluster.distance import Sums, Temperatures
from castlist.cluster.learned import LossClustering

OUTPUTS = 8
FLAT = Temperatures(centre=np.zeros(OUTPUTS))


def people_on_film(
    seed: int, people: int, tracks: int, spread: float
) -> tuple[NDArray[np.float64], NDArray[np.int64], NDArray[np.int64]]:
    """Return outputs, the track of each and the person of each track, tracks of 1 to 5 crops."""
    chance = np.random.default_rng(seed)
    person = np.arange(tracks) % people
    track = np.repeat(np.arange(tracks), chance.integers(1, 6, tracks))
    outputs = 0.5 * np.eye(OUTPUTS)[person[track]]
    return outputs + chance.normal(0, spread, outputs.shape), track, person


def pairwise_loss(a: NDArray[np.float64], b: NDArray[np.float64]) -> float:
    def one_way(teacher: NDArray[np.float64], student: NDArray[np.float64]) -> float:
        p = np.exp(teacher / FLAT.teacher)
        q = np.exp(student / FLAT.student)
        return float(-(p / p.sum() * np.log(q / q.sum())).sum())

    return (one_way(a, b) + one_way(b, a)) / 2


def literal_algorithm_1(
    outputs: NDArray[np.float64], track: NDArray[np.int64]
) -> list[frozenset[int]]:
    """VideoClusterNet, Algorithm 1, crop by crop; a cluster of one crop takes the median."""
    clusters = [frozenset([t]) for t in range(int(track.max()) + 1)]
    while True:
        crops = [outputs[np.isin(track, list(c))] for c in clusters]
        inside = [
            np.mean([pairwise_loss(a, b) for a, b in combinations(own, 2)])
            if len(own) > 1
            else None
            for own in crops
        ]
        known = [value for value in inside if value is not None]
        median = np.median(known) if known else -np.inf
        threshold = [median if value is None else value for value in inside]
        items = [
            own if len(c) == 1 else np.stack([outputs[track == t].mean(axis=0) for t in c])
            for c, own in zip(clusters, crops, strict=True)
        ]
        groups = [{k} for k in range(len(clusters))]
        for i, j in combinations(range(len(clusters)), 2):
            between = np.mean([pairwise_loss(a, b) for a, b in product(items[i], items[j])])
            if between < threshold[i] or between < threshold[j]:
                a, b = (next(g for g in groups if k in g) for k in (i, j))
                if a is not b:
                    groups.remove(b)
                    a |= b
        merged = [frozenset().union(*(clusters[k] for k in group)) for group in groups]
        if len(merged) == len(clusters):
            return merged
        clusters = merged


def partition(labels: NDArray[np.int64]) -> set[frozenset[int]]:
    return {frozenset(np.flatnonzero(labels == k).tolist()) for k in np.unique(labels)}


@settings(max_examples=40)
@given(st.integers(0, 10_000), st.integers(1, 4), st.integers(1, 9), st.sampled_from([0.02, 0.2]))
def test_equals_the_literal_algorithm(seed: int, people: int, tracks: int, spread: float) -> None:
    outputs, track, _ = people_on_film(seed, people, tracks, spread)
    found = LossClustering(FLAT).fit(outputs, track=track)
    assert partition(found.labels_) == set(literal_algorithm_1(outputs, track))


def test_blocks_change_nothing(monkeypatch: pytest.MonkeyPatch) -> None:
    outputs, track, _ = people_on_film(1, 3, 30, 0.05)
    whole = LossClustering(FLAT).fit(outputs, track=track).labels_
    monkeypatch.setattr(learned, "BLOCK", 4)
    assert (LossClustering(FLAT).fit(outputs, track=track).labels_ == whole).all()


def test_links_come_from_the_shortest_on_and_as_long_ones_in_order() -> None:
    outputs, track, _ = people_on_film(3, 3, 4, 0.05)
    outputs, track = np.tile(outputs, (3, 1)), np.concatenate([track, track + 4, track + 8])
    items = Sums.of(outputs, track, FLAT)  # each track is there three times
    threshold = items.within()
    threshold[np.isnan(threshold)] = 1.0
    between = items.to(items)
    wanted = sorted(
        (between[i, j], i, j)
        for i, j in combinations(range(12), 2)
        if between[i, j] < max(threshold[i], threshold[j])
    )
    assert list(zip(*learned._links(items, threshold), strict=True)) == wanted
    assert len({distance for distance, _, _ in wanted}) < len(wanted)


@settings(max_examples=30)
@given(st.integers(0, 10_000))
def test_what_may_not_be_linked_is_never_together(seed: int) -> None:
    outputs, track, _ = people_on_film(seed, 1, 8, 0.1)
    pairs = np.random.default_rng(seed).choice(8, (5, 2))
    pairs = pairs[pairs[:, 0] != pairs[:, 1]]
    labels = LossClustering(FLAT).fit(outputs, track=track, cannot_link=pairs).labels_
    assert all(labels[a] != labels[b] for a, b in pairs)


def test_the_tree_of_merges_leads_to_the_labels() -> None:
    outputs, track, _ = people_on_film(5, 3, 20, 0.05)
    found = LossClustering(FLAT).fit(outputs, track=track)
    nodes = {t: {t} for t in range(20)}
    for number, merge in enumerate(found.merges_, start=20):
        nodes[number] = nodes.pop(merge.left) | nodes.pop(merge.right)
    assert {frozenset(members) for members in nodes.values()} == partition(found.labels_)
    assert len(found.merges_) >= 10  # else the test would show nothing


def test_one_track_is_one_cluster() -> None:
    outputs, track, _ = people_on_film(0, 1, 1, 0.1)
    assert LossClustering(FLAT).fit(outputs, track=track).labels_.tolist() == [0]


def test_tracks_of_one_crop_each_stay_alone() -> None:
    outputs = np.random.default_rng(0).normal(size=(4, OUTPUTS))
    found = LossClustering(FLAT).fit(outputs, track=np.arange(4))
    assert sorted(found.labels_.tolist()) == [0, 1, 2, 3]


def test_outputs_that_are_not_finite_are_refused() -> None:
    outputs, track, _ = people_on_film(2, 2, 6, 0.1)
    outputs[3, 1] = np.nan
    with pytest.raises(ValueError, match="NaN"):
        LossClustering(FLAT).fit(outputs, track=track)


def test_the_input_is_left_as_it_was() -> None:
    outputs, track, _ = people_on_film(2, 2, 6, 0.1)
    before = outputs.copy()
    LossClustering(FLAT).fit(outputs, track=track, cannot_link=np.array([[0, 1]]))
    assert (outputs == before).all()


def test_thresholds_are_the_mean_loss_inside_each_track() -> None:
    outputs, track, _ = people_on_film(3, 3, 8, 0.1)
    found = LossClustering(FLAT).fit(outputs, track=track).thresholds_
    inside = [
        [pairwise_loss(a, b) for a, b in combinations(outputs[track == t], 2)] for t in range(8)
    ]
    known = [np.mean(pairs) for pairs in inside if pairs]
    wanted = [np.mean(pairs) if pairs else np.median(known) for pairs in inside]
    np.testing.assert_allclose(found, wanted)


def test_what_must_be_linked_is_together_whatever_it_looks_like() -> None:
    outputs, track, person = people_on_film(4, 2, 6, 0.05)
    a, b = int(np.flatnonzero(person == 0)[0]), int(np.flatnonzero(person == 1)[0])
    apart = LossClustering(FLAT).fit(outputs, track=track).labels_
    assert apart[a] != apart[b]
    found = LossClustering(FLAT).fit(outputs, track=track, must_link=np.array([[a, b]])).labels_
    assert found[a] == found[b]


def test_must_links_hold_against_cannot_links() -> None:
    outputs, track, _ = people_on_film(4, 1, 4, 0.05)
    must, apart = np.array([[0, 1], [1, 2]]), np.array([[0, 2], [1, 3]])
    found = LossClustering(FLAT).fit(outputs, track=track, must_link=must, cannot_link=apart)
    assert found.labels_.tolist() == [0, 0, 0, 1]
