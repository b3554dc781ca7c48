"""The shared training on pairs, and which pairs SSiam, TSiam and CCL show it."""

import numpy as np
import pytest
import torch
from planted import directions, pairs, same_partition

from castlist.benchmark.peers.ccl import Ccl, labelled_pairs
from castlist.benchmark.peers.contrastive import (
    BATCH,
    MOST_STEPS,
    Pairs,
    Siamese,
    contrastive,
    partners,
    steps_for,
)
from castlist.benchmark.peers.ssiam import Ssiam, hard_pairs
from castlist.benchmark.peers.tsiam import FARTHEST, Tsiam, strangers, track_pairs
from castlist.cluster.likeness import track_means

PEOPLE = np.repeat([0, 1, 2, 3], [2, 6, 4, 9])


def test_the_loss_is_the_literal_one():
    random = np.random.default_rng(0)
    same, different = random.uniform(0, 2, 5), random.uniform(0, 2, 9)
    wanted = [d**2 for d in same] + [max(0, 1 - d) ** 2 for d in different]
    found = contrastive(torch.from_numpy(same), torch.from_numpy(different))
    assert found.item() == pytest.approx(np.mean(wanted))


def test_training_draws_one_person_together_and_two_apart():
    crops, _ = directions([0, 0, 1, 1], 1)
    network = Siamese(crops, 0)
    shown = Pairs(pairs((0, 1), (2, 3)), pairs((0, 2), (1, 3)))
    before = [network._distance(p).mean().item() for p in (shown.same, shown.different)]
    network.train(lambda _: shown, 300)
    after = [network._distance(p).mean().item() for p in (shown.same, shown.different)]
    assert after[1] > before[1]
    assert after[1] > 0.9
    assert after[0] < 0.1


def test_alike_crops_and_no_pairs_are_no_trouble():
    crops, _ = directions([0, 0], 1, scatter=0)
    for same, different in ((pairs((0, 1)), pairs()), (pairs(), pairs((0, 1))), (pairs(), pairs())):
        network, shown = Siamese(crops, 0), Pairs(same, different)
        network.train(lambda _, shown=shown: shown, 3)
        assert np.isfinite(network.features()).all()


def test_a_seed_decides_and_the_global_state_is_left_alone():
    crops, track = directions(PEOPLE, 2, scatter=0.3)
    draw = track_pairs(track, strangers(track_means(crops, track), None))
    state = torch.random.get_rng_state()
    found = []
    for seed in (0, 0, 1):
        network = Siamese(crops, seed)
        network.train(draw, 5)
        found.append(network.features())
    assert torch.equal(state, torch.random.get_rng_state())
    np.testing.assert_array_equal(found[0], found[1])
    assert not np.allclose(found[0], found[2])
    np.testing.assert_allclose(np.linalg.norm(found[0], axis=1), 1, rtol=1e-5)


def test_steps_go_by_the_crops():
    assert [steps_for(n) for n in (1, 40, 10**6)] == [1, 40, MOST_STEPS]


def test_partners_are_allowed_and_evenly_drawn():
    allowed = np.array([[False, True, False, True], [False] * 4, [True, False, False, False]])
    random = np.random.default_rng(0)
    found = np.concatenate([partners(np.arange(3), allowed, random) for _ in range(400)])
    drawn, often = np.unique(found, axis=0, return_counts=True)
    assert drawn.tolist() == [[0, 1], [0, 3], [2, 0]]
    assert often[2] == 400
    assert often[0] == pytest.approx(200, abs=50)


