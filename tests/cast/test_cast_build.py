"""From tracks and clusters to a cast: everything adds up, whatever the tracks."""

from dataclasses import asdict
from fractions import Fraction

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from castlist.cast.build import build
from castlist.cast.types import Cast
from castlist.film.timeline import Timeline
from castlist.tracks.types import Crops, Tracks

TIME_BASE = Fraction(1, 1000)
FRAMES = 40


def timeline(durations: list[int], start: int = 0) -> Timeline:
    times = start + np.cumsum([0, *durations])
    return Timeline(times[:-1].astype(np.int64), int(times[-1]))


STEADY = timeline([40] * FRAMES)


def make(spans, labels, *, time=STEADY, qualities=None, **more) -> tuple[Cast, Crops]:
    """A cast of tracks over frames (first, last), one or two crops each."""
    track = np.array([n for n, (a, b) in enumerate(spans) for _ in range(a, b + 1)], np.int64)
    frame = np.array([f for a, b in spans for f in range(a, b + 1)], np.int64)
    rows = len(frame)
    tracks = Tracks(
        track,
        frame // 10,
        frame,
        time.pts[frame],
        np.zeros((rows, 4), np.float32),
        np.ones(rows, np.float32),
        np.ones(rows, bool),
        np.zeros(rows, bool),
    )
    sampled = [(n, f) for n, span in enumerate(spans) for f in sorted(set(span))]
    at = np.array([f for _, f in sampled], np.int64)
    if qualities is None:
        qualities = np.random.default_rng(0).permutation(len(sampled)) / 100
    crops = Crops(
        np.array([n for n, _ in sampled], np.int64),
        at,
        time.pts[at],
        np.array(qualities, np.float32),
        np.ones(len(sampled), np.float32),
        np.array([f"crops/{n}_{f}.jpg" for n, f in sampled], np.str_),
    )
    cast = build(
        {"path": "film.mp4"}, TIME_BASE, time, tracks, crops, np.array(labels, np.int64), **more
    )
    return cast, crops


def test_two_people_and_a_stranger():
    cast, _ = make(
        [(0, 9), (5, 14), (20, 24), (30, 39)],
        [1, 0, -1, 1],
        qualities=[0.1, 0.9, 0.5, 0.4, 0.2, 0.3, 0.8, 0.7],
        settings={"seed": 3},
        timings={"scan": 2.0},
    )
    assert [asdict(character) for character in cast.characters] == [
        {
            "id": "C01",
            "name": None,
            "tracks": [0, 3],
            "screen_time": 0.8,
            "first": 0.0,
            "last": 1.6,
            "portrait": "crops/0_9.jpg",
            "note": None,
            "hidden": False,
        },
        {
            "id": "C02",
            "name": None,
            "tracks": [1],
            "screen_time": 0.4,
            "first": 0.2,
            "last": 0.6,
            "portrait": "crops/1_5.jpg",
            "note": None,
            "hidden": False,
        },
    ]
    assert cast.unknown == [2]
    assert [track.character for track in cast.tracks] == ["C01", "C02", None, "C01"]
    assert asdict(cast.tracks[1]) == {
        "id": 1,
        "character": "C02",
        "shot": 0,
        "start": 0.2,
        "end": 0.6,
        "start_frame": 5,
        "end_frame": 14,
        "quality": 0.5,
        "part_of": None,
    }
    assert (cast.film, cast.settings) == ({"path": "film.mp4"}, {"seed": 3})
    assert cast.timings == {"scan": 2.0}


def test_overlapping_tracks_of_one_person_are_counted_once():
    cast, _ = make([(0, 9), (5, 14)], [0, 0])
    assert cast.characters[0].screen_time == pytest.approx(15 * 0.04)


def test_time_begins_with_the_first_frame():
    cast, _ = make([(0, 4)], [0], time=timeline([40] * FRAMES, start=123456))
    assert (cast.tracks[0].start, cast.tracks[0].end) == (0.0, 0.2)


def test_last_frame_of_a_film_lasts_until_its_end():
    cast, _ = make([(39, 39)], [0], time=timeline([40] * 39 + [500]))
    assert (cast.tracks[0].start, cast.tracks[0].end) == (1.56, 2.06)
    assert cast.characters[0].screen_time == 0.5


def test_no_track_at_all():
    for time in (STEADY, timeline([])):
        cast, _ = make([], [], time=time)
        assert (cast.characters, cast.tracks, cast.unknown) == ([], [], [])


def test_all_tracks_unknown():
    cast, _ = make([(0, 4), (9, 9)], [-1, -1])
    assert cast.characters == []
    assert cast.unknown == [0, 1]


def test_film_of_one_frame():
    cast, _ = make([(0, 0)], [0], time=timeline([40]))
    assert cast.characters[0].screen_time == 0.04


@pytest.mark.parametrize(("people", "last"), [(9, "C09"), (99, "C99"), (100, "C100")])
def test_ids_sort_as_they_count(people, last):
    cast, _ = make([(3, 3)] * people, list(range(people)))
    ids = [character.id for character in cast.characters]
    assert ids == sorted(ids)
    assert ids[-1] == last
    assert {len(i) for i in ids} == {len(last)}


def test_those_on_screen_equally_long_come_in_order_of_their_first_track():
    cast, _ = make([(9, 9), (3, 3), (5, 5)], [2, 0, 1])
    assert [character.tracks for character in cast.characters] == [[0], [1], [2]]


@settings(max_examples=80, deadline=None)
@given(st.data())
def test_whatever_the_tracks_it_adds_up(data):
    durations = data.draw(st.lists(st.integers(1, 90), min_size=FRAMES, max_size=FRAMES), "ms")
    spans = data.draw(
        st.lists(
            st.tuples(st.integers(0, FRAMES - 1), st.integers(0, 9)).map(
                lambda s: (s[0], min(FRAMES - 1, s[0] + s[1]))
            ),
            max_size=12,
        ),
        "spans",
    )
    size = len(spans)
    labels = data.draw(st.lists(st.integers(-1, 4), min_size=size, max_size=size), "labels")
    cast, crops = make(spans, labels, time=timeline(durations, start=7))
    owners: dict[int, str] = {}
    for character in cast.characters:
        assert owners.keys().isdisjoint(character.tracks)  # nobody's track is another's
        owners.update(dict.fromkeys(character.tracks, character.id))
        assert len({labels[track] for track in character.tracks}) == 1
        frames = {f for n in character.tracks for f in range(spans[n][0], spans[n][1] + 1)}
        assert character.screen_time == pytest.approx(sum(durations[f] for f in frames) / 1000)
        assert character.first == pytest.approx(sum(durations[: min(frames)]) / 1000)
        assert character.last == pytest.approx(sum(durations[: max(frames) + 1]) / 1000)
        assert [spans[n][0] for n in character.tracks] == sorted(
            spans[n][0] for n in character.tracks
        )
        own = np.isin(crops.track, character.tracks)
        best = crops.file[own][crops.quality[own].argmax()]
        assert character.portrait == best
    assert len(cast.characters) == len({label for label in labels if label >= 0})
    times = [character.screen_time for character in cast.characters]
    assert times == sorted(times, reverse=True)
    assert cast.unknown == [n for n, label in enumerate(labels) if label < 0]
    assert [track.id for track in cast.tracks] == list(range(size))
    for track in cast.tracks:
        assert track.character == owners.get(track.id)
        assert (track.start_frame, track.end_frame) == spans[track.id]
        assert 0 <= track.start < track.end
        middle = (track.start + track.end) / 2
        on_screen = {character.id for character in cast.on_screen(middle)}
        assert track.character is None or track.character in on_screen
