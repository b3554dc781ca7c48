"""What decisions come to: on the tracks they were made on, and on those of any other run."""

from functools import partial

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st
from made_tracks import LENGTH, in_a_row, made_edit, made_tracks

from castlist.cast.anchors import Finder, anchor
from castlist.cast.decisions import decide
from castlist.cast.edits import Edit, Kind
from castlist.cast.parts import Cut, cut_tracks
from castlist.cast.told import Told

SIX = in_a_row(6)


edit = partial(made_edit, tracks=SIX)


def labels(edits, clustered, tracks=SIX):
    return decide(edits, tracks).labels(np.array(clustered)).tolist()


def test_an_anchor_finds_its_track_and_no_other():
    finder = Finder(SIX)
    assert [finder.find(anchor(SIX, n)) for n in range(6)] == list(range(6))
    moved = made_tracks([(0, 59)], [9])
    assert Finder(moved).find(anchor(SIX, 2)) is None
    assert Finder(in_a_row(2)).find(anchor(SIX, 5)) is None
    assert Finder(in_a_row(0)).find(anchor(SIX, 0)) is None


def test_without_decisions_clusters_stay():
    assert labels([], [0, 1, 1, -1, 2, 0]) == [0, 1, 1, -1, 2, 0]


@pytest.mark.parametrize(
    ("edits", "expected"),
    [
        # two characters become one
        ([(Kind.MERGE, [0, 1], [2, 3])], [0, 0, 0, 0, 2, 2]),
        # an unknown track is given to somebody
        ([(Kind.MOVE, [4], [0, 1])], [0, 0, 1, 1, 0, 2]),
        # a character falls in two
        ([(Kind.SPLIT, [1], [], [0])], [0, 3, 1, 1, 2, 2]),
        # a track goes to another character, and leaves its own
        ([(Kind.MOVE, [1], [2, 3], [0])], [0, 1, 1, 1, 2, 2]),
        # the later decision holds: split, then merged again
        ([(Kind.SPLIT, [1], [], [0]), (Kind.MERGE, [0], [1])], [0, 0, 1, 1, 2, 2]),
        # merged, then one of them moved out again
        ([(Kind.MERGE, [0, 1], [2, 3]), (Kind.MOVE, [3], [4, 5], [0, 1, 2])], [0, 0, 0, 2, 2, 2]),
        # never one person
        ([(Kind.NEVER, [0], [], [1])], [3, 0, 1, 1, 2, 2]),
        # merged, then never one person after all: the other one leaves
        ([(Kind.MERGE, [0, 1], [2]), (Kind.NEVER, [0], [], [1])], [3, 0, 3, 1, 2, 2]),
        # no face; and a face after all
        ([(Kind.NO_FACE, [2])], [0, 0, -1, 1, 2, 2]),
        ([(Kind.NO_FACE, [2]), (Kind.MOVE, [2], [4, 5])], [0, 0, 2, 1, 2, 2]),
        # said, though it was so
        ([(Kind.CONFIRM, [0], [1])], [0, 0, 1, 1, 2, 2]),
    ],
)
def test_decisions_hold_against_clusters(edits, expected):
    assert labels([edit(*one) for one in edits], [0, 0, 1, 1, 2, 2]) == expected


def test_a_decision_holds_whatever_is_clustered():
    edits = [edit(Kind.MERGE, [0, 1], [2]), edit(Kind.SPLIT, [3], [], [4, 5])]
    for clustered in ([0, 1, 2, 3, 3, 3], [5, 5, 5, 5, 5, 5], [-1] * 6, [0, 1, 0, 1, 0, 1]):
        found = labels(edits, clustered)
        assert found[0] == found[1] == found[2] >= 0
        assert found[3] not in (found[4], found[5])


