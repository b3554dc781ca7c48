"""The boxes of the tracks as annotation tools want them: inside the picture, with their owners."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

from castlist.cast.types import CastTrack, Character
from castlist.export.finished import Finished
from castlist.faces.types import Floats, Ints

UNKNOWN = "unknown"
"""What a track is labelled that belongs to nobody: annotation tools want every box labelled."""


@dataclass(frozen=True)
class Boxes:
    """The boxes of one track, n of them.

    Attributes:
        track: The track.
        character: Whose it is; None for an unknown one.
        frames: Shape (n,): the frame of each.
        corners: Shape (n, 4): x1, y1, x2, y2 in pixels of the film as shown, inside the picture.
        detected: Shape (n,): whether the face was found on this very frame.
        gap: Shape (n,): whether it couldn't be found though it was looked for.
    """

    track: CastTrack
    character: Character | None
    frames: Ints
    corners: Floats
    detected: NDArray[np.bool_]
    gap: NDArray[np.bool_]


def of_tracks(film: Finished) -> Iterator[Boxes]:
    """Yield the boxes of each track; those wholly outside the picture are left out."""
    known = {character.id: character for character in film.characters}
    sides = np.array([film.cast.film["width"], film.cast.film["height"]] * 2)
    for track in film.cast.tracks:
        rows = film.rows(track)
        corners = np.clip(film.tracks.boxes[rows], 0, sides).round(2)
        seen = (corners[:, 2:] > corners[:, :2]).all(axis=1)
        yield Boxes(
            track,
            known.get(track.character or ""),
            film.tracks.frame[rows][seen],
            corners[seen],
            film.tracks.detected[rows][seen],
            film.tracks.gap[rows][seen],
        )


def decimals(value: float) -> float:
    """Return a pixel's coordinate as it is written: two decimals."""
    return round(float(value), 2)
