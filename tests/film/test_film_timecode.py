"""Timecode: against counting by hand, OpenTimelineIO, and known values."""

from __future__ import annotations

from fractions import Fraction
from functools import cache

import opentimelineio as otio
import pytest
from hypothesis import given
from hypothesis import strategies as st

from castlist.film.timecode import Counting, TimecodeError

RATES = {  # and whether drop-frame
    (Fraction(24000, 1001), False),
    (Fraction(24), False),
    (Fraction(25), False),
    (Fraction(30000, 1001), False),
    (Fraction(30000, 1001), True),
    (Fraction(30), False),
    (Fraction(50), False),
    (Fraction(60000, 1001), False),
    (Fraction(60000, 1001), True),
    (Fraction(60), False),
}
rates = st.sampled_from(sorted(RATES))


@cache
def labels(counted: int, left_out: int) -> list[str]:
    """The timecodes of the first 31 minutes, written one after the other as the standard says."""
    colon = ";" if left_out else ":"
    return [
        f"00:{minute:02d}:{second:02d}{colon}{frame:02d}"
        for minute in range(31)
        for second in range(60)
        for frame in range(counted)
        if minute % 10 == 0 or second or frame >= left_out
    ]


@pytest.mark.parametrize(
    ("counted", "left_out"), [(24, 0), (25, 0), (30, 0), (30, 2), (50, 0), (60, 0), (60, 4)]
)
def test_half_an_hour_frame_by_frame(counted, left_out):
    counting = Counting(counted, drop=left_out > 0)
    expected = labels(counted, left_out)
    assert [counting.timecode(number) for number in range(len(expected))] == expected
    assert [counting.number(timecode) for timecode in expected] == list(range(len(expected)))


@given(rates, st.integers(0, 24 * 3600 * 60))
def test_opentimelineio_agrees(rate, number):
    fps, drop = rate
    counting = Counting.of(fps, drop=drop)
    number %= counting.day
    time = otio.opentime.RationalTime(number, float(fps))
    theirs = otio.opentime.to_timecode(time, float(fps), drop)
    assert counting.timecode(number) == theirs
    assert counting.number(theirs) == number
    assert otio.opentime.from_timecode(counting.timecode(number), float(fps)).value == number


@given(rates, st.integers(0, 10**9))
def test_timecode_starts_over_after_a_day(rate, number):
    counting = Counting.of(rate[0], drop=rate[1])
    assert counting.number(counting.timecode(number)) == number % counting.day


@given(rates, st.integers(0, 10**6))
def test_later_frames_have_later_timecodes(rate, number):
    counting = Counting.of(rate[0], drop=rate[1])
    assert counting.timecode(number) < counting.timecode(number + 1)


@pytest.mark.parametrize("counted", [30, 60])
def test_drop_frame_keeps_pace_with_the_clock(counted):
    """After an hour it is 3.6 ms off; non-drop code is 3.6 s off."""
    frames = Counting(counted, drop=True).number("01:00:00;00")
    assert float(frames * Fraction(1001, counted * 1000)) == pytest.approx(3600, abs=0.004)
    assert frames == {30: 107892, 60: 215784}[counted]


@pytest.mark.parametrize(
    ("timecode", "counted", "number"),
    [
        ("00:00:59;29", 30, 1799),
        ("00:01:00;02", 30, 1800),
        ("00:10:00;00", 30, 17982),
        ("00:01:00;04", 60, 3600),
        ("00:01:00:04", 60, 3600),  # the colons don't decide
        ("00:01:00.04", 60, 3600),
    ],
)
def test_known_drop_frame_values(timecode, counted, number):
    assert Counting(counted, drop=True).number(timecode) == number


def test_rates_above_a_hundred_have_three_digits():
    assert Counting(120).timecode(119) == "00:00:00:119"
    assert Counting(120).number("00:00:01:000") == 120


@pytest.mark.parametrize(
    "timecode",
    [
        "",
        "01:00:00",
        "1:00:00:00",
        "-1:00:00:00",
        "aa:00:00:00",
        "00:00:00:1",
        "01:00:00:00:00",
        "24:00:00:00",
        "00:60:00:00",
        "00:00:60:00",
        "00:00:00:25",
    ],
)
def test_what_is_no_timecode(timecode):
    with pytest.raises(TimecodeError, match=r"no timecode"):
        Counting(25).number(timecode)


@pytest.mark.parametrize("timecode", ["00:01:00;00", "10:59:00;01"])
def test_timecodes_that_are_left_out(timecode):
    with pytest.raises(TimecodeError, match="left out"):
        Counting(30, drop=True).number(timecode)


@pytest.mark.parametrize("rate", [24, 25, 30, 50, 60, Fraction(24000, 1001)])
def test_drop_frame_only_where_there_is_such_code(rate):
    with pytest.raises(TimecodeError, match=r"29\.97 and 59\.94"):
        Counting.of(Fraction(rate), drop=True)


def test_no_rate_no_timecode():
    with pytest.raises(TimecodeError, match="at least one frame"):
        Counting.of(Fraction(1, 3))
