"""A film on an editing program's timeline: constant rates, variable ones, other ones."""

from __future__ import annotations

from fractions import Fraction
from itertools import pairwise

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from castlist.errors import CastlistError
from castlist.export.edit import EditTimeline, parse_rate
from castlist.film.timecode import TimecodeError
from castlist.film.timeline import Timeline

NTSC = [Fraction(1000 * n, 1001) for n in (24, 30, 60)]
RATES = [*NTSC, Fraction(24), Fraction(25), Fraction(30), Fraction(50), Fraction(60)]
MILLISECONDS = Fraction(1, 1000)


def even(rate: Fraction, frames: int, base: Fraction, zero: int = 0) -> Timeline:
    """Frames at an even rate, their times rounded to the time base as containers do."""
    pts = np.array([round(n / rate / base) + zero for n in range(frames + 1)])
    return Timeline(pts[:-1], int(pts[-1]))


@pytest.mark.parametrize("rate", RATES)
@pytest.mark.parametrize("base", [MILLISECONDS, Fraction(1, 90000), Fraction(1, 600)])
@pytest.mark.parametrize("zero", [0, 4711])
def test_films_of_constant_rate_keep_their_frames(rate, base, zero):
    """An hour and more, also where the container rounds times to milliseconds."""
    frames = 200_000 if base == MILLISECONDS else 2000
    edit = EditTimeline(even(rate, frames, base, zero), base, rate)
    assert (edit.rate, edit.constant) == (rate, True)
    assert (edit.places == np.arange(frames + 1)).all()
    assert edit.span(10, 19) == (10, 20)
    assert len(edit) == frames


@pytest.mark.parametrize(
    ("told", "meant"),
    [
        (Fraction(2398, 100), Fraction(24000, 1001)),
        (Fraction(23976, 1000), Fraction(24000, 1001)),
        (Fraction(2997, 100), Fraction(30000, 1001)),
        (Fraction(19001, 317), Fraction(60000, 1001)),
        (Fraction(15), Fraction(15)),
        (Fraction(18), Fraction(18)),
        (Fraction(100), Fraction(100)),
        (Fraction(120000, 1001), Fraction(120000, 1001)),
    ],
)
def test_rates_that_containers_tell_inexactly(told, meant):
    edit = EditTimeline(even(told, 500, MILLISECONDS), MILLISECONDS, told)
    assert (edit.rate, edit.constant) == (meant, True)
    assert (edit.places == np.arange(501)).all()


@given(
    st.lists(st.integers(1, 400), min_size=2, max_size=60),
    st.sampled_from(RATES),
    st.integers(-1000, 1000),
)
def test_variable_rate_goes_by_time(durations, rate, zero):
    """The place of a frame is the nearest to its time; of two as near the later."""
    times = [zero + sum(durations[:n]) for n in range(len(durations) + 1)]
    film = Timeline(np.array(times[:-1]), times[-1])
    average = Fraction(1000 * len(durations), sum(durations))
    edit = EditTimeline(film, MILLISECONDS, average, rate=rate)
    if edit.constant:
        assert abs(rate / average - 1) < Fraction(1, 2000)
        return
    for time, place in zip(times, edit.places.tolist(), strict=True):
        exact = Fraction(time - zero, 1000) * rate
        assert -Fraction(1, 2) < place - exact <= Fraction(1, 2)
    for first, past in pairwise(edit.span(n, n)[0] for n in range(len(durations))):
        assert first <= past
    assert all(past > first for first, past in (edit.span(n, n) for n in range(len(durations))))


def test_telephone_film():
    """30 frames a second, of which a few last twice as long: the timeline has 30."""
    durations = [20, 20, 40, 20, 20, 20, 60, 20, 20]
    times = np.concatenate([[0], np.cumsum(durations)])
    film = Timeline(times[:-1], int(times[-1]))
    edit = EditTimeline(film, Fraction(1, 600), Fraction(9 * 600, sum(durations)))
    assert (edit.rate, edit.constant) == (30, False)
    assert edit.places.tolist() == [0, 1, 2, 4, 5, 6, 7, 10, 11, 12]
    assert edit.span(2, 2) == (2, 4)


def test_film_that_lost_a_frame_goes_by_time():
    """At 25 frames a second frame 50 is missing: what follows lies one place later."""
    pts = np.array([40 * n for n in range(200) if n != 50])
    edit = EditTimeline(Timeline(pts, 8000), MILLISECONDS, Fraction(25))
    assert (edit.rate, edit.constant) == (25, False)
    assert edit.places[49:52].tolist() == [49, 51, 52]
    assert len(edit) == 200


