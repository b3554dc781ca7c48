"""Erdős-Rényi clustering: its counts, what chance makes of them, and who is connected."""

import numpy as np
import pytest
from made_sets import embeddings, track_set
from planted import same_partition

from castlist.benchmark.peers.erdos_renyi import GALLERY, ErdosRenyi, rank_1_counts, strangers
from castlist.errors import CastlistError

WIDE = 2000
"""Coordinates: verification needs many."""


def faces(people, scatter, seed=0):
    """Tracks of one crop, (T, 2000): people anywhere, tracks scattered about them."""
    random = np.random.default_rng(seed)
    rows = random.normal(0, 1, (max(people) + 1, WIDE))[list(people)]
    rows += random.normal(0, scatter, rows.shape)
    return (rows / np.linalg.norm(rows, axis=1, keepdims=True)).astype(np.float32)


GALLERY_OF_50 = faces(range(50), 0, seed=9)


def test_counts_are_those_of_the_formula():
    means, gallery = faces([0, 0, 1], 0.5), GALLERY_OF_50[:7]
    counts = rank_1_counts(means, gallery)
    for a in range(3):
        for b in range(a, 3):
            closest = [
                abs(means[b, i] - means[a, i]) < min(abs(g[i] - means[a, i]) for g in gallery)
                for i in range(WIDE)
            ]
            assert counts[a, b] == sum(closest)


def test_a_stranger_is_first_as_often_as_any_other():
    counts = rank_1_counts(faces(range(40), 0), GALLERY_OF_50)
    np.fill_diagonal(counts, 0)
    assert counts.sum() / (40 * 39) == pytest.approx(WIDE / 51, rel=0.1)


def test_people_are_connected_and_strangers_are_not():
    people = np.repeat([0, 1, 2, 3], [5, 3, 8, 1])
    labels = ErdosRenyi(GALLERY_OF_50).fit(faces(people, 0.5), track=np.arange(17)).labels_
    assert same_partition(labels, people)


def test_of_strangers_hardly_any_are_linked():
    links = 0
    for seed in range(10):
        found = ErdosRenyi(GALLERY_OF_50).fit(faces(range(30), 0, seed), track=np.arange(30))
        links += 30 - len(set(found.labels_))
    assert links < 20  # of 4350 pairs; a normal tail is too short for counts


def test_the_gallery_is_drawn_evenly_from_all_sets():
    sets = [
        (tracks := track_set(list("abcde") * size), embeddings(tracks, 0.1)) for size in (1, 30)
    ]
    gallery = strangers(sets)
    assert gallery.shape == (GALLERY, 8)
    small = strangers(sets[:1])
    assert small.shape == (5, 8)
    assert any((row == small[0]).all() for row in gallery)
    with pytest.raises(CastlistError, match="erdos-renyi needs other data sets"):
        strangers([])