def test_links_for_the_next_clustering():
    edits = [edit(Kind.MERGE, [0, 1], [2]), edit(Kind.NEVER, [3], [], [4])]
    sharing = np.array([[0, 2], [3, 5]])  # 0 and 2 share a frame: the user says a mirror
    must, cannot = decide(edits, SIX).links(sharing)
    assert must.tolist() == [[0, 1], [1, 2]]
    assert cannot.tolist() == [[3, 4], [3, 5]]
    none = decide([], SIX).links(np.zeros((0, 2), np.int64))
    assert [pairs.shape for pairs in none] == [(0, 2), (0, 2)]


def test_names_go_to_the_character_of_most_of_their_tracks():
    edits = [
        edit(Kind.NAME, [0, 1, 2], text="Rick"),
        edit(Kind.NOTE, [0], text="a note"),
        edit(Kind.HIDE, [4, 5]),
    ]
    decisions = decide(edits, SIX)
    told, conflicts = decisions.told(np.array([4, 3, 3, 1, 1, 1]))
    assert told == {3: Told("Rick"), 4: Told(note="a note"), 1: Told(hidden=True)}
    assert conflicts == []
    undone = decide([*edits, edit(Kind.NAME, [1], text=""), edit(Kind.SHOW, [4, 5])], SIX)
    told, _ = undone.told(np.array([4, 3, 3, 1, 1, 1]))
    assert told[3] == Told()
    assert told[1] == Told()


def test_what_is_lost_is_told():
    edits = [edit(Kind.NAME, [5], text="Rick"), edit(Kind.MERGE, [4], [5]), edit(Kind.NAME, [0])]
    found = decide(edits, in_a_row(5))
    assert len(found.conflicts) == 2
    assert "Rick" in found.conflicts[0]
    _, conflicts = found.told(np.array([-1, 0, 1, 2, 3]))
    assert len(conflicts) == 3
    assert "unknown now" in conflicts[2]


def test_people_of_different_names_are_two():
    edits = [edit(Kind.NAME, [0, 1], text="Rick"), edit(Kind.NAME, [2], text="Ilsa")]
    assert labels(edits, [0] * 6) == [0, 0, 1, 0, 0, 0]
    assert labels(list(reversed(edits)), [0] * 6) == [0, 0, 1, 0, 0, 0]
    nothing = np.zeros((0, 2), np.int64)
    assert decide(edits, SIX).links(nothing)[1].tolist() == [[0, 2]]
    assert decide(edits, SIX).links(nothing, names=False)[1].tolist() == []
    renamed = [*edits, edit(Kind.NAME, [1, 2], text="Sam")]  # only of track 0 Rick is still said
    assert labels(renamed, [0] * 6) == [1, 0, 0, 0, 0, 0]
    merged = [*edits, edit(Kind.MERGE, [0, 1], [2], text="Rick")]
    assert labels(merged, [0, 0, 1, 1, 1, 1]) == [0, 0, 0, 1, 1, 1]


def test_a_name_doesnt_go_with_a_track_that_leaves():
    edits = [
        edit(Kind.NAME, [0, 1], text="Rick"),
        edit(Kind.NAME, [2], text="Ilsa"),
        edit(Kind.MOVE, [2], [0, 1]),
    ]
    decisions = decide(edits, SIX)
    found = decisions.labels(np.array([0, 0, 1, 2, 2, 2]))
    assert decisions.told(found) == ({0: Told("Rick")}, [])
    assert decisions.named == [("Rick", [0, 1, 2])]
    split = decide([edits[0], edit(Kind.SPLIT, [1], [], [0])], SIX)
    assert split.told(split.labels(np.array([0, 0, 1, 1, 1, 1])))[0] == {0: Told("Rick")}


def test_whoever_has_a_name_is_in_the_cast_whatever_is_clustered():
    edits = [edit(Kind.NAME, [0, 1], text="Rick"), edit(Kind.NAME, [2, 3], text="Ilsa")]
    decisions = decide(edits, SIX)
    for clustered in ([-1] * 6, [0] * 6, [-1, -1, 0, 0, 0, 0], [0, 1, 0, 1, 0, 1]):
        found = decisions.labels(np.array(clustered))
        told, conflicts = decisions.told(found)
        assert sorted(one.name for one in told.values()) == ["Ilsa", "Rick"]
        assert conflicts == []


