"""A parameter chosen on other sets."""

import numpy as np
import pytest
from made_sets import embeddings, track_set

from castlist.benchmark.metrics import contingency, score
from castlist.benchmark.peers.chosen import best, best_for
from castlist.benchmark.peers.muhpc import MuhpcFaces
from castlist.errors import CastlistError

CANDIDATES = [n / 20 for n in range(21)]


def made(people, seed):
    tracks = track_set(list(people))
    return tracks, embeddings(tracks, 0.45, seed)


def test_no_candidate_has_a_better_mean():
    sets = [made("aabbccc", 0), made("aaaaabc", 1)]

    def mean(distance):
        fitted = [MuhpcFaces(distance).fit(x, track=own.track).labels_ for own, x in sets]
        pairs = zip(sets, fitted, strict=True)
        return np.mean([score(contingency(own.identity, found)).b3_f for (own, _), found in pairs])

    means = [mean(distance) for distance in CANDIDATES]
    assert best_for(MuhpcFaces, CANDIDATES, sets) == CANDIDATES[int(np.argmax(means))]
    assert min(means) < max(means)


def test_sets_are_prepared_once_and_count_alike():
    prepared = []

    def prepare(own, _):
        prepared.append(own.name)
        return lambda value: np.arange(len(own)) if value > 0.5 else np.zeros(len(own), int)

    many = track_set(list("aaaaaaaa"), name="many"), np.zeros((24, 2))
    one, two = ((track_set(list("abc"), name=name), np.zeros((9, 2))) for name in ("one", "two"))
    assert best([0, 1], [many, one, two], prepare) == 1
    assert prepared == ["many", "one", "two"]
    assert best([0, 1], [many], prepare) == 0


def test_without_sets_there_is_no_choice():
    with pytest.raises(CastlistError, match="needs other data sets"):
        best_for(MuhpcFaces, CANDIDATES, [])