def test_ssiam_mines_near_pairs_far_apart_and_far_pairs_near():
    crops, _ = directions(np.arange(400) % 8, 1, scatter=0.2)
    distance = np.linalg.norm(crops[:, None].astype(float) - crops, axis=2)
    drawn = np.random.default_rng(3).choice(400, 200, replace=False)
    near, far = [], []
    for i in drawn.tolist():
        others = [j for j in drawn.tolist() if j != i]
        near.append((i, min(others, key=lambda j: distance[i, j])))
        far.append((i, max(others, key=lambda j: distance[i, j])))
    near.sort(key=lambda pair: -distance[pair])
    far.sort(key=lambda pair: distance[pair])
    found = hard_pairs(crops)(np.random.default_rng(3))
    assert {tuple(p) for p in found.same.tolist()} == set(near[: BATCH // 2])
    assert {tuple(p) for p in found.different.tolist()} == set(far[: BATCH // 2])


def test_ssiam_has_no_pair_of_a_single_crop_and_one_of_two():
    crops, _ = directions([0, 1], 1)
    alone, both = (hard_pairs(x)(np.random.default_rng(0)) for x in (crops[:1], crops))
    assert len(alone.same) == len(alone.different) == 0
    assert {tuple(sorted(p)) for p in both.same.tolist() + both.different.tolist()} == {(0, 1)}


def test_tsiam_pairs_halves_of_a_track_and_tracks_that_share_a_frame():
    _, track = directions([0, 1, 2], [4, 1, 3])
    apart = np.zeros((3, 3), bool)
    apart[0, 1] = apart[1, 0] = True
    draw, random = track_pairs(track, apart), np.random.default_rng(0)
    shown = [draw(random) for _ in range(20)]
    same = {tuple(sorted(p)) for drawn in shown for p in drawn.same.tolist()}
    # Crops 0 to 3 are track 0, crop 4 track 1, crops 5 to 7 track 2.
    assert same == {(0, 2), (0, 3), (1, 2), (1, 3), (5, 7), (6, 7)}
    different = {tuple(sorted(p)) for drawn in shown for p in drawn.different.tolist()}
    assert different == {(0, 4), (1, 4), (2, 4), (3, 4)}


def test_a_track_without_company_is_strange_to_the_farthest():
    means, _ = directions(np.arange(60) % 7, 1, scatter=0.3)
    apart = strangers(means, pairs((0, 1), (1, 2)))
    assert np.flatnonzero(apart[0]).tolist() == [1]
    assert np.flatnonzero(apart[1]).tolist() == [0, 2]
    for lonely in range(3, 60):
        far = sorted(range(60), key=lambda t: means[t] @ means[lonely])[:FARTHEST]
        assert set(np.flatnonzero(apart[lonely])) == set(far)


def test_few_tracks_are_strange_to_half_of_the_others():
    means, _ = directions([0, 0, 0, 1], 1)
    assert strangers(means, None).sum(axis=1).tolist() == [1, 1, 1, 1]
    assert not strangers(means[:2], None).any()


def test_ccl_pairs_by_cluster_but_what_the_film_shows_goes_first():
    # Crops:           0  1  2  3  4  5
    labels = np.array([0, 1, 0, 0, 2, 2])
    track = np.array([0, 0, 1, 2, 2, 3])
    draw, random = labelled_pairs(labels, track, pairs((0, 1))), np.random.default_rng(0)
    shown = [draw(random) for _ in range(20)]
    same = {tuple(sorted(p)) for drawn in shown for p in drawn.same.tolist()}
    different = {tuple(sorted(p)) for drawn in shown for p in drawn.different.tolist()}
    assert same == {(0, 1), (0, 3), (2, 3), (3, 4), (4, 5)}
    every = {(a, b) for a in range(6) for b in range(a + 1, 6)}
    assert different == every - same


@pytest.mark.parametrize("peer", [Ssiam, Tsiam, Ccl])
def test_people_are_found_by_any_seed(peer):
    crops, track = directions(PEOPLE, 3)
    for seed in range(3):
        fitted = peer(4, seed=seed).fit(crops, track=track, cannot_link=pairs((0, 5), (9, 3)))
        assert same_partition(fitted.labels_, PEOPLE)
