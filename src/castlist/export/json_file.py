"""One JSON object with all that editing programs and statistics ask for; boxes are left out."""

from __future__ import annotations

import json
from dataclasses import asdict
from typing import Any

import castlist
from castlist.export.finished import Finished
from castlist.export.statistics import screen_times
from castlist.export.tables import decimal, pairs, stretch


def text(film: Finished) -> str:
    """Return the object: film, timeline, characters, appearances, co_appearances, unknown."""
    rate = film.edit.rate
    known = {character.id for character in film.characters}
    data: dict[str, Any] = {
        "castlist": castlist.__version__,
        "film": dict(film.cast.film),
        "timeline": {
            "rate": f"{rate.numerator}/{rate.denominator}",
            "drop_frame": film.edit.counting.drop,
            "start_timecode": film.edit.timecode(0),
            "frames": len(film.edit),
            "frames_are_the_films": film.edit.constant,
        },
        "characters": [decimal(asdict(row)) for row in screen_times(film)],
        "appearances": [
            {
                "character": a.character.id,
                "shot": a.shot,
                **stretch(film, a.first, a.last),
                "tracks": list(a.tracks),
            }
            for a in film.appearances
        ],
        "co_appearances": pairs(film),
        "unknown": [
            {"track": track.id, "shot": track.shot}
            | stretch(film, track.start_frame, track.end_frame)
            for track in film.cast.tracks
            if track.character not in known
        ],
    }
    return json.dumps(data, indent=1, ensure_ascii=False) + "\n"
