"""DaVinci Resolve's markers as an EDL, to *Timelines > Import > Timeline Markers from EDL*.

Each marker is an event of one frame (its end is the next frame, exclusive) and a line
``note |C:ResolveColorBlue |M:name |D:frames``. Resolve keeps one marker a frame, so characters who
come on screen together share one: the colour is that of the first in the cast, the length that of
who stays longest, and the note says how long each stays.
"""

from __future__ import annotations

from itertools import groupby

from castlist.export import colours
from castlist.export.finished import Finished, label


def text(film: Finished) -> str:
    """Return the EDL."""
    edit = film.edit
    colour = colours.of_characters(film.characters, colours.RESOLVE)
    spans = [(*edit.span(a.first, a.last), a.character) for a in film.appearances]
    lines = [
        f"TITLE: {film.film_name}",
        f"FCM: {'DROP FRAME' if edit.counting.drop else 'NON-DROP FRAME'}",
        "",
    ]
    for event, (begin, together) in enumerate(groupby(spans, key=lambda span: span[0]), start=1):
        here = list(together)
        start, end = edit.timecode(begin), edit.timecode(begin + 1)
        frames = max(past - begin for _, past, _ in here)
        name = " + ".join(_safe(label(character)) for _, _, character in here)
        note = ", ".join(f"{character.id} {past - begin} frames" for _, past, character in here)
        lines += [
            f"{event:03d}  001      V     C        {start} {end} {start} {end}  ",
            f"{note} |C:ResolveColor{colour[here[0][2].id]} |M:{name} |D:{frames}",
            "",
        ]
    return "\n".join(lines) + "\n"


def _safe(name: str) -> str:
    """Return a name that doesn't end its own field."""
    return name.replace("|", "/")
