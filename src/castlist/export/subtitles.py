"""Subtitles that say who is on screen: WebVTT and SubRip.

A cue lasts as long as the same characters are seen, and names them, one a line. Cues never overlap.
Players count from a file's beginning, so times are the film's own, whatever its start timecode.
"""

from __future__ import annotations

from collections.abc import Iterator
from fractions import Fraction

from castlist.export.finished import Finished, label
from castlist.export.statistics import on_screen


def vtt(film: Finished) -> str:
    """Return WebVTT (W3C Candidate Recommendation, 2019)."""
    cues = [
        f"{_clock(start, '.')} --> {_clock(end, '.')}\n" + "\n".join(map(_escaped, names))
        for start, end, names in _cues(film)
    ]
    return "\n\n".join(["WEBVTT", *cues]) + "\n"


def srt(film: Finished) -> str:
    """Return SubRip, as players read it."""
    return "".join(
        f"{number}\n{_clock(start, ',')} --> {_clock(end, ',')}\n" + "\n".join(names) + "\n\n"
        for number, (start, end, names) in enumerate(_cues(film), start=1)
    )


def _cues(film: Finished) -> Iterator[tuple[int, int, list[str]]]:
    """Yield start and end in milliseconds, and names; a cue that rounds to nothing is left out."""
    names = {character.id: label(character) for character in film.characters}
    for people, start, end in on_screen(film):
        begin, past = _milliseconds(start), _milliseconds(end)
        if begin < past:
            yield begin, past, [names[character] for character in people]


def _milliseconds(time: Fraction) -> int:
    return int(time * 1000 + Fraction(1, 2))


def _clock(milliseconds: int, point: str) -> str:
    seconds, milliseconds = divmod(milliseconds, 1000)
    minutes, seconds = divmod(seconds, 60)
    hours, minutes = divmod(minutes, 60)
    return f"{hours:02d}:{minutes:02d}:{seconds:02d}{point}{milliseconds:03d}"


def _escaped(name: str) -> str:
    return name.replace("&", "&amp;").replace("<", "&lt;").replace(">", "&gt;")
