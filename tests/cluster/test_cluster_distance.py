"""The closed form of the learned distance against the mean over all pairs, one by one."""

from __future__ import annotations

from itertools import combinations, product

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st
from numpy.typing import NDArray

from castlist.cluster import distance
from castlist.cluster.distance import Cosine, Sums, Temperatures

OUTPUTS = 6


def random_crops(seed: int, sizes: list[int]) -> tuple[NDArray[np.float64], NDArray[np.int64]]:
    """Return outputs of a head, (N, 6), and the track of each, for tracks of these sizes."""
    outputs = np.random.default_rng(seed).normal(0, 0.3, (sum(sizes), OUTPUTS))
    return outputs, np.repeat(np.arange(len(sizes)), sizes)


def temperatures(seed: int) -> Temperatures:
    return Temperatures(centre=np.random.default_rng(seed + 1).normal(0, 0.1, OUTPUTS))


def loss(teacher: NDArray[np.float64], student: NDArray[np.float64], t: Temperatures) -> float:
    """The training's loss of one pair, written out."""
    sharp = np.exp((teacher - t.centre) / t.teacher)
    soft = np.exp(student / t.student)
    q = soft / soft.sum()
    return float(-sum(sharp[k] / sharp.sum() * np.log(q[k]) for k in range(len(q))))


@given(st.integers(0, 1000), st.lists(st.integers(1, 5), min_size=2, max_size=5))
def test_between_is_the_mean_over_all_pairs(seed: int, sizes: list[int]) -> None:
    outputs, track = random_crops(seed, sizes)
    t = temperatures(seed)
    sums = Sums.of(outputs, track, t)
    between = sums.to(sums)
    for i, j in product(range(len(sizes)), repeat=2):
        pairs = list(product(outputs[track == i], outputs[track == j]))
        expected = np.mean([(loss(a, b, t) + loss(b, a, t)) / 2 for a, b in pairs])
        assert between[i, j] == pytest.approx(expected, rel=1e-9)


@given(st.integers(0, 1000), st.lists(st.integers(2, 6), min_size=1, max_size=4))
def test_within_is_the_mean_over_distinct_pairs(seed: int, sizes: list[int]) -> None:
    outputs, track = random_crops(seed, sizes)
    t = temperatures(seed)
    within = Sums.of(outputs, track, t).within()
    for i in range(len(sizes)):
        pairs = list(combinations(outputs[track == i], 2))
        expected = np.mean([(loss(a, b, t) + loss(b, a, t)) / 2 for a, b in pairs])
        assert within[i] == pytest.approx(expected, rel=1e-9)


@given(st.integers(0, 1000), st.lists(st.integers(2, 5), min_size=2, max_size=4))
def test_the_cosine_is_a_mean_over_pairs_as_well(seed: int, sizes: list[int]) -> None:
    outputs, track = random_crops(seed, sizes)
    unit = outputs / np.linalg.norm(outputs, axis=1, keepdims=True)
    sums = Sums.of(outputs, track, Cosine())
    between, within = sums.to(sums), sums.within()
    for i, j in product(range(len(sizes)), repeat=2):
        assert between[i, j] == pytest.approx(-(unit[track == i] @ unit[track == j].T).mean())
        squared = ((unit[track == i][:, None] - unit[track == j]) ** 2).sum(axis=2).mean()
        assert squared == pytest.approx(2 + 2 * between[i, j])
    for i in range(len(sizes)):
        pairs = [a @ b for a, b in combinations(unit[track == i], 2)]
        assert within[i] == pytest.approx(-np.mean(pairs))


def test_a_track_of_one_crop_has_nothing_within() -> None:
    outputs, track = random_crops(0, [1, 3])
    assert np.isnan(Sums.of(outputs, track, temperatures(0)).within()).tolist() == [True, False]


def test_merged_sums_are_the_sums_of_the_merged_crops() -> None:
    outputs, track = random_crops(3, [2, 1, 4])
    t, groups = temperatures(3), np.array([1, 0, 1])
    merged, direct = (
        Sums.of(outputs, track, t).merged(groups, 2),
        Sums.of(outputs, groups[track], t),
    )
    for name in ("count", "p", "log_q", "own"):
        np.testing.assert_allclose(getattr(merged, name), getattr(direct, name))


def test_blocks_of_crops_make_no_difference(monkeypatch: pytest.MonkeyPatch) -> None:
    outputs, track = random_crops(5, [4, 1, 7, 3])
    shuffled = np.random.default_rng(5).permutation(track)
    whole = Sums.of(outputs, shuffled, temperatures(5))
    monkeypatch.setattr(distance, "BLOCK", 4)
    parts = Sums.of(outputs, shuffled, temperatures(5))
    for name, values in vars(whole).items():
        np.testing.assert_array_equal(getattr(parts, name), values)


def test_large_outputs_overflow_nothing() -> None:
    t = Temperatures(centre=np.zeros(3))
    sums = Sums.of(np.array([[900.0, 0, 0], [0, 900, 0]]), np.array([0, 1]), t)
    assert np.isfinite(sums.to(sums)).all()


def test_no_crops_make_no_tracks() -> None:
    none = Sums.of(np.zeros((0, OUTPUTS)), np.zeros(0, np.int64), temperatures(0))
    assert len(none) == 0
    assert none.to(none).shape == (0, 0)
