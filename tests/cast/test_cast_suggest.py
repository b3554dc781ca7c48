"""Which questions are asked, and in which order."""

import numpy as np
import pytest

from castlist.cast.suggest import TWICE, Asked, suggest
from castlist.cluster.likeness import Strangers

STRANGERS = Strangers(0.1, 0.1)


def looks(*angles):
    """Embeddings in a plane: the cosine of two is that of the angle between them, in degrees."""
    turned = np.deg2rad(angles)
    return np.stack([np.cos(turned), np.sin(turned)], axis=1).astype(np.float32)


def asked(questions):
    return [(q.asked, q.cluster, q.other, q.track) for q in questions]


def test_whom_a_yes_mends_most_is_asked_about_first():
    """Clusters 0 and 1 are alike and large; 2 is as like 0, but small; 3 is like nobody."""
    means = looks(0, 0, 0, 50, 50, -50, 120)
    found = suggest(means, np.array([0, 0, 0, 1, 1, 2, 3]), STRANGERS)
    same = [q for q in found if q.asked is Asked.SAME]
    assert asked(same)[:2] == [(Asked.SAME, 1, 0, -1), (Asked.SAME, 2, 0, -1)]
    assert same[0].worth == pytest.approx(2 * same[0].likely)
    assert [q.worth for q in found] == sorted((q.worth for q in found), reverse=True)
    assert suggest(means, np.array([0, 0, 0, 1, 1, 2, 3]), STRANGERS, most=1) == found[:1]


def test_a_track_that_is_more_like_others_is_asked_about():
    labels = np.array([0, 0, 0, 1, 1])
    found = suggest(looks(0, 0, 80, 90, 90), labels, STRANGERS)
    assert (Asked.ELSEWHERE, 1, -1, 2) in asked(found)[:2]
    sure = suggest(looks(0, 0, 80, 90, 90), labels, STRANGERS, sure=[2])
    assert not [q for q in sure if q.track == 2]


def test_an_unknown_track_is_asked_about_of_whom_it_is_most_like():
    found = suggest(looks(0, 0, 90, 90, 60), np.array([0, 0, 1, 1, -1]), STRANGERS)
    assert [q.cluster for q in found if q.track == 4] == [1]


def test_a_poor_track_is_like_nobody_but_may_be_who_it_is_least_unlike():
    """Cosines of .2 and .1, both far below the limit: which of them is more likely still tells."""
    means = np.array([[1, 0, 0], [1, 0, 0], [0, 1, 0], [0, 1, 0], [0.2, 0.1, 0.97]], np.float32)
    labels = np.array([0, 0, 1, 1, -1])
    (track,) = (q for q in suggest(means, labels, STRANGERS) if q.track == 4)
    assert track.cluster == 0
    assert 0.25 < track.likely < 0.5
    barred = suggest(means, labels, STRANGERS, apart=[(4, 0)])
    assert [(q.cluster, q.likely) for q in barred if q.track == 4] == [(1, pytest.approx(0.5))]


def test_what_the_user_said_isnt_asked_again():
    means, labels = looks(0, 0, 30, 30), np.array([0, 0, 1, 1])
    assert [q for q in suggest(means, labels, STRANGERS, apart=[(3, 0)]) if q.track < 0] == []
    unknown = suggest(means, np.array([0, 0, 1, -1]), STRANGERS, apart=[(3, 0), (3, 2)])
    assert [q for q in unknown if q.track == 3] == []


def test_who_was_said_to_be_somebody_else_and_is_alone_is_asked_about_like_an_unknown_track():
    means = np.array([[1, 0, 0], [1, 0, 0], [0, 1, 0], [0, 1, 0], [0.05, 0, 1]], np.float32)
    labels = np.array([0, 0, 1, 1, 2])
    free, said = (suggest(means, labels, STRANGERS, sure=sure) for sure in ([], [4]))
    pairs = [(q.cluster, q.other) for q in said if q.track < 0]
    assert pairs[0] == (2, 0)
    likely = [
        next(q.likely for q in found if (q.cluster, q.other) == (2, 0)) for found in (free, said)
    ]
    assert likely[0] < 0.25 < likely[1] < 0.5


def test_two_on_one_frame_are_hardly_one_but_may_be():
    """A mirror, or a face that was found twice."""
    means, labels = looks(0, 0, 30, 30), np.array([0, 0, 1, 1])
    free, once, twice = (
        suggest(means, labels, STRANGERS, sharing=pairs)
        for pairs in ([], [(0, 2)], [(0, 2), (3, 1)])
    )
    likely = [next(q.likely for q in found if q.track < 0) for found in (free, once, twice)]
    assert likely == pytest.approx([likely[0], likely[0] * TWICE, likely[0] * TWICE**2])
    unknown = np.array([0, 0, 1, -1])
    (track,) = (q for q in suggest(means, unknown, STRANGERS, sharing=[(3, 2)]) if q.track == 3)
    assert track.cluster == 0  # the other one is more like it, but on the same frame


def test_of_nobody_nothing_is_asked():
    assert suggest(np.zeros((0, 2), np.float32), np.zeros(0, np.int64), STRANGERS) == []
    assert suggest(looks(0, 10), np.array([-1, -1]), STRANGERS) == []
