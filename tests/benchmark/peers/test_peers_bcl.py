"""BCL: its loss beside a plain one, the size of its balls, and whom it is trained on."""

import numpy as np
import pytest
import torch
from hypothesis import given, settings
from hypothesis import strategies as st
from made_sets import embeddings, track_set
from planted import directions, pairs, same_partition

from castlist.benchmark.peers.bcl import Balls, Bcl, ball_loss, train, train_on
from castlist.errors import CastlistError

PEOPLE = np.repeat(np.arange(12), [3, 1, 2, 5, 4, 2, 3, 1, 6, 2, 4, 3])


@pytest.fixture(scope="module")
def trained():
    means, _ = directions(PEOPLE, 1, scatter=0.1)
    return means, train(means, PEOPLE, seed=0)


@settings(deadline=None, max_examples=30)
@given(st.integers(0, 10**6), st.floats(0.01, 0.5))
def test_the_loss_is_the_literal_one(seed, radius):
    random = np.random.default_rng(seed)
    person = random.permutation(np.r_[0, 1, 2, random.integers(0, 3, 9)])
    x = random.normal(0, 1, (12, 5))
    x /= np.linalg.norm(x, axis=1, keepdims=True)
    centre = [x[person == k].mean(axis=0) for k in range(3)]
    centre = [c / np.linalg.norm(c) for c in centre]
    within, between = [], []
    for row, own in zip(x, person, strict=True):
        d = [((row - c) ** 2).sum() for c in centre]
        within.append(max(0, d[own] - radius))
        between.append(max(0, 9 * radius + 0.05 - min(d[k] for k in range(3) if k != own)))
    found = ball_loss(torch.from_numpy(x), torch.from_numpy(person), torch.tensor(radius))
    assert found.item() == pytest.approx(4 * np.mean(within) + np.mean(between))


def test_one_person_has_nobody_to_stay_away_from():
    x = torch.eye(2, dtype=torch.float64)
    apart = 2 - 2**0.5
    found = ball_loss(x, torch.tensor([0, 0]), torch.tensor(0.1))
    assert found.item() == pytest.approx(4 * (apart - 0.1))


def test_people_it_was_trained_on_are_counted_by_the_balls(trained):
    means, balls = trained
    labels = Bcl(balls).fit(means, track=np.arange(len(means))).labels_
    assert same_partition(labels, PEOPLE)


def test_training_gives_the_balls_a_size_that_fits(trained):
    means, balls = trained
    placed = balls.place(means)
    centre = np.stack([placed[k == PEOPLE].mean(axis=0) for k in range(12)])
    centre /= np.linalg.norm(centre, axis=1, keepdims=True)
    distance = ((placed[:, None] - centre) ** 2).sum(axis=2)
    own = distance[np.arange(len(means)), PEOPLE]
    distance[np.arange(len(means)), PEOPLE] = np.inf
    assert own.max() < 1.1 * balls.radius < 0.8
    assert distance.min() > 4 * balls.radius


def test_clusters_are_cut_at_four_radii_of_squared_distance():
    angle = np.arccos(1 - 0.2 / 2)  # of two vectors 0.2 apart, squared
    means = np.array([[1, 0], [np.cos(angle), np.sin(angle)]], np.float32)

    def found(radius, barred=None):
        balls = Balls(torch.nn.Identity(), radius)
        return len(set(Bcl(balls).fit(means, track=np.arange(2), cannot_link=barred).labels_))

    assert found(0.049) == 2
    assert found(0.051) == 1
    assert found(0.051, pairs((0, 1))) == 2


def test_a_seed_decides_and_the_global_state_is_left_alone(monkeypatch):
    monkeypatch.setattr("castlist.benchmark.peers.bcl.STEPS", 5)
    means, _ = directions(PEOPLE, 1)
    state = torch.random.get_rng_state()
    once, again, other = (train(means, PEOPLE, seed).place(means) for seed in (0, 0, 1))
    assert torch.equal(state, torch.random.get_rng_state())
    np.testing.assert_array_equal(once, again)
    assert not np.allclose(once, other)


def test_names_of_two_sets_are_two_people(monkeypatch):
    seen = []
    train = "castlist.benchmark.peers.bcl.train"
    monkeypatch.setattr(train, lambda means, person, seed: seen.append((means, person)))
    one, other = track_set(list("aab")), track_set(list("ba"))
    train_on([(one, embeddings(one)), (other, embeddings(other))], 0)
    ((means, person),) = seen
    assert means.shape == (5, 8)
    assert same_partition(person, [0, 0, 1, 2, 3])


def test_without_other_sets_there_is_nothing_to_train_on():
    with pytest.raises(CastlistError, match="needs other data sets"):
        train_on([], 0)
