"""A film on the timeline of an editing program: which place and timecode each frame has there.

Such a timeline has one constant rate. A film of constant rate keeps its frames: frame n is at
place n. Where the film's rate varies, or the timeline has another one, the program shows at each
place what the film shows at that time, so a frame lies where its time does:

    place(t) = floor(t * rate + 1/2),  t: seconds from the film's first frame

and it ends where the next one begins.
"""

from __future__ import annotations

from fractions import Fraction

import numpy as np

from castlist.errors import CastlistError
from castlist.faces.types import Ints
from castlist.film.timecode import Counting
from castlist.film.timeline import Timeline

_SLOWED = (24, 30, 48, 60, 120)  # rates that are also run slower by 1000/1001
_SAME = Fraction(1, 2000)
"""Rates that differ by less are one: 23.98 is 24000/1001, but 24 isn't, by 1/1001."""


class EditTimeline:
    """Where the frames of a film lie on an editing program's timeline.

    Args:
        timeline: When each frame of the film is shown.
        time_base: Seconds per unit of pts.
        film_rate: Frames per second that the film's container gives.
        rate: Frames per second of the timeline; by default the film's own, or for variable rate
            the usual rate that is nearest to that of most frames.
        film_timecode: Timecode of the film's first frame that its container gives, if it does.
        start_timecode: Timecode of that frame on the timeline; by default the film's own, or
            00:00:00:00 where it has none or the timeline another rate.
        drop: Whether it is drop-frame code; by default if the start timecode has a ";" in it.

    Attributes:
        rate: Frames per second.
        counting: How its timecode counts.
        start: Number of the first frame's timecode.
        media_start: The film's own timecode in frames of the timeline; programs read it too.
        places: Shape (F + 1,): the place of each of the film's F frames, counted from 0, and
            where the last one ends; never falling.
        constant: Whether the film's frames are the timeline's.

    Raises:
        TimecodeError: The start timecode can't be, or there is no such drop-frame code.
    """

    def __init__(
        self,
        timeline: Timeline,
        time_base: Fraction,
        film_rate: Fraction,
        *,
        film_timecode: str | None = None,
        rate: Fraction | None = None,
        start_timecode: str | None = None,
        drop: bool | None = None,
    ) -> None:
        steady = _steady(timeline, time_base, film_rate)
        own_rate = _usual(film_rate if steady else _common(timeline, time_base))
        self.rate = rate or own_rate
        self.constant = steady and abs(self.rate / film_rate - 1) < _SAME
        own = film_timecode or "00:00:00:00"
        number = Counting.of(own_rate, drop=";" in own).number(own)
        self.media_start = int(_nearest(np.array([number]), self.rate / own_rate)[0])
        if start_timecode is None and self.rate == own_rate:
            start_timecode = film_timecode
        start = "00:00:00:00" if start_timecode is None else start_timecode
        self.counting = Counting.of(self.rate, drop=";" in start if drop is None else drop)
        self.start = self.counting.number(start)
        if self.constant:
            self.places = np.arange(len(timeline) + 1)
        else:
            self.places = _nearest(_edges(timeline), time_base * self.rate)

    def __len__(self) -> int:
        """Frames of the timeline that the film takes."""
        return int(self.places[-1])

    def span(self, first: int, last: int) -> tuple[int, int]:
        """Return where frames `first` to `last` lie: the first place, and the one after the last.

        Something that is too short for the timeline still has one place.
        """
        begin = int(self.places[first])
        return begin, max(int(self.places[last + 1]), begin + 1)

    def timecode(self, place: int) -> str:
        """Return the timecode of a place."""
        return self.counting.timecode(self.start + place)


def parse_rate(text: str) -> Fraction:
    """Return the rate that a user means: 23.976 is 24000/1001, 25 is 25, 30000/1001 itself.

    Raises:
        CastlistError: It is no rate of frames.
    """
    try:
        rate = Fraction(text)
    except (ValueError, ZeroDivisionError):
        raise CastlistError(f"{text}: is no frame rate; write 25, 29.97 or 30000/1001") from None
    if not 1 <= rate <= 1000:
        raise CastlistError(f"{text}: is no frame rate; write one from 1 to 1000")
    return rate if rate.denominator in (1, 1001) else _usual(rate)


def _usual(rate: Fraction) -> Fraction:
    """Return the rate of editing programs that is nearest: a whole one, or one of NTSC's."""
    known = [Fraction(max(1, round(rate))), *(Fraction(1000 * n, 1001) for n in _SLOWED)]
    return min(known, key=lambda other: abs(other / rate - 1))


def _steady(timeline: Timeline, time_base: Fraction, rate: Fraction) -> bool:
    """Tell whether every frame is nearer to its own place at this rate than to another's."""
    if len(timeline) < 2:
        return True
    places = _nearest(_edges(timeline)[:-1], time_base * rate)
    return bool((places == np.arange(len(timeline))).all())


def _common(timeline: Timeline, time_base: Fraction) -> Fraction:
    """Return the rate of most frames: one over the median time from a frame to the next."""
    return 1 / (int(np.median(np.diff(timeline.pts))) * time_base)


def _edges(timeline: Timeline) -> Ints:
    """Return when each frame begins, and when the last one ends, from 0 on."""
    return np.asarray(np.append(timeline.pts, timeline.end_pts) - timeline.pts[:1])


def _nearest(pts: Ints, places_per_unit: Fraction) -> Ints:
    """Return floor(pts * places_per_unit + 1/2), exactly, in Python's unbounded numbers."""
    up, down = places_per_unit.numerator, places_per_unit.denominator
    return np.array([(2 * up * time + down) // (2 * down) for time in pts.tolist()], np.int64)
