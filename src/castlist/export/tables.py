"""Tables for spreadsheets: tracks, appearances, co-appearances and screen time, as CSV.

Names stand as the user wrote them, quoted where they have to be (RFC 4180), in UTF-8. Times are
seconds from the film's first frame; frames count from 0 and the last one is inclusive, but a
timecode named end is that of the first frame after it, as editing programs have it.
"""

from __future__ import annotations

import csv
import io
from collections.abc import Iterable, Mapping
from dataclasses import asdict
from fractions import Fraction
from typing import Any

from castlist.export.finished import Finished, seconds
from castlist.export.statistics import screen_times


def tracks(film: Finished) -> str:
    """Return a row a track, those of unknown people too: their character is empty."""
    known = {character.id: character for character in film.characters}
    rows = []
    for track in film.cast.tracks:
        character = known.get(track.character or "")
        rows.append(
            {
                "track": track.id,
                "character": character.id if character else None,
                "name": character.name if character else None,
                "shot": track.shot,
                **stretch(film, track.start_frame, track.end_frame),
                "quality": track.quality,
            }
        )
    columns = ("track", "character", "name", "shot", *STRETCH, "quality")
    return _csv(columns, rows)


def appearances(film: Finished) -> str:
    """Return a row an appearance."""
    rows = [
        {
            "character": a.character.id,
            "name": a.character.name,
            "shot": a.shot,
            **stretch(film, a.first, a.last),
            "tracks": " ".join(map(str, a.tracks)),
        }
        for a in film.appearances
    ]
    return _csv(("character", "name", "shot", *STRETCH, "tracks"), rows)


def co_appearances(film: Finished) -> str:
    """Return a row a pair of characters that share a shot."""
    return _csv(PAIR, pairs(film))


def screen_time(film: Finished) -> str:
    """Return a row a character."""
    rows = [decimal(asdict(row)) for row in screen_times(film)]
    columns = ("character", "name", "seconds", "share", "frames", "alone", "shots", "appearances")
    return _csv((*columns, "longest", "first", "last"), rows)


STRETCH = (
    *("start_seconds", "end_seconds", "first_frame", "last_frame"),
    *("start_timecode", "end_timecode"),
)


def stretch(film: Finished, first: int, last: int) -> dict[str, Any]:
    """Return where frames `first` to `last` lie: seconds, frames, and timecode."""
    begin, past = film.edit.span(first, last)
    values = (
        *(seconds(film.start(first)), seconds(film.end(last)), first, last),
        *(film.edit.timecode(begin), film.edit.timecode(past)),
    )
    return dict(zip(STRETCH, values, strict=True))


PAIR = (
    *("character", "name", "with_character", "with_name"),
    *("seconds_together", "frames_together", "shots_together", "first_together"),
)


def pairs(film: Finished) -> list[dict[str, Any]]:
    """Return what each pair of characters shares: frames with both on them, and shots."""
    rows = []
    for pair in film.co_appearances:
        together = sum((film.lasting(*frames) for frames in pair.frames), Fraction(0))
        values = (
            *(pair.one.id, pair.one.name, pair.other.id, pair.other.name),
            *(seconds(together), sum(last - first + 1 for first, last in pair.frames)),
            *(len(pair.shots), seconds(film.start(pair.frames[0][0])) if pair.frames else None),
        )
        rows.append(dict(zip(PAIR, values, strict=True)))
    return rows


def decimal(row: Mapping[str, Any]) -> dict[str, Any]:
    """Return the row with fractions as decimals."""
    return {k: seconds(v) if isinstance(v, Fraction) else v for k, v in row.items()}


def _csv(columns: Iterable[str], rows: Iterable[Mapping[str, Any]]) -> str:
    text = io.StringIO(newline="")
    writer = csv.DictWriter(text, list(columns), lineterminator="\n")
    writer.writeheader()
    writer.writerows(rows)
    return text.getvalue()
