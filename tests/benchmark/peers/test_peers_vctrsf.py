"""VC-TRSF: its loss beside a plain one, how tracks are read, and what it finds."""

import numpy as np
import pytest
import torch
from planted import directions, pairs, same_partition

from castlist.benchmark.peers.vctrsf import (
    LONGEST,
    Reader,
    VcTrsf,
    in_rows,
    loss,
    sines,
    some_seen,
    track_vectors,
)

PEOPLE = np.repeat([0, 1, 2, 3], [2, 6, 4, 9])


def test_the_loss_is_the_literal_one():
    random = np.random.default_rng(0)
    predicted, centre = random.normal(0, 1, (2, 5, 4))
    company = np.zeros((5, 5), bool)
    for i, j in ((0, 1), (0, 2), (3, 4)):
        company[i, j] = company[j, i] = True

    def cosine(i, j):
        a, b = predicted[i], centre[j]
        return a @ b / np.linalg.norm(a) / np.linalg.norm(b)

    wanted = []
    for i in range(5):
        near = [max(0, cosine(i, j)) for j in range(5) if company[i, j]]
        wanted.append(2 - 2 * cosine(i, i) + (np.mean(near) if near else 0))
    found = loss(*(torch.from_numpy(values) for values in (predicted, centre, company)))
    assert found.item() == pytest.approx(np.mean(wanted))


def test_tracks_are_laid_in_rows_long_ones_thinned():
    crops = np.arange(1, 72, dtype=np.float32)[:, None].repeat(4, axis=1)
    rows, there = in_rows(crops, np.repeat([0, 1, 2], [3, 64, 4]))
    assert there.sum(axis=1).tolist() == [3, LONGEST, 4]
    # Embeddings of four coordinates are stretched twofold.
    read = ((rows - sines(LONGEST, 4)) / 2)[:, :, 0]
    np.testing.assert_allclose(read[0, :3], [1, 2, 3], atol=1e-5)
    np.testing.assert_allclose(read[1], np.arange(4, 68, 64 // LONGEST), atol=1e-4)
    np.testing.assert_allclose(read[2, :4], [68, 69, 70, 71], atol=1e-4)


def test_places_are_told_by_the_usual_sines():
    wanted = [
        [f(place / 1e4 ** (i / 6)) for i in (0, 2, 4) for f in (np.sin, np.cos)]
        for place in range(5)
    ]
    np.testing.assert_allclose(sines(5, 6), wanted, atol=1e-6)


def test_a_student_sees_a_half_of_the_crops_there_are():
    there = np.arange(8) < np.array([1, 2, 5, 8])[:, None]
    random = np.random.default_rng(0)
    seen = np.stack([some_seen(there, random) for _ in range(100)])
    assert (seen.sum(axis=2) == [1, 1, 2, 4]).all()
    assert (seen.any(axis=0) == there).all()


def test_what_is_not_seen_does_not_matter():
    torch.manual_seed(0)
    reader, crops = Reader(8), torch.randn(2, 5, 8)
    seen = torch.tensor([[True, True, False, False, False], [True] * 5])
    vectors = reader(crops, seen)
    changed = crops.clone()
    changed[0, 2:] = 9
    torch.testing.assert_close(reader(changed, seen), vectors)
    torch.testing.assert_close(reader(crops[:1, :2], seen[:1, :2]), vectors[:1])


def test_people_are_found_by_any_seed():
    crops, track = directions(PEOPLE, 3)
    for seed in range(3):
        fitted = VcTrsf(4, seed=seed).fit(crops, track=track, cannot_link=pairs((0, 5)))
        assert same_partition(fitted.labels_, PEOPLE)


def test_features_of_odd_width_are_read():
    crops, track = directions(PEOPLE, 3)
    labels = VcTrsf(4).fit(crops[:, :5], track=track).labels_
    assert same_partition(labels, PEOPLE)


def test_company_drives_tracks_apart():
    crops, track = directions([0] * 5 + [1] * 5, 4, scatter=0.1)
    barred = pairs(*((a, b) for a in range(5) for b in range(5, 10)))

    def alike(links):
        vectors = track_vectors(crops, track, links, 0)
        return (vectors @ vectors.T)[barred[:, 0], barred[:, 1]].mean()

    assert alike(barred) < alike(None)


def test_a_seed_decides_and_the_global_state_is_left_alone():
    crops, track = directions(PEOPLE, 2)
    state = torch.random.get_rng_state()
    once, again, other = (track_vectors(crops, track, None, seed) for seed in (0, 0, 1))
    assert torch.equal(state, torch.random.get_rng_state())
    np.testing.assert_array_equal(once, again)
    assert not np.allclose(once, other)