def test_a_name_given_twice_is_one_persons():
    edits = [edit(Kind.NAME, [0, 1], text="Rick"), edit(Kind.NAME, [2, 3], text="Rick")]
    assert labels(edits, [0] * 6) == [0] * 6


def test_a_new_name_takes_the_place_of_the_old_one_even_where_a_track_is_missing():
    edits = [edit(Kind.NAME, [0, 1, 2], text="Rick"), edit(Kind.NAME, [0, 1], text="Richard")]
    told, _ = decide(edits, SIX).told(np.array([0, 0, 1, 2, 2, 2]))
    assert told == {0: Told("Richard")}


def test_two_groups_that_meet_in_one_track_stay_two():
    """In the other run tracks 1 and 2, of Rick and of Ilsa, are one long track."""
    edits = [
        edit(Kind.MERGE, [0], [1], text="Rick"),
        edit(Kind.MERGE, [2], [3, 4], text="Ilsa"),
    ]
    joined = made_tracks([(0, 9), (10, 29), (30, 39), (40, 49), (50, 59)], [0, 1, 3, 4, 5])
    joined.boxes[20:30] = SIX.boxes[20:30]  # it ends where Ilsa stood
    decisions = decide(edits, joined)
    assert decisions.cuts == [Cut(1, 21)]  # where Ilsa's was first detected
    assert decisions.groups == [[0, 1], [2, 3, 5]]
    found = decisions.labels(np.array([0, 0, 1, 1, 2, 0]))
    assert found.tolist() == [0, 0, 1, 1, 2, 1]
    assert decisions.told(found) == ({0: Told("Rick"), 1: Told("Ilsa")}, [])
    settled = [*edits, edit(Kind.MOVE, [1], [0], tracks=joined)]  # seen as one, and said so
    assert decide(settled, joined).cuts == []
    assert decide(settled, joined).groups == [[0, 1], [2, 3]]
    one_after_all = [*edits, edit(Kind.MERGE, [0, 1], [2, 3, 5], tracks=decisions.tracks)]
    assert decide(one_after_all, joined).cuts == []
    assert decide(one_after_all, joined).groups == [[0, 1, 2, 3]]
    assert decide(one_after_all, SIX).groups == [[0, 1, 2, 3, 4]]


def test_a_track_that_was_of_two_people_is_cut_between_them():
    """In the other run tracks 2 and 3 are one."""
    edits = [
        edit(Kind.MERGE, [0], [1, 2], text="Rick"),
        edit(Kind.MERGE, [3], [4, 5], text="Ilsa"),
        edit(Kind.NEVER, [0, 1, 2], [], [3, 4, 5]),
    ]
    joined = made_tracks([(0, 9), (10, 19), (20, 39), (40, 49), (50, 59)], [0, 1, 2, 4, 5])
    joined.boxes[30:40] = SIX.boxes[30:40]  # it ends where Ilsa stood
    decisions = decide(edits, joined)
    assert decisions.cuts == [Cut(2, 30)]
    assert decisions.groups == [[0, 1, 2], [3, 4, 5]]
    found = decisions.labels(np.zeros(6, np.int64))
    assert len({*found[:3]}) == len({*found[3:]}) == 1
    assert found[0] != found[3]


def test_those_who_leave_a_group_stay_together():
    edits = [edit(Kind.MERGE, [0], [1, 2, 3]), edit(Kind.NEVER, [0, 1], [], [2, 3])]
    assert decide(edits, SIX).groups == [[0, 1], [2, 3]]


