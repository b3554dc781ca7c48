"""From tracks and their clusters to a cast: who, how long, from when to when, and a portrait.

Which track belongs to whom was decided by the clustering and then by the user (`cast.decisions`);
here it is only counted and named.
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import replace
from fractions import Fraction
from functools import partial
from typing import Any

import numpy as np
from numpy.typing import NDArray

from castlist.cast.decisions import Decisions, decide
from castlist.cast.ids import carried, ids
from castlist.cast.parts import cut_crops
from castlist.cast.told import Told
from castlist.cast.types import Cast, CastTrack, Character
from castlist.cluster.labels import UNKNOWN
from castlist.faces.types import Ints
from castlist.film.timeline import Timeline
from castlist.tracks.types import Crops, Tracks


def build(
    film: Mapping[str, Any],
    time_base: Fraction,
    timeline: Timeline,
    tracks: Tracks,
    crops: Crops,
    labels: Ints,
    *,
    decisions: Decisions | None = None,
    settings: Mapping[str, Any] | None = None,
    timings: Mapping[str, float] | None = None,
) -> Cast:
    """Make the cast list.

    Args:
        film: The film's facts, as they shall stand in `cast.json`.
        time_base: Seconds per unit of pts.
        timeline: When each frame of the film is shown.
        tracks: T tracks.
        crops: The crops sampled from them.
        labels: Shape (T + P,): cluster of each track, -1 for unknown; behind those of the run
            the parts that the user cut off.
        decisions: The user's, on these tracks: they hold against the clusters.
        settings: How the run was set.
        timings: Seconds per stage.
    """
    decisions = decisions or decide([], tracks)
    count, tracks = len(tracks), decisions.tracks
    crops = cut_crops(crops, count, decisions.cuts)
    clock = _Clock(time_base, timeline)
    entries = _appearances(clock, tracks, crops)
    frames = np.split(tracks.frame, tracks.first_row[1:])
    by_screen_time = partial(_by_screen_time, clock, entries, frames)
    clusters = decisions.labels(labels)
    told, conflicts = decisions.told(clusters)
    whole = [*range(count), *(cut.track for cut in decisions.cuts)]
    as_clustered = by_screen_time(labels[whole], {})
    numbers = np.full(len(tracks), UNKNOWN)
    for number, person in enumerate(as_clustered, start=1):
        numbers[person.members] = number
    numbers = carried(numbers, decisions.steps)
    people = by_screen_time(clusters, told)
    width = max(2, len(str(len(as_clustered))))
    characters, owner = [], {}
    for number, person in zip(ids([p.members for p in people], numbers), people, strict=True):
        name = f"C{number:0{width}d}"
        characters.append(person.character(name, crops))
        owner.update(dict.fromkeys(person.members, name))
    part_of = {number: cut.track for number, cut in enumerate(decisions.cuts, start=count)}
    placed = [
        replace(entry, character=owner.get(entry.id), part_of=part_of.get(entry.id))
        for entry in entries
    ]
    unplaced = [track.id for track in placed if track.character is None]
    return Cast(
        film,
        characters,
        placed,
        [number for number in unplaced if number not in decisions.no_faces],
        no_faces=decisions.no_faces,
        conflicts=conflicts,
        settings=settings or {},
        timings=timings or {},
    )


class _Clock:
    """Seconds from the film's first frame on."""

    def __init__(self, time_base: Fraction, timeline: Timeline) -> None:
        self._time_base = time_base
        self._zero = int(timeline.pts[0]) if len(timeline) else 0
        self._pts, self._ends = timeline.pts, timeline.ends

    def start(self, frame: int) -> float:
        return self._seconds(int(self._pts[frame]) - self._zero)

    def end(self, frame: int) -> float:
        return self._seconds(int(self._ends[frame]) - self._zero)

    def lasting(self, frames: Ints) -> float:
        return self._seconds(int((self._ends[frames] - self._pts[frames]).sum()))

    def _seconds(self, pts: int) -> float:
        return round(float(pts * self._time_base), 6)


def _appearances(clock: _Clock, tracks: Tracks, crops: Crops) -> list[CastTrack]:
    quality = crops.best_quality(len(tracks))
    return [
        CastTrack(
            id=number,
            character=None,
            shot=int(tracks.shot[first]),
            start=clock.start(int(tracks.frame[first])),
            end=clock.end(int(tracks.frame[last])),
            start_frame=int(tracks.frame[first]),
            end_frame=int(tracks.frame[last]),
            quality=round(float(quality[number]), 3),
        )
        for number, (first, last) in enumerate(zip(tracks.first_row, tracks.last_row, strict=True))
    ]


def _by_screen_time(
    clock: _Clock,
    entries: list[CastTrack],
    frames: list[Ints],
    labels: Ints,
    told: Mapping[int, Told],
) -> list[_Person]:
    people = [
        _Person(clock, entries, frames, labels == label, told.get(label, Told()))
        for label in np.unique(labels[labels > UNKNOWN]).tolist()
    ]
    return sorted(people, key=lambda person: (-person.screen_time, person.members[0]))


class _Person:
    """The tracks of one cluster, counted."""

    def __init__(
        self,
        clock: _Clock,
        entries: list[CastTrack],
        frames: list[Ints],
        mine: NDArray[np.bool_],
        told: Told,
    ) -> None:
        self._mine, self._told = mine, told
        self.members = [int(n) for n in np.flatnonzero(mine)]
        self.members.sort(key=lambda n: (entries[n].start_frame, n))
        self.entries = [entries[n] for n in self.members]
        self.screen_time = clock.lasting(
            np.unique(np.concatenate([frames[n] for n in self.members]))
        )

    def character(self, name: str, crops: Crops) -> Character:
        own = np.flatnonzero(self._mine[crops.track])
        best = crops.file[own[np.argmax(crops.quality[own])]] if len(own) else ""
        return Character(
            id=name,
            name=self._told.name,
            tracks=self.members,
            screen_time=self.screen_time,
            first=min(entry.start for entry in self.entries),
            last=max(entry.end for entry in self.entries),
            portrait=str(best),  # a part that the user cut off may have no crop
            note=self._told.note,
            hidden=self._told.hidden,
        )
