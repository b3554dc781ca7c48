"""SMPTE timecode: numbers of frames to HH:MM:SS:FF and back, drop-frame too. No film, no seconds.

A timecode is a name of a frame. It counts whole frames, ``counted`` of them to its second, so at
23.976 frames per second (counted 24) an hour of it lasts 3603.6 s. Drop-frame code (SMPTE ST 12-1)
keeps pace with the clock at 29.97 and 59.94 by leaving out the first numbers (2 and 4) of each
minute but every tenth: names are left out, never frames.
"""

from __future__ import annotations

import re
from dataclasses import dataclass
from fractions import Fraction

from castlist.errors import CastlistError

_TIMECODE = re.compile(r"(\d\d):(\d\d):(\d\d)[:;.,](\d{2,3})")


class TimecodeError(CastlistError):
    """A timecode that can't be, or a rate that has none."""


@dataclass(frozen=True)
class Counting:
    """How frames are counted.

    Attributes:
        counted: Frames to a second of timecode: 24 for 23.976, 30 for 29.97, 60 for 59.94.
        drop: Whether it is drop-frame code.

    Raises:
        TimecodeError: There is no drop-frame code for this rate.
    """

    counted: int
    drop: bool = False

    def __post_init__(self) -> None:
        if self.counted < 1:
            raise TimecodeError("timecode needs a rate of at least one frame per second")
        if self.drop and self.counted % 30:
            raise TimecodeError(
                f"drop-frame timecode is for 29.97 and 59.94 frames per second, not {self.counted}"
            )

    @classmethod
    def of(cls, rate: Fraction, *, drop: bool = False) -> Counting:
        """Return how the frames of a film of this rate are counted.

        Raises:
            TimecodeError: Drop-frame code for a rate that keeps pace with the clock by itself.
        """
        if drop and rate.denominator == 1:
            raise TimecodeError(
                f"drop-frame timecode is for 29.97 and 59.94 frames per second, not {rate}"
            )
        return cls(round(rate), drop)

    @property
    def day(self) -> int:
        """Frames to 24 hours, after which timecode starts over."""
        return 24 * 60 * self._minute + 24 * 6 * self._left_out

    def timecode(self, number: int) -> str:
        """Return the timecode of a frame, counted from 00:00:00:00."""
        number %= self.day
        if self.drop:
            number += self._left_out * self._skipped_minutes(number)
        seconds, frames = divmod(number, self.counted)
        minutes, seconds = divmod(seconds, 60)
        hours, minutes = divmod(minutes, 60)
        digits = max(2, len(str(self.counted - 1)))
        colon = ";" if self.drop else ":"
        return f"{hours:02d}:{minutes:02d}:{seconds:02d}{colon}{frames:0{digits}d}"

    def number(self, timecode: str) -> int:
        """Return the number of the frame with this timecode, counted from 00:00:00:00.

        Raises:
            TimecodeError: It is no timecode, or no frame has it.
        """
        match = _TIMECODE.fullmatch(timecode.strip())
        if match is None:
            raise TimecodeError(
                f"{timecode} is no timecode; write HH:MM:SS:FF, such as 01:00:00:00"
            )
        hours, minutes, seconds, frames = (int(part) for part in match.groups())
        if hours > 23 or minutes > 59 or seconds > 59 or frames >= self.counted:
            raise TimecodeError(
                f"{timecode} is no timecode of {self.counted} frames per second and 24 hours"
            )
        number = ((60 * hours + minutes) * 60 + seconds) * self.counted + frames
        if not self.drop:
            return number
        if minutes % 10 and not seconds and frames < self._left_out:
            raise TimecodeError(f"{timecode} is left out in drop-frame timecode")
        minutes += 60 * hours
        return number - self._left_out * (minutes - minutes // 10)

    @property
    def _left_out(self) -> int:
        """Numbers left out in a minute that leaves out any."""
        return self.counted // 15 if self.drop else 0

    @property
    def _minute(self) -> int:
        """Frames to such a minute."""
        return 60 * self.counted - self._left_out

    def _skipped_minutes(self, number: int) -> int:
        """Return how many minutes that leave out numbers have begun before this frame."""
        tens, rest = divmod(number, 10 * self._minute + self._left_out)
        return 9 * tens + max(0, (rest - self._left_out) // self._minute)
