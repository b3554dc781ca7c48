"""Tracks that the user has cut: from some frame on they are another person, and another track.

The first part keeps the track's number; the later ones are numbered behind all tracks of the run.
The tables on disk stay as the run has left them.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass, replace

import numpy as np

from castlist.cast.types import Cast
from castlist.faces.types import Ints
from castlist.tracks.types import Crops, Tracks


@dataclass(frozen=True)
class Cut:
    """Where a track becomes another one.

    Attributes:
        track: Its number in the run.
        frame: First frame of the new part.
    """

    track: int
    frame: int


def cuts_of(cast: Cast) -> list[Cut]:
    """Return where the tracks of a cast were cut, in order of the parts' numbers."""
    return [
        Cut(track.part_of, track.start_frame)
        for track in sorted(cast.tracks, key=lambda track: track.id)
        if track.part_of is not None
    ]


def cut_tracks(tracks: Tracks, cuts: Sequence[Cut]) -> Tracks:
    """Return the tracks with parts of their own: T and one more a cut, in order of the cuts."""
    if not cuts:
        return tracks
    number = _numbers(tracks.track, tracks.frame, len(tracks), cuts)
    order = np.argsort(number, kind="stable")
    rows = {name: values[order] for name, values in vars(tracks).items()}
    return Tracks(**{**rows, "track": number[order]})


def cut_crops(crops: Crops, count: int, cuts: Sequence[Cut]) -> Crops:
    """Return the crops by the same numbers; their order stays.

    Args:
        crops: In order of track, then frame.
        count: Tracks of the run, T.
        cuts: The cuts.
    """
    return replace(crops, track=_numbers(crops.track, crops.frame, count, cuts))


def _numbers(track: Ints, frame: Ints, count: int, cuts: Sequence[Cut]) -> Ints:
    """Return the number of each row's part."""
    number = track.copy()
    latest = np.full(len(track), -1)
    for part, cut in enumerate(cuts, start=count):
        later = (track == cut.track) & (frame >= cut.frame) & (latest < cut.frame)
        number[later], latest[later] = part, cut.frame
    return number
