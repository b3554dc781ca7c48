"""Where a run's tracks are cut since they were several when the user spoke of them."""

from functools import partial
from itertools import combinations, pairwise

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st
from made_tracks import in_a_row, made_edit, made_tracks

from castlist.cast.anchors import Finder, anchor
from castlist.cast.decisions import decide
from castlist.cast.edits import Kind
from castlist.cast.parts import cut_tracks
from castlist.cast.people import People
from castlist.cast.pieces import cuts_between

SIX = made_tracks([(10 * n, 10 * n + 9) for n in range(6)], [7] * 6)  # all in one place
ONE = made_tracks([(0, 59)], [7])  # another run has one track of them


edit = partial(made_edit, tracks=SIX)


def frames(edits, tracks=ONE):
    return [cut.frame for cut in cuts_between(edits, Finder(tracks))]


@pytest.mark.parametrize(
    ("edits", "expected"),
    [
        ([], []),
        # one person all along, or nothing said of others
        ([(Kind.MERGE, [0, 1], [2, 3])], []),
        ([(Kind.CONFIRM, [2], [3])], []),
        # two groups, be it said or not that they are two
        ([(Kind.MERGE, [0], [1]), (Kind.MERGE, [2], [3])], [21]),
        ([(Kind.SPLIT, [2], [], [1])], [21]),
        ([(Kind.NEVER, [1], [], [4])], [42]),
        # there and back
        ([(Kind.CONFIRM, [0], [4]), (Kind.CONFIRM, [1], [2])], [12, 42]),
        # no face, then a face
        ([(Kind.NO_FACE, [0]), (Kind.CONFIRM, [2], [3])], [21]),
        # what is said later holds
        ([(Kind.SPLIT, [2], [], [1]), (Kind.MERGE, [1], [2])], []),
        ([(Kind.MERGE, [1], [2]), (Kind.MOVE, [2], [4], [1])], [21]),
    ],
)
def test_a_track_is_cut_where_one_person_ended_and_another_began(edits, expected):
    assert frames([edit(*one) for one in edits]) == expected


def test_people_of_different_names_are_two():
    rick = edit(Kind.NAME, [0, 1], text="Rick")
    assert frames([rick, edit(Kind.NAME, [2], text="Ilsa")]) == [21]
    assert frames([rick, edit(Kind.NAME, [2], text="Rick")]) == []
    assert frames([rick, edit(Kind.NAME, [2], text="Ilsa"), edit(Kind.NAME, [2], text="")]) == []
    assert frames([rick, edit(Kind.NAME, [3], text="Ilsa"), edit(Kind.MOVE, [2], [3])]) == [21]
    assert (
        frames([edit(Kind.NAME, [2], text="Ilsa"), edit(Kind.MERGE, [0], [2], text="Ilsa")]) == []
    )


def test_whoever_saw_it_as_one_track_and_said_who_it_is_is_right():
    apart = edit(Kind.SPLIT, [2], [], [1])
    assert frames([apart, edit(Kind.CONFIRM, [0], tracks=ONE)]) == []
    assert frames([edit(Kind.CONFIRM, [0], tracks=ONE), apart]) == [21, 28]


def test_a_later_run_that_ends_a_track_a_little_later_is_meant_of_the_same_one():
    other = made_tracks([(0, 21), (22, 59)], [7, 7])
    edits = [edit(Kind.MERGE, [0], [1]), edit(Kind.NEVER, [0], [], [1], tracks=other)]
    assert frames(edits) == [24]


def test_nothing_is_cut_in_the_run_in_which_it_was_said():
    edits = [edit(Kind.MERGE, [0], [1]), edit(Kind.SPLIT, [2], [], [3]), edit(Kind.NO_FACE, [4])]
    assert cuts_between(edits, Finder(SIX)) == []
    assert cuts_between(edits, Finder(in_a_row(0))) == []


_DECISIONS = st.lists(
    st.tuples(
        st.sampled_from(
            [Kind.MERGE, Kind.MOVE, Kind.SPLIT, Kind.NEVER, Kind.CONFIRM, Kind.NO_FACE]
        ),
        st.permutations(range(6)),
        st.integers(1, 2),
        st.integers(1, 2),
    ),
    max_size=8,
)


def _said(drawn):
    """Each decision's kind, who, same and other, by the tracks' numbers."""
    for kind, order, who, others in drawn:
        first, rest = order[:who], order[who : who + others]
        joins = kind in (Kind.MERGE, Kind.MOVE, Kind.CONFIRM)
        parts = kind in (Kind.SPLIT, Kind.NEVER)
        yield kind, first, rest if joins else [], rest if parts else []


@given(_DECISIONS, st.lists(st.integers(1, 59), max_size=5, unique=True))
def test_cuts_are_inside_tracks_and_each_is_made_once(drawn, ends):
    """However another run cuts the same face's tracks."""
    spans = [(a, b - 1) for a, b in pairwise([0, *sorted(ends), 60])]
    tracks = made_tracks(spans, [7] * len(spans))
    cuts = cuts_between([edit(*one) for one in _said(drawn)], Finder(tracks))
    assert len(set(cuts)) == len(cuts)
    for cut in cuts:
        own = tracks.frame[tracks.track == cut.track]
        assert own[0] < cut.frame <= own[-1]
    parted = cut_tracks(tracks, cuts)
    assert np.bincount(parted.track).all()
    assert len(parted) == len(tracks) + len(cuts)


@given(
    _DECISIONS,
    st.sets(st.sampled_from(range(1, 6))),
    st.lists(st.integers(-1, 3), min_size=12, max_size=12),
)
def test_all_that_was_said_holds_in_a_run_that_makes_one_track_of_several(drawn, kept, clustered):
    edits = [edit(*one) for one in _said(drawn)]
    spans = [(10 * a, 10 * b - 1) for a, b in pairwise([0, *sorted(kept), 6])]
    found = decide(edits, made_tracks(spans, [7] * len(spans)))
    labels = found.labels(np.array(clustered[: len(found.tracks)]))
    finder = Finder(found.tracks)
    now = [finder.find(anchor(SIX, old)) for old in range(6)]
    people = People()  # on the tracks as the user saw them
    for said in _said(drawn):
        people.take(*said)
    assert sorted(set(found.no_faces)) == sorted({now[old] for old in people.no_faces})
    for a, b in combinations(set(range(6)) - people.no_faces, 2):
        if people.are_one(a, b):
            assert labels[now[a]] == labels[now[b]] >= 0
        elif (a, b) in people.pairs() or (b, a) in people.pairs():
            assert labels[now[a]] != labels[now[b]] or labels[now[a]] < 0