@pytest.mark.parametrize(("first", "others", "extra"), [([0], [1, 2], True), ([1, 2], [0], False)])
def test_a_merged_extra_is_one_if_the_first_one_was(first, others, extra):
    edits = [edit(Kind.HIDE, [0]), edit(Kind.MERGE, first, others)]
    told, conflicts = decide(edits, SIX).told(np.array([0, 0, 0, 1, 1, 1]))
    assert ([one.hidden for one in told.values()], conflicts) == ([True] * extra, [])
    shown = [*edits, edit(Kind.SHOW, [0, 1, 2])]
    assert decide(shown, SIX).told(np.array([0, 0, 0, 1, 1, 1])) == ({0: Told()}, [])


def test_a_track_that_changes_person_is_two():
    frame = 2 * LENGTH + 4
    found = decide([edit(Kind.CHANGES, [2], frame=frame)], SIX)
    assert found.parts == [(2, frame)]
    assert len(found.tracks) == 7
    assert found.tracks.frame[found.tracks.track == 2].tolist() == [20, 21, 22, 23]
    assert found.tracks.frame[found.tracks.track == 6].tolist() == [24, 25, 26, 27, 28, 29]
    assert found.labels(np.array([0, 0, 1, 1, 2, 2, 1])).tolist() == [0, 0, 1, 1, 2, 2, 3]
    given_away = [
        edit(Kind.CHANGES, [2], frame=frame),
        Edit(kind=Kind.MOVE, who=(anchor(found.tracks, 6),), same=(anchor(SIX, 0),)),
    ]
    assert decide(given_away, SIX).labels(np.array([0, 0, 1, 1, 2, 2, 1]))[6] == 0


@pytest.mark.parametrize("frame", [0, 20, 30, 99])
def test_a_cut_at_an_end_is_none_and_told(frame):
    found = decide([edit(Kind.CHANGES, [2], frame=frame)], SIX)
    assert found.parts == []
    assert "nobody can be found before it, or after" in found.conflicts[0]


def cut(number, frame, edits=(), tracks=SIX):
    """The decision that a track, as these edits leave it, is another person from a frame on."""
    so_far = decide(edits, tracks).tracks
    parted = cut_tracks(so_far, [Cut(number, frame)])
    first, second = anchor(parted, number), anchor(parted, len(so_far))
    who = (anchor(so_far, number),)
    return Edit(kind=Kind.CHANGES, who=who, same=(first,), other=(second,), frame=frame)


@pytest.mark.parametrize("frame", [21, 25, 29])
@pytest.mark.parametrize("kind", [Kind.MERGE, Kind.MOVE, Kind.CONFIRM])
def test_a_track_that_is_cut_keeps_who_it_is_and_who_comes_after_is_another(kind, frame):
    """Be the face by which it was known on this side of the cut or on that."""
    edits = [edit(kind, [2], [0, 1])]
    edits += [edit(Kind.NAME, [0, 1, 2], text="Rick"), cut(2, frame, edits)]
    decisions = decide(edits, SIX)
    assert decisions.groups == [[0, 1, 2]]
    assert decisions.apart == [(6, 2)]
    found = decisions.labels(np.array([0, 0, 1, 1, 1, 1, 2]))
    assert found.tolist() == [0, 0, 0, 1, 1, 1, 2]
    assert decisions.told(found) == ({0: Told("Rick")}, [])


@pytest.mark.parametrize("frames", [(26, 23), (23, 26)])
def test_a_track_of_one_another_and_the_first_again(frames):
    """Who is on either side of each cut is two people; the first and the last may be one."""
    first, later = frames
    edits = [cut(2, first)]
    edits.append(cut(2 if later < first else 6, later, edits))
    decisions = decide(edits, SIX)
    a, b, c = (int(decisions.tracks.track[decisions.tracks.frame == n][0]) for n in (20, 23, 26))
    assert [np.count_nonzero(decisions.tracks.track == n) for n in (a, b, c)] == [3, 3, 4]
    assert {frozenset(pair) for pair in decisions.apart} == {frozenset((a, b)), frozenset((b, c))}
    assert decisions.conflicts == []
    again = [*edits, edit(Kind.MERGE, [a], [c], tracks=decisions.tracks)]
    together = decide(again, SIX)
    assert {frozenset(pair) for pair in together.apart} == {frozenset((a, b)), frozenset((b, c))}
    found = together.labels(np.array([0, 0, 1, 2, 2, 2, 3, 4]))
    assert found[a] == found[c] != found[b]
    assert together.conflicts == []