def test_another_rate_goes_by_time():
    film = even(Fraction(24), 240, MILLISECONDS)
    edit = EditTimeline(film, MILLISECONDS, Fraction(24), rate=Fraction(25))
    assert not edit.constant
    assert edit.span(24, 47) == (25, 50)
    assert len(edit) == 250
    slow = EditTimeline(film, MILLISECONDS, Fraction(24), rate=NTSC[0])
    assert not slow.constant


def test_what_is_shorter_than_a_place_has_one():
    film = even(Fraction(100), 8, MILLISECONDS)
    edit = EditTimeline(film, MILLISECONDS, Fraction(100), rate=Fraction(25))
    assert [edit.span(n, n) for n in range(4)] == [(0, 1), (0, 1), (1, 2), (1, 2)]


def test_film_of_one_frame():
    edit = EditTimeline(Timeline(np.array([7]), 47), MILLISECONDS, Fraction(25))
    assert (edit.rate, edit.span(0, 0), len(edit)) == (25, (0, 1), 1)


def started(film_rate: Fraction, **more) -> EditTimeline:
    return EditTimeline(
        even(film_rate, 50, Fraction(1, 90000)), Fraction(1, 90000), film_rate, **more
    )


def test_start_timecode():
    edit = started(Fraction(25), start_timecode="10:00:00:00")
    assert (edit.start, edit.timecode(0), edit.timecode(26)) == (
        *(900_000, "10:00:00:00"),
        "10:00:01:01",
    )
    assert (edit.media_start, edit.counting.drop) == (0, False)


def test_semicolon_means_drop_frame_unless_told_otherwise():
    assert started(NTSC[1], start_timecode="00:00:59;20").timecode(10) == "00:01:00;02"
    assert started(NTSC[1], start_timecode="00:00:59:20").timecode(10) == "00:01:00:00"
    assert started(NTSC[1], start_timecode="00:00:59:20", drop=True).timecode(10) == "00:01:00;02"
    assert started(NTSC[1], start_timecode="00:00:59;20", drop=False).timecode(10) == "00:01:00:00"
    assert started(NTSC[1]).timecode(1) == "00:00:00:01"
    assert started(NTSC[1], drop=True).timecode(1800) == "00:01:00;02"


def test_films_own_timecode_is_the_default():
    edit = started(NTSC[1], film_timecode="01:00:00;00")
    assert (edit.timecode(0), edit.start, edit.media_start) == ("01:00:00;00", 107892, 107892)
    other = started(NTSC[1], film_timecode="01:00:00;00", start_timecode="00:00:00:00")
    assert (other.timecode(0), other.media_start) == ("00:00:00:00", 107892)


def test_films_own_timecode_on_a_timeline_of_another_rate():
    """The program reads 01:00:00:00 at 24, an hour, and shows it at 25 frames a second."""
    edit = started(Fraction(24), film_timecode="01:00:00:23", rate=Fraction(25))
    assert (edit.timecode(0), edit.media_start) == ("00:00:00:00", 90_024)


def test_timecode_passes_midnight():
    assert started(Fraction(25), start_timecode="23:59:59:24").timecode(1) == "00:00:00:00"


@pytest.mark.parametrize("timecode", ["01:00:00:25", "25:00:00:00", "soon", ""])
def test_impossible_start_timecode(timecode):
    with pytest.raises(TimecodeError):
        started(Fraction(25), start_timecode=timecode)


def test_drop_frame_at_a_rate_without_it():
    with pytest.raises(TimecodeError, match="drop-frame"):
        started(Fraction(25), drop=True)


@pytest.mark.parametrize(
    ("text", "rate"),
    [
        ("25", Fraction(25)),
        ("23.976", Fraction(24000, 1001)),
        ("23.98", Fraction(24000, 1001)),
        ("29.97", Fraction(30000, 1001)),
        ("59.94", Fraction(60000, 1001)),
        ("30000/1001", Fraction(30000, 1001)),
        ("30.0", Fraction(30)),
    ],
)
def test_rates_as_users_write_them(text, rate):
    assert parse_rate(text) == rate


@pytest.mark.parametrize("text", ["fast", "0", "-25", "1/0", "5000", ""])
def test_what_is_no_rate(text):
    with pytest.raises(CastlistError, match="frame rate"):
        parse_rate(text)
