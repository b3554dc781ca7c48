"""MLR: its loss beside a plain one, which tracks are labelled, and what constraints do."""

import numpy as np
import pytest
import torch
from hypothesis import given, settings
from hypothesis import strategies as st
from planted import directions, pairs
from sklearn.linear_model import LogisticRegression

from castlist.benchmark.peers import mlr
from castlist.benchmark.peers.mlr import NOBODY, Mlr, loss, probabilities, some_known


@settings(deadline=None, max_examples=30)
@given(st.integers(0, 10**6))
def test_the_loss_is_the_literal_one(seed):
    random = np.random.default_rng(seed)
    scores = random.normal(0, 1, (8, 3))
    person = np.array([0, 1, 2, 0, -1, -1, -1, -1])
    barred = pairs((0, 4), (1, 2), (5, 6))
    p = np.exp(scores) / np.exp(scores).sum(axis=1, keepdims=True)
    named = np.mean([-np.log(p[i, person[i]]) for i in range(4)])
    entropy = np.mean([-sum(q * np.log(q) for q in p[i]) for i in range(4, 8)])
    apart = np.mean([-np.log(1 - sum(p[i] * p[j])) for i, j in barred])
    wanted = named + mlr.ENTROPY * entropy + mlr.CONSTRAINT * apart
    found = loss(*(torch.from_numpy(values) for values in (scores, person, barred)))
    assert found.item() == pytest.approx(wanted)


def test_with_all_labelled_it_is_logistic_regression():
    means, person = directions([0, 1, 2] * 6, 1, scatter=0.3)[0], np.array([0, 1, 2] * 6)
    x = means.astype(float) * means.shape[1] ** 0.5
    # scikit-learn minimises a sum over tracks and half of the square.
    plain = LogisticRegression(C=1 / (2 * mlr.RIDGE * len(x)), max_iter=1000, tol=1e-8)
    wanted = plain.fit(x, person).predict_proba(x)
    np.testing.assert_allclose(probabilities(means, person, None), wanted, atol=2e-3)


def test_some_tracks_of_each_person_are_labelled_by_seed():
    identity = np.array(list("abbcccccc"))
    drawn = [some_known(identity, seed) for seed in range(20)]
    for known in drawn:
        assert known[:3].tolist() == [0, 1, 1]
        assert sorted(known[3:]) == [NOBODY] * 3 + [2] * 3
    assert len({tuple(known) for known in drawn}) > 5
    np.testing.assert_array_equal(some_known(identity, 3), drawn[3])


def test_labelled_tracks_keep_their_label_whatever_they_look_like():
    means, track = directions([0, 0, 0, 1, 1, 1], 1)
    known = np.array([0, 0, 1, 1, NOBODY, NOBODY])  # track 2 looks like person 0
    labels = Mlr(known).fit(means, track=track).labels_
    assert labels.tolist() == [0, 0, 1, 1, 1, 1]


def test_constraints_lower_what_they_forbid(monkeypatch):
    monkeypatch.setattr(mlr, "CONSTRAINT", 1.0)
    people = np.arange(40) % 4
    means, _ = directions(people, 1, scatter=0.6)
    known = np.where(np.arange(40) < 8, people, NOBODY)
    a, b = np.triu_indices(40, 1)
    barred = np.stack([a, b], axis=1)[(people[a] != people[b]) & (a >= 8)]

    def together(p):
        return (p[barred[:, 0]] * p[barred[:, 1]]).sum(axis=1).mean()

    free, bound = (probabilities(means, known, links) for links in (None, barred))
    assert together(bound) < 0.5 * together(free)


def test_one_person_shares_a_frame_with_themselves():
    means, track = directions([0, 0, 0], 1)
    fitted = Mlr(np.array([0, NOBODY, NOBODY])).fit(means, track=track, cannot_link=pairs((1, 2)))
    assert fitted.labels_.tolist() == [0, 0, 0]
