"""Chaining by motion: each face in one chain, no two of a frame, none across a cut."""

import itertools
from math import hypot, log, sqrt

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from made_faces import faces, shots

from castlist.tracks.motion import GATE, moved, tracklets


def chains(rows, *, looked=None, cuts=(), patience=12, frames=60) -> list[list[tuple[int, int]]]:
    """Chain the faces; return (frame, x) of each chain's faces."""
    found = faces(rows)
    looked = np.arange(frames) if looked is None else np.array(looked)
    return [
        [(int(found.frame[row]), int(found.boxes[row, 0])) for row in chain]
        for chain in tracklets(found, looked, shots(frames, *cuts), patience=patience)
    ]


def plain_moved(a, b) -> float:
    size_a, size_b = (sqrt((box[2] - box[0]) * (box[3] - box[1])) for box in (a, b))
    apart = hypot((a[0] + a[2] - b[0] - b[2]) / 2, (a[1] + a[3] - b[1] - b[3]) / 2)
    return apart / ((size_a + size_b) / 2) + abs(log(size_a / size_b))


def test_movement_is_way_and_change_of_size():
    rng = np.random.default_rng(0)
    corner = rng.uniform(0, 200, (9, 2))
    boxes = np.concatenate([corner, corner + rng.uniform(5, 90, (9, 2))], axis=1)
    boxes = boxes.astype(np.float32)
    a, b = boxes[:4], boxes[4:]
    expected = [[plain_moved(x, y) for y in b] for x in a]
    np.testing.assert_allclose(moved(a, b), expected, rtol=1e-4)
    np.testing.assert_allclose(np.diag(moved(boxes, boxes)), 0, atol=1e-6)
    assert moved(a[:0], b).shape == (0, 5)


def test_two_faces_side_by_side_are_two_chains():
    rows = [(i, x + i) for i in range(5) for x in (0, 200)]
    assert chains(rows) == [[(i, x + i) for i in range(5)] for x in (0, 200)]


def test_faces_that_cross_fast_are_assigned_all_together():
    # each alone would take the nearest; together they swap nobody
    rows = [(0, 0), (0, 30), (1, 20), (1, 60)]
    assert chains(rows) == [[(0, 0), (1, 20)], [(0, 30), (1, 60)]]


def test_leap_begins_a_new_chain():
    assert chains([(0, 0), (1, 0), (2, 41), (3, 41)]) == [[(0, 0), (1, 0)], [(2, 41), (3, 41)]]
    assert len(chains([(0, 0), (1, 39)])) == 1


def test_change_of_size_begins_a_new_chain():
    assert len(chains([(0, 0, 20), (1, 0, 60)])) == 2


def test_chain_waits_for_a_lost_face_as_long_as_its_patience():
    assert len(chains([(0, 0), (12, 0)], patience=12)) == 1
    assert len(chains([(0, 0), (13, 0)], patience=12)) == 2


def test_frames_not_looked_at_cost_no_patience_beyond_their_number():
    rows = [(0, 0), (6, 0), (12, 0)]
    assert len(chains(rows, looked=[0, 6, 12], patience=6)) == 1


def test_no_chain_across_a_cut():
    rows = [(i, 0) for i in range(10)]
    assert chains(rows, cuts=(4,)) == [[(i, 0) for i in range(4)], [(i, 0) for i in range(4, 10)]]


def test_cut_at_which_nobody_is_looked_for_still_cuts():
    assert len(chains([(0, 0), (8, 0)], looked=[0, 8], cuts=(3, 5))) == 2


@pytest.mark.parametrize("looked", [[], [0], list(range(9))])
def test_no_face_at_all(looked):
    assert tracklets(faces([]), np.array(looked, np.int64), shots(9), patience=12) == []


def test_one_face_in_a_film_of_one_frame():
    assert chains([(0, 3)], frames=1) == [[(0, 3)]]


@settings(max_examples=150, deadline=None)
@given(
    rows=st.lists(st.tuples(st.integers(0, 29), st.integers(0, 200), st.integers(20, 60))),
    extra=st.sets(st.integers(0, 29)),
    cuts=st.sets(st.integers(1, 29), max_size=4),
    patience=st.integers(0, 12),
)
def test_whatever_the_faces(rows, extra, cuts, patience):
    found, cut_up = faces(rows), shots(30, *sorted(cuts))
    looked = np.array(sorted({row[0] for row in rows} | extra), np.int64)
    result = tracklets(found, looked, cut_up, patience=patience)
    everyone = np.concatenate([np.zeros(0, int), *result])
    assert sorted(everyone) == list(range(len(rows)))  # each face in just one chain
    assert [chain[0] for chain in result] == sorted(chain[0] for chain in result)
    for chain in result:
        frame = found.frame[chain]
        steps = np.diff(frame)
        assert (steps > 0).all()  # so no two faces of one frame
        assert (steps <= patience).all()
        assert len(np.unique(np.searchsorted(cut_up.first_frame, frame, "right"))) == 1
        for a, b in itertools.pairwise(chain):
            assert plain_moved(found.boxes[a], found.boxes[b]) < GATE + 1e-5
