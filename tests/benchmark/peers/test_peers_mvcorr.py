"""MvCorr: its correlation beside a plain one, the views it is shown, and what it finds."""

import numpy as np
import pytest
import torch
from made_sets import embeddings, track_set
from planted import directions
from scipy.linalg import eigh

from castlist.benchmark.peers.contrastive import halves
from castlist.benchmark.peers.mvcorr import (
    SHRINK,
    correlation,
    covariances,
    drawn_views,
    train,
    train_on,
)
from castlist.cluster.likeness import track_means
from castlist.errors import CastlistError

PEOPLE = np.repeat([0, 1, 2, 3], [2, 6, 4, 9])


@pytest.mark.parametrize("count", [2, 3])
def test_the_correlation_is_the_mean_generalised_eigenvalue(count):
    views = np.random.default_rng(0).normal(0, 1, (count, 20, 4)).cumsum(axis=0)
    within = sum(np.cov(z.T) for z in views)
    total = count**2 * np.cov(views.mean(axis=0).T)
    between = (total - within) / (count - 1)
    found = covariances(torch.from_numpy(views))
    np.testing.assert_allclose(found[0], within)
    np.testing.assert_allclose(found[1], between)
    shrunk = (1 - SHRINK) * within + SHRINK * np.diag(within).mean() * np.eye(4)
    wanted = eigh(between, shrunk, eigvals_only=True).mean()
    assert correlation(torch.from_numpy(views)).item() == pytest.approx(wanted, abs=1e-5)


def test_the_same_seen_twice_correlates_fully_and_noise_hardly():
    random = np.random.default_rng(0)
    z = np.linalg.qr(random.normal(0, 1, (500, 4)))[0]
    z -= z.mean(axis=0)
    assert correlation(torch.from_numpy(np.stack([z, z]))).item() == pytest.approx(1, abs=0.01)
    noise = random.normal(0, 1, (2, 500, 4))
    assert abs(correlation(torch.from_numpy(noise)).item()) < 0.1


def test_a_view_is_a_mean_of_crops_of_one_half_of_a_track():
    crops = np.arange(1, 8, dtype=np.float32)[:, None]
    track = np.array([0, 0, 0, 0, 1, 2, 2])
    second, random = halves(track), np.random.default_rng(0)
    assert second.tolist() == [False, False, True, True, False, False, True]
    drawn = [drawn_views(crops, track, second, random)[:, :, 0] for _ in range(200)]
    seen = {tuple(views.ravel().tolist()) for views in drawn}
    # First and second half of tracks 0 and 2; track 1 has one crop only.
    assert seen == {(a, 6, b, 7) for a in (1, 1.5, 2) for b in (3, 3.5, 4)}


def test_training_raises_the_correlation():
    crops, track = directions(PEOPLE, 6, scatter=0.3)
    second = halves(track)

    def found(outputs):
        views = drawn_views(outputs, track, second, np.random.default_rng(0))
        return correlation(torch.from_numpy(views)).item()

    assert found(train(crops, track, 0).place(crops)) > found(crops) + 0.1


def test_what_pieces_of_tracks_share_holds_for_other_people():
    # Half of the coordinates are of the person, the others of the picture, and stronger.
    random = np.random.default_rng(0)

    def made(people, crops):
        track = np.repeat(np.arange(len(people)), crops)
        rows = np.concatenate(
            [faces[people[track]], 2 * random.normal(0, 1, (len(track), 10))], axis=1
        )
        return (rows / np.linalg.norm(rows, axis=1, keepdims=True)).astype(np.float32), track

    faces = random.normal(0, 1, (220, 10))
    network = train(*made(np.arange(200), 6), 0)
    crops, track = made(np.repeat(np.arange(200, 220), 2), 4)

    def mixed_up(placed):
        means = track_means(placed, track)
        alike = means @ means.T - 2 * np.eye(40)
        return (alike.argmax(axis=1) // 2 != np.arange(40) // 2).sum()

    assert mixed_up(network.place(crops)) < mixed_up(crops) / 2


def test_tracks_of_two_sets_are_two_tracks(monkeypatch):
    seen = []
    train = "castlist.benchmark.peers.mvcorr.train"
    monkeypatch.setattr(train, lambda *given: seen.append(given))
    one, other = track_set(list("aab")), track_set(list("ba"))
    train_on([(one, embeddings(one)), (other, embeddings(other))], 0)
    ((crops, track, _),) = seen
    assert crops.shape == (15, 8)
    assert track.tolist() == np.repeat(range(5), 3).tolist()


def test_without_other_sets_there_is_nothing_to_train_on():
    with pytest.raises(CastlistError, match="needs other data sets"):
        train_on([], 0)


def test_tracks_of_one_crop_leave_the_network_as_drawn():
    crops, track = directions(PEOPLE, 1)
    placed = train(crops, track, 0).place(crops)
    np.testing.assert_allclose(np.linalg.norm(placed, axis=1), 1, rtol=1e-5)


def test_a_seed_decides_and_the_global_state_is_left_alone(monkeypatch):
    monkeypatch.setattr("castlist.benchmark.peers.mvcorr.STEPS", 5)
    crops, track = directions(PEOPLE, 2)
    state = torch.random.get_rng_state()
    once, again, other = (train(crops, track, seed).place(crops) for seed in (0, 0, 1))
    assert torch.equal(state, torch.random.get_rng_state())
    np.testing.assert_array_equal(once, again)
    assert not np.allclose(once, other)