@pytest.mark.parametrize(
    ("spans", "pieces"),
    [
        ([(20, 22), (23, 29)], [(20, 22), (23, 29)]),  # where the user cut
        ([(20, 24), (25, 29)], [(20, 22), (25, 29), (23, 24)]),  # later: the user's cut stands
        ([(20, 21), (22, 29)], [(20, 21), (22, 22), (23, 29)]),  # earlier: likewise
        ([(20, 21), (26, 29)], [(20, 21), (26, 29)]),  # what is between isn't found any more
    ],
)
def test_another_run_has_cut_a_track_where_the_user_did(spans, pieces):
    edits = [edit(Kind.MERGE, [0], [1, 2], text="Rick")]
    edits.append(cut(2, 23, edits))
    before, after = ((0, 9), (10, 19)), ((30, 39),)
    other = made_tracks([*before, *spans, *after], [0, 1, 2, 2, 3])
    found = decide(edits, other)
    assert found.conflicts == []
    frames = [found.tracks.frame[found.tracks.track == n] for n in range(len(found.tracks))]
    own = [n for n in range(len(found.tracks)) if 20 <= frames[n][0] < 30]
    assert [(frames[n][0], frames[n][-1]) for n in own] == pieces
    labels = found.labels(np.zeros(len(found.tracks), np.int64))
    rick = {int(labels[n]) for n in own if frames[n][0] < 23}
    someone = {int(labels[n]) for n in own if frames[n][0] >= 23}
    assert int(labels[0]) in rick
    assert int(labels[0]) not in someone


def test_another_run_has_lost_who_comes_after_a_change():
    other = made_tracks([(0, 9), (10, 19), (20, 22)])
    found = decide([cut(2, 23)], other)
    assert found.parts == []
    assert len(found.conflicts) == 1


def test_no_face_is_moved_to_a_character_after_all():
    """An older merge of that character, or of the one that it was in, doesn't matter."""
    merged = [edit(Kind.MERGE, [0], [1, 2], text="Rick"), edit(Kind.MERGE, [4], [5], text="Ilsa")]
    clustered = [0, 1, 2, 3, 4, 5]
    no_face = [*merged, edit(Kind.NO_FACE, [2])]
    assert labels(no_face, clustered) == [0, 0, -1, 3, 4, 4]
    for same, wanted in (([4, 5], "Ilsa"), ([0, 1], "Rick")):
        decisions = decide([*no_face, edit(Kind.MOVE, [2], same)], SIX)
        assert decisions.no_faces == []
        found = decisions.labels(np.array(clustered))
        told, conflicts = decisions.told(found)
        names = [told.get(label, Told()).name for label in found.tolist()]
        assert names == ["Rick", "Rick", wanted, None, "Ilsa", "Ilsa"]
        assert conflicts == []


@pytest.mark.parametrize(
    ("clustered", "extra"),
    [
        ([0, 0, 0, 1, 1, 1], True),  # as it was
        ([0, 0, 1, 1, 1, 1], True),  # one more is the extra's
        ([0, 0, 0, 0, 0, 0], False),  # the extra is within somebody of more tracks
        ([0, 0, 0, 0, 0, 1], False),  # most of the extra is
    ],
)
def test_whom_an_extra_is_mixed_up_with_stays_shown(clustered, extra):
    clustered = [*clustered, 0]  # there is one more track of the one who is shown
    seven = in_a_row(7)
    decisions = decide([edit(Kind.HIDE, [3, 4, 5])], seven)
    told, conflicts = decisions.told(np.array(clustered))
    assert [one.hidden for one in told.values()] == [True] * extra
    assert len(conflicts) == (not extra)
    assert extra or "tracks of somebody else now, who is shown" in conflicts[0]


