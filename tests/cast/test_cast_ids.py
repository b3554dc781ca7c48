"""Ids: whoever a correction isn't about keeps theirs, and nobody gets one that was another's."""

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st
from made_tracks import in_a_row

from castlist.cast.anchors import anchor
from castlist.cast.decisions import decide
from castlist.cast.edits import Edit, Kind
from castlist.cast.ids import carried, ids

EIGHT = in_a_row(8)
CLUSTERED = np.array([0, 0, 0, 1, 1, 2, 3, -1])


def cast(edits):
    """The characters by id, as `build` makes them where all tracks are equally long."""
    decisions = decide(edits, EIGHT)
    labels = decisions.labels(CLUSTERED)
    members = [np.flatnonzero(labels == n).tolist() for n in np.unique(labels[labels >= 0])]
    members.sort(key=lambda own: (-len(own), own))
    start = np.where(CLUSTERED < 0, -1, CLUSTERED + 1)
    return dict(zip(ids(members, carried(start, decisions.steps)), members, strict=True))


def edit(kind, who, same=(), other=()):
    parts = {"who": who, "same": same, "other": other}
    return Edit(
        kind=kind, **{name: tuple(anchor(EIGHT, n) for n in own) for name, own in parts.items()}
    )


def test_as_clustered():
    assert cast([]) == {1: [0, 1, 2], 2: [3, 4], 3: [5], 4: [6]}


@pytest.mark.parametrize(
    ("decision", "expected"),
    [
        # whoever others are merged into keeps the id, though of fewer tracks
        (edit(Kind.MERGE, [5], [0, 1, 2]), {3: [0, 1, 2, 5], 2: [3, 4], 4: [6]}),
        # who is split off gets a new one, though of more tracks
        (edit(Kind.SPLIT, [1, 2], [], [0]), {5: [1, 2], 2: [3, 4], 1: [0], 3: [5], 4: [6]}),
        # more tracks come to somebody than they had
        (edit(Kind.MOVE, [1, 2], [5], [0]), {3: [1, 2, 5], 2: [3, 4], 1: [0], 4: [6]}),
        # somebody's only track goes to another one
        (edit(Kind.MOVE, [5], [3, 4]), {1: [0, 1, 2], 2: [3, 4, 5], 4: [6]}),
        # an unknown one is somebody
        (edit(Kind.MOVE, [7], [6]), {1: [0, 1, 2], 2: [3, 4], 4: [6, 7], 3: [5]}),
        (edit(Kind.NO_FACE, [0]), {1: [1, 2], 2: [3, 4], 3: [5], 4: [6]}),
        (edit(Kind.NEVER, [0], [], [1]), {1: [1, 2], 2: [3, 4], 5: [0], 3: [5], 4: [6]}),
        # what was so already
        (edit(Kind.NEVER, [5], [], [6]), {1: [0, 1, 2], 2: [3, 4], 3: [5], 4: [6]}),
        (edit(Kind.CONFIRM, [3], [4]), {1: [0, 1, 2], 2: [3, 4], 3: [5], 4: [6]}),
    ],
)
def test_a_correction_changes_whom_it_is_about(decision, expected):
    assert cast([decision]) == expected


def test_an_id_that_is_free_is_given_to_nobody():
    merged = [edit(Kind.MERGE, [3, 4], [5])]
    assert cast(merged) == {1: [0, 1, 2], 2: [3, 4, 5], 4: [6]}
    split = [*merged, edit(Kind.SPLIT, [0], [], [1, 2])]
    assert cast(split) == {1: [1, 2], 2: [3, 4, 5], 4: [6], 5: [0]}
    gone = [*split, edit(Kind.MOVE, [0], [6])]
    assert cast([*gone, edit(Kind.SPLIT, [1], [], [2])])[6] == [1]


def test_two_of_whom_most_carry_one_number():
    assert ids([[0, 1], [2], [3]], np.array([1, 1, 1, -1])) == [1, 2, 3]
    assert ids([], np.zeros(0, np.int64)) == []


@given(st.randoms(use_true_random=False), st.integers(1, 8))
def test_whoever_stays_the_same_keeps_their_id(chance, steps):
    edits, before = [], cast([])
    used = set(before)
    for _ in range(steps):
        numbers = list(before)
        one, two = chance.choice(numbers), chance.choice(numbers)
        own = before[one]
        some = chance.sample(own, chance.randint(1, len(own)))
        rest = [n for n in own if n not in some]
        merge = edit(Kind.MERGE, own, before[two])
        made = chance.choice([merge, edit(Kind.MOVE, some, before[two], rest)])
        if one == two:
            made = edit(Kind.SPLIT, some, [], rest) if rest else edit(Kind.NO_FACE, some[:1])
        edits.append(made)
        after = cast(edits)
        for number, members in before.items():
            if members in after.values():
                assert after.get(number) == members
        assert not (after.keys() - before.keys()) & used
        used |= after.keys()
        before = after
        if not before:
            return
