"""From faces to tracks: who is followed, what fills the gaps, which crops are sampled."""

from collections.abc import Callable
from dataclasses import replace

import numpy as np
import pytest
from made_faces import TICKS, faces, pts, shots, unit

from castlist.faces.types import Detections
from castlist.tracks.sampling import sample
from castlist.tracks.tracker import Tracked, Tracker

ANNA, BELA = unit(1, 0.1, 0), unit(0, 0.1, 1)
FRAMES = 60


class Known:
    """Embeds faces by who they are, and notes which rows it was asked for."""

    def __init__(self, found: Detections, who: Callable[[int, float], np.ndarray]) -> None:
        self._found, self._who = found, who
        self.asked: list[int] = []

    def __call__(self, rows: np.ndarray) -> np.ndarray:
        assert rows.tolist() == sorted(set(rows.tolist()))
        self.asked += rows.tolist()
        found = self._found
        seen = [self._who(int(found.frame[r]), float(found.boxes[r, 0])) for r in rows]
        return np.array(seen, np.float32).reshape(len(rows), -1 if seen else 3)


def track(
    rows, *, who=lambda frame, x: ANNA, looked=None, cuts=(), **settings
) -> tuple[Tracked, Detections]:
    """Track faces made by hand; each is embedded at most once."""
    found = faces(rows)
    embed = Known(found, who)
    given = {"stride": 6, "different": 0.3, "same": 0.8, "least_frames": 5, "longest_gap": 20}
    tracked = Tracker(**{**given, **settings})(
        found,
        np.arange(FRAMES) if looked is None else np.array(looked),
        pts(FRAMES),
        shots(FRAMES, *cuts),
        embed,
    )
    assert len(embed.asked) == len(set(embed.asked))
    assert_whole(tracked, found, cuts)
    return tracked, found


def assert_whole(tracked: Tracked, found: Detections, cuts) -> None:
    """What holds of all tracks of any film."""
    tracks = tracked.tracks
    assert sorted(set(tracks.track.tolist())) == list(range(len(tracks)))
    np.testing.assert_array_equal(tracks.pts, tracks.frame * TICKS)
    starts = []
    for number in range(len(tracks)):
        mine = tracks.track == number
        frame = tracks.frame[mine]
        assert frame.tolist() == list(range(frame[0], frame[-1] + 1))  # a row a frame
        shot = set(tracks.shot[mine].tolist())
        assert shot == {int(np.searchsorted([0, *cuts], frame[0], "right")) - 1}
        assert tracks.detected[mine][[0, -1]].all()
        assert not (tracks.detected & tracks.gap)[mine].any()
        starts.append((frame[0], tracks.boxes[mine][0, 0]))
        rows = tracked.crop_row[tracked.crop_track == number]
        assert len(rows) >= min(3, tracks.detected[mine].sum())
        assert set(found.frame[rows]) <= set(frame[tracks.detected[mine]])
    assert starts == sorted(starts)
    assert (np.diff(tracked.crop_track) >= 0).all()
    assert len(tracked.crop_row) == len(set(tracked.crop_row.tolist())) == len(tracked.embeddings)


def spans(tracked: Tracked) -> list[tuple[int, int]]:
    tracks = tracked.tracks
    return [
        (int(tracks.frame[a]), int(tracks.frame[b]))
        for a, b in zip(tracks.first_row, tracks.last_row, strict=True)
    ]


@pytest.mark.parametrize("looked", [[], [0], list(range(FRAMES))])
def test_no_face_at_all(looked):
    tracked, _ = track([], looked=np.array(looked, np.int64))
    assert len(tracked.tracks) == 0
    assert tracked.tracks.boxes.shape == (0, 4)
    assert (len(tracked.crop_row), len(tracked.crop_track)) == (0, 0)
    assert tracked.embeddings.shape[0] == 0
    assert tracked.tracks.co_occurring().shape == (0, 2)


def test_all_frames_looked_at():
    tracked, found = track([(i, i) for i in range(30)])
    assert spans(tracked) == [(0, 29)]
    np.testing.assert_array_equal(tracked.tracks.boxes, found.boxes)
    assert tracked.tracks.detected.all()
    assert not tracked.tracks.gap.any()
    assert tracked.crop_row.tolist() == sample(np.arange(30)).tolist() == [0, 12, 24]
    np.testing.assert_allclose(tracked.embeddings, [ANNA] * 3)


