"""From tracks and their clusters to a cast: who, how long, from when to when, and a portrait.

Which track belongs to whom was decided by the clustering; here it is only counted and named.
"""

from __future__ import annotations

from collections.abc import Mapping
from fractions import Fraction
from typing import Any

import numpy as np

from castlist.cast.types import Cast, CastTrack, Character
from castlist.faces.types import Floats, Ints
from castlist.tracks.types import Crops, Tracks

UNKNOWN = -1
"""The label of a track that belongs to nobody."""


def build(
    film: Mapping[str, Any],
    time_base: Fraction,
    frame_ends: Ints,
    tracks: Tracks,
    crops: Crops,
    labels: Ints,
) -> Cast:
    """Make the cast list.

    Args:
        film: The film's facts, as they shall stand in `cast.json`.
        time_base: Seconds per unit of pts.
        frame_ends: Shape (F,): pts at which each frame of the film is no longer shown.
        tracks: T tracks.
        crops: The crops sampled from them.
        labels: Shape (T,): cluster of each track, -1 for unknown.
    """
    entries = _appearances(time_base, frame_ends, tracks, crops)
    people = [_Person(entries, tracks, crops, labels == k) for k in np.unique(labels[labels >= 0])]
    people.sort(key=lambda p: (-p.screen_frames(time_base, frame_ends), p.members[0]))
    width = max(2, len(str(len(people))))
    characters, owner = [], {}
    for number, person in enumerate(people, start=1):
        name = f"C{number:0{width}d}"
        characters.append(person.character(name, time_base, frame_ends))
        owner.update(dict.fromkeys(person.members, name))
    placed = [
        CastTrack(**{**vars(entry), "character": owner.get(entry.id)}) for entry in entries
    ]
    return Cast(film, characters, placed, [t.id for t in placed if t.character is None])


def track_quality(crops: Crops, count: int) -> Floats:
    """Return the mean quality of each track's crops, shape (T,)."""
    total = np.bincount(crops.track, weights=crops.quality, minlength=count)
    number = np.bincount(crops.track, minlength=count)
    return np.asarray(total / np.maximum(number, 1), np.float32)


def _appearances(
    time_base: Fraction, frame_ends: Ints, tracks: Tracks, crops: Crops
) -> list[CastTrack]:
    quality = track_quality(crops, len(tracks))
    return [
        CastTrack(
            id=number,
            character=None,
            shot=int(tracks.shot[first]),
            start=_seconds(tracks.pts[first], time_base),
            end=_seconds(frame_ends[tracks.frame[last]], time_base),
            start_frame=int(tracks.frame[first]),
            end_frame=int(tracks.frame[last]),
            quality=round(float(quality[number]), 3),
        )
        for number, (first, last) in enumerate(
            zip(tracks.first_row, tracks.last_row, strict=True)
        )
    ]


class _Person:
    """The tracks of one cluster, counted."""

    def __init__(
        self, entries: list[CastTrack], tracks: Tracks, crops: Crops, mine: np.ndarray
    ) -> None:
        self.members = [int(n) for n in np.flatnonzero(mine)]
        self.members.sort(key=lambda n: (entries[n].start_frame, n))
        self.entries = [entries[n] for n in self.members]
        rows = mine[tracks.track]
        self.frames, where = np.unique(tracks.frame[rows], return_index=True)
        self.pts = tracks.pts[rows][where]
        own = np.flatnonzero(mine[crops.track])
        best = own[np.argmax(crops.quality[own])] if len(own) else None
        self.portrait = "" if best is None else str(crops.file[best])

    def screen_frames(self, time_base: Fraction, frame_ends: Ints) -> float:
        """Return the seconds during which at least one of the tracks is on screen."""
        return _seconds((frame_ends[self.frames] - self.pts).sum(), time_base)

    def character(self, name: str, time_base: Fraction, frame_ends: Ints) -> Character:
        return Character(
            id=name,
            name=None,
            tracks=self.members,
            screen_time=self.screen_frames(time_base, frame_ends),
            first=min(entry.start for entry in self.entries),
            last=max(entry.end for entry in self.entries),
            portrait=self.portrait,
        )


def _seconds(pts: np.integer[Any] | int, time_base: Fraction) -> float:
    return round(float(int(pts) * time_base), 6)
