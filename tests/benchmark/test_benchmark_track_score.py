"""Scoring tracks: recall, mixed tracks and pieces, on cases made by hand."""

from itertools import permutations

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from castlist.benchmark.track_score import TrackScore, matches, score_tracks
from castlist.benchmark.tracks import rows, summary
from castlist.benchmark.truth import TrueTrack
from castlist.faces.boxes import iou
from castlist.tracks.types import Tracks


def labelled(identity: str, boxes: dict[int, float]) -> TrueTrack:
    """A labelled track: frame to x of its box, 10 by 10."""
    frames = np.array(sorted(boxes), np.int64)
    x = np.array([boxes[int(f)] for f in frames], np.float32)
    return TrueTrack(identity, frames, np.stack([x, 0 * x, x + 10, 0 * x + 10], axis=1))


def ours(*tracks: dict[int, float]) -> Tracks:
    track = np.array([n for n, boxes in enumerate(tracks) for _ in boxes], np.int64)
    frame = np.array([f for boxes in tracks for f in sorted(boxes)], np.int64)
    x = np.array([boxes[f] for boxes in tracks for f in sorted(boxes)], np.float32)
    boxes = np.stack([x, 0 * x, x + 10, 0 * x + 10], axis=1).reshape(-1, 4)
    rows, zeros = len(frame), np.zeros(len(frame), np.int64)
    return Tracks(
        track, zeros, frame, frame, boxes, np.ones(rows, np.float32), zeros == 0, zeros == 1
    )


def span(a: int, b: int, x: float = 0) -> dict[int, float]:
    return dict.fromkeys(range(a, b), x)


def test_all_found():
    score = score_tracks([labelled("anna", span(0, 10))], ours(span(0, 10)))
    assert score == TrackScore(boxes=10, found=10, tracks=1, mixed=0, pieces=[1])
    assert (score.recall, score.median_pieces) == (1, 1)


def test_half_found_in_two_pieces_by_sloppy_boxes():
    score = score_tracks([labelled("anna", span(0, 12))], ours(span(0, 3, 3), span(9, 12, -3)))
    assert score == TrackScore(boxes=12, found=6, tracks=2, mixed=0, pieces=[2])
    assert score.recall == 0.5


def test_box_beside_the_face_is_not_it():
    score = score_tracks([labelled("anna", span(0, 4))], ours(span(0, 4, 4)))  # IoU 6 / 14
    assert (score.found, score.pieces, score.mixed) == (0, [0], 0)


def test_track_that_goes_over_to_another_is_mixed_on_a_single_frame_already():
    truth = [labelled("anna", span(0, 9)), labelled("bela", span(9, 12))]
    assert score_tracks(truth, ours(span(0, 10))).mixed == 1
    assert score_tracks(truth, ours(span(0, 9), span(9, 12))).mixed == 0


def test_two_labelled_tracks_of_one_person_are_not_mixed():
    truth = [labelled("anna", span(0, 5)), labelled("anna", span(5, 9))]
    score = score_tracks(truth, ours(span(0, 9)))
    assert (score.mixed, score.pieces) == (0, [1, 1])


def test_tracks_of_nobody_neither_count_nor_mix():
    truth = [labelled("anna", span(0, 5)), labelled("unsure", span(5, 9))]
    score = score_tracks(truth, ours(span(0, 9)))
    assert score == TrackScore(boxes=5, found=5, tracks=1, mixed=0, pieces=[1])


def test_one_box_of_ours_is_not_two_people():
    truth = [labelled("anna", span(0, 3, 0)), labelled("bela", span(0, 3, 2))]
    score = score_tracks(truth, ours(span(0, 3, 2)))
    assert (score.found, score.mixed, score.pieces) == (3, 0, [0, 1])


def test_box_of_somebody_who_is_not_scored_is_taken_all_the_same():
    truth = [labelled("anna", span(0, 3, 0)), labelled("nonface", span(0, 3, 2))]
    assert score_tracks(truth, ours(span(0, 3, 2))).found == 0


@pytest.mark.parametrize(
    ("truth", "tracks", "recall"),
    [
        ([], ours(), 1),
        ([], ours(span(0, 3)), 1),
        ([labelled("anna", {})], ours(span(0, 3)), 1),
        ([labelled("anna", span(0, 3))], ours(), 0),
        ([labelled("mixed", span(0, 3))], ours(span(0, 3)), 1),
    ],
)
def test_nothing_labelled_or_nothing_found(truth, tracks, recall):
    score = score_tracks(truth, tracks)
    assert score.recall == recall
    assert score.median_pieces == 0
    assert score.tracks == len(tracks)
    assert score.mixed == score.found == 0


def most_that_match(overlap: np.ndarray) -> float:
    """Largest sum of overlaps from 0.5 on, over all ways to pair rows and columns."""
    if overlap.shape[0] > overlap.shape[1]:
        overlap = overlap.T
    gain = np.where(overlap >= 0.5, overlap, 0)
    return max(
        sum(gain[i, j] for i, j in enumerate(order))
        for order in permutations(range(gain.shape[1]), gain.shape[0])
    )


@settings(max_examples=80, deadline=None)
@given(
    st.lists(st.integers(0, 15), min_size=1, max_size=4),
    st.lists(st.integers(0, 15), min_size=1, max_size=4),
)
def test_matches_of_a_frame_are_one_to_one_and_overlap_most(theirs, mine):
    truth = [labelled(f"p{n}", {3: x}) for n, x in enumerate(theirs)]
    tracks = ours(*({3: x} for x in mine))
    pairs = list(matches(truth, tracks))
    overlap = iou(np.concatenate([t.boxes for t in truth]), tracks.boxes)
    assert len({i for i, _ in pairs}) == len({j for _, j in pairs}) == len(pairs)
    assert all(overlap[i, j] >= 0.5 for i, j in pairs)
    assert sum(overlap[i, j] for i, j in pairs) == pytest.approx(most_that_match(overlap))


def test_rows_and_their_summary_pool_boxes_and_tracks():
    scores = {
        "a": TrackScore(boxes=10, found=5, tracks=3, mixed=1, pieces=[0, 1, 2]),
        "b": TrackScore(boxes=30, found=30, tracks=2, mixed=0, pieces=[1, 5]),
    }
    a, b = rows(scores)
    assert a == {
        "film": "a",
        "labelled": 3,
        "recall": 0.5,
        "tracks": 3,
        "two people": 1,
        "median pieces": 1.0,
        "mean pieces": 1.0,
        "missed": 1,
    }
    assert (b["film"], b["recall"], b["mean pieces"]) == ("b", 1.0, 3.0)
    every = summary(scores)
    assert every == {
        "film": "all",
        "labelled": 5,
        "recall": 0.875,
        "tracks": 5,
        "two people": 1,
        "median pieces": 1.0,
        "mean pieces": 1.8,
        "missed": 1,
    }


def test_film_without_labelled_tracks_has_a_row():
    (row,) = rows({"a": TrackScore(boxes=0, found=0, tracks=0, mixed=0, pieces=[])})
    assert (row["recall"], row["mean pieces"], row["missed"]) == (1.0, 0, 0)