def test_between_anchors_boxes_and_scores_move_evenly():
    tracked, _ = track([(0, 0, 50, 0.9), (6, 12, 56, 0.6), (9, 12, 56, 0.6)], looked=[0, 6, 9])
    tracks = tracked.tracks
    assert tracks.detected.tolist() == [i in (0, 6, 9) for i in range(10)]
    assert not tracks.gap.any()  # nobody looked, so nothing is missing
    np.testing.assert_allclose(tracks.boxes[:7, 0], np.arange(7) * 2)
    np.testing.assert_allclose(tracks.boxes[:7, 2], 50 + np.arange(7) * 3)
    np.testing.assert_allclose(tracks.scores[:7], 0.9 - 0.05 * np.arange(7), rtol=1e-5)


def test_gap_is_where_a_face_was_looked_for_in_vain():
    rows = [(i, 0) for i in (0, 3, 6, 15, 18)]
    tracked, _ = track(rows, looked=range(0, 60, 3))
    assert spans(tracked) == [(0, 18)]
    assert np.flatnonzero(tracked.tracks.gap).tolist() == list(range(7, 15))


def test_short_and_unsure_faces_are_nobody():
    tracked, _ = track([(i, 0) for i in range(4)])
    assert len(tracked.tracks) == 0
    tracked, _ = track([(i, 0) for i in range(5)])
    assert spans(tracked) == [(0, 4)]
    tracked, _ = track([(i, 0, 50, 0.45) for i in range(30)])
    assert len(tracked.tracks) == 0
    tracked, _ = track([(i, 0, 50, 0.5 if i == 7 else 0.4) for i in range(30)])
    assert spans(tracked) == [(0, 29)]


def test_track_of_one_face():
    tracked, _ = track([(7, 0)], least_frames=1)
    assert spans(tracked) == [(7, 7)]
    assert tracked.crop_row.tolist() == [0]
    assert tracked.tracks.detected.tolist() == [True]


def test_cut_ends_a_track():
    tracked, _ = track([(i, 0) for i in range(30)], cuts=(12,))
    assert spans(tracked) == [(0, 11), (12, 29)]
    assert tracked.tracks.shot[[0, -1]].tolist() == [0, 1]


def test_one_face_taken_for_another_is_split_off():
    tracked, _ = track(
        [(i, 0 if i < 20 else 25) for i in range(40)],
        who=lambda frame, x: ANNA if x < 20 else BELA,
    )
    assert spans(tracked) == [(0, 19), (20, 39)]
    np.testing.assert_allclose(tracked.embeddings[tracked.crop_track == 1] @ BELA, 1, rtol=1e-5)


def test_face_behind_a_passer_by_is_one_track():
    rows = [(i, 0) for i in [*range(10), *range(25, 40)]]
    tracked, _ = track(rows)
    assert spans(tracked) == [(0, 39)]
    assert np.flatnonzero(tracked.tracks.gap).tolist() == list(range(10, 25))
    tracked, _ = track(rows, who=lambda frame, x: ANNA if frame < 20 else BELA)
    assert spans(tracked) == [(0, 9), (25, 39)]


def test_face_lost_for_long_is_two_tracks():
    tracked, _ = track([(i, 0) for i in [*range(10), *range(31, 40)]], longest_gap=20)
    assert spans(tracked) == [(0, 9), (31, 39)]


def test_two_people_are_two_tracks_that_share_frames():
    rows = [(i, x) for i in range(20) for x in (0, 200)] + [(i, 400) for i in range(30, 40)]
    tracked, _ = track(rows, who=lambda frame, x: ANNA if x < 100 else BELA)
    assert spans(tracked) == [(0, 19), (0, 19), (30, 39)]
    assert tracked.tracks.boxes[tracked.tracks.first_row, 0].tolist() == [0, 200, 400]
    assert tracked.tracks.co_occurring().tolist() == [[0, 1]]


def test_film_of_one_frame():
    found = faces([(0, 0)])
    tracker = Tracker(stride=6, different=0.3, same=0.8, least_frames=2, longest_gap=20)
    one = replace(tracker, least_frames=1)
    for with_settings, count in ((tracker, 0), (one, 1)):
        tracked = with_settings(
            found, np.array([0]), pts(1), shots(1), Known(found, lambda f, x: ANNA)
        )
        assert len(tracked.tracks) == count
