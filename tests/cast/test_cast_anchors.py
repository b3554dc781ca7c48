"""What tracks are known by, and what is found of them in another run."""

from made_tracks import in_a_row, made_tracks

from castlist.cast.anchors import Finder, Sight, anchor, common, length

SIX = in_a_row(6)
LONG = made_tracks([(0, 29)], [7])  # detected on frames 0, 3, ... 27


def test_an_anchor_is_of_frames_on_which_the_face_was_detected():
    found = anchor(SIX, 2)  # frames 20 to 29
    assert (found.start.frame, found.frame, found.end.frame) == (21, 24, 27)
    assert found.span == (21, 27)
    assert found.start == Sight(21, (200.0, 200.0, 250.0, 260.0))


def test_a_track_that_is_several_now_is_found_whole():
    pieces = made_tracks([(0, 11), (12, 18), (19, 29), (0, 29)], [7, 7, 7, 3])
    assert Finder(pieces).find(anchor(LONG, 0)) == 1
    assert Finder(pieces).find_all([anchor(LONG, 0)]) == [1, 0, 2]


def test_who_only_begins_where_another_ends_isnt_meant():
    """The first track lasts as long again elsewhere; the last one has the same place, later."""
    other = made_tracks([(0, 25), (26, 90)], [7, 7])
    assert Finder(other).find_all([anchor(LONG, 0)]) == [0]
    elsewhere = made_tracks([(0, 25), (26, 29)], [7, 9])
    assert Finder(elsewhere).find_all([anchor(LONG, 0)]) == [0]


def test_a_track_without_its_middle_is_found_by_its_ends():
    rest = made_tracks([(0, 10), (20, 29)], [7, 7])
    assert Finder(rest).find_all([anchor(LONG, 0)]) == [0, 1]
    assert Finder(in_a_row(0)).find_all([anchor(LONG, 0)]) == []


def test_spans_share_frames_or_none():
    assert common((0, 9), (5, 20)) == (5, 9)
    assert length(common((0, 9), (5, 20))) == 5
    assert length(common((0, 9), (10, 20))) == 0
    assert length((3, 3)) == 1