def test_whoever_has_a_name_of_their_own_stays_shown():
    edits = [edit(Kind.HIDE, [3, 4, 5]), edit(Kind.NAME, [0], text="Rick")]
    told, conflicts = decide(edits, SIX).told(np.array([0, 1, 2, 0, 0, 0]))
    assert told == {0: Told("Rick")}
    assert len(conflicts) == 1
    same = [edit(Kind.HIDE, [0, 1]), edit(Kind.NAME, [0, 1], text="A guest")]
    assert decide(same, SIX).told(np.array([0, 0, 1, 1, 1, 1])) == (
        {0: Told("A guest", hidden=True)},
        [],
    )


decisions_ = st.lists(
    st.tuples(
        st.sampled_from([Kind.MERGE, Kind.MOVE, Kind.SPLIT, Kind.NEVER, Kind.CONFIRM]),
        st.permutations(range(6)),
        st.integers(1, 2),
        st.integers(1, 2),
    ),
    max_size=12,
)


def made(drawn):
    edits = []
    for kind, order, a, b in drawn:
        who, rest = order[:a], order[a : a + b]
        both = kind is Kind.MOVE
        same = rest if kind in (Kind.MERGE, Kind.MOVE, Kind.CONFIRM) else ()
        other = order[a + b :] if both else rest if not same else ()
        edits.append(edit(kind, who, same, other))
    return edits


@given(decisions_, st.lists(st.integers(-1, 5), min_size=6, max_size=6))
def test_the_last_decision_always_holds_and_none_contradicts_another(drawn, clustered):
    edits = made(drawn)
    found = decide(edits, SIX)
    result = found.labels(np.array(clustered))
    for members in found.groups:
        assert len(set(result[members])) == 1
        assert result[members[0]] >= 0
    for a, b in found.apart:
        assert result[a] != result[b] or result[a] == -1
    if edits:
        last = edits[-1]
        finder = Finder(SIX)
        who, same, other = (
            [finder.find(one) for one in part] for part in (last.who, last.same, last.other)
        )
        if same:
            assert len(set(result[[*who, *same]])) == 1
        assert not set(result[who]) & set(result[other]) - {-1}


@given(decisions_, st.permutations(range(6)), st.lists(st.integers(-1, 5), min_size=6, max_size=6))
def test_another_run_numbers_tracks_anew_and_all_decisions_hold(drawn, order, clustered):
    """The tracks of the other run are the same stretches of film, otherwise numbered."""
    edits = made(drawn)
    spans = [(LENGTH * n, LENGTH * n + LENGTH - 1) for n in range(6)]
    again = decide(edits, made_tracks([spans[n] for n in order], list(order)))
    before = decide(edits, SIX)
    groups = {frozenset(order[n] for n in members) for members in again.groups}
    assert groups == {frozenset(members) for members in before.groups}
    apart = [(order[a], order[b]) for a, b in again.apart]
    assert apart == before.apart
    result = again.labels(np.array(clustered))
    for members in again.groups:
        assert len(set(result[members])) == 1


def test_tracks_cut_otherwise_in_another_run():
    """There tracks 0 and 1 are one long track, and track 3 is in two pieces."""
    edits = [
        edit(Kind.MERGE, [0, 1], [3]),
        edit(Kind.NAME, [0, 1, 3], text="Rick"),
        edit(Kind.NEVER, [0], [], [5]),
    ]
    spans = [(0, 19), (20, 29), (30, 33), (34, 39), (40, 49), (50, 59)]
    # each stands where the tracks of the first run stood; the long one where the first began
    other = made_tracks(spans, [0, 2, 3, 3, 4, 5])
    found = decide(edits, other)
    result = found.labels(np.array([0, 1, 2, 2, 3, 0]))
    assert result[0] == result[3]  # the piece that shows what the anchor shows
    assert result[5] != result[0]
    told, _ = found.told(result)
    assert told[int(result[0])].name == "Rick"
    assert len(found.conflicts) == 1  # the second track stood elsewhere
