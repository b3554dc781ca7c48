"""Tracks and decisions for the tests of corrections: faces side by side, on frames of their own."""

from __future__ import annotations

from collections.abc import Sequence

import numpy as np

from castlist.cast.anchors import anchor
from castlist.cast.edits import Edit, Kind
from castlist.tracks.types import Tracks

LENGTH = 10
"""Frames of a track."""


def made_tracks(spans: Sequence[tuple[int, int]], places: Sequence[int] | None = None) -> Tracks:
    """Return a track for each (first, last) frame; each face in a place of its own.

    Args:
        spans: First and last frame of each track.
        places: Which face is where: the same number is the same place.
    """
    places = range(len(spans)) if places is None else places
    rows = [
        (number, frame, place)
        for number, ((first, last), place) in enumerate(zip(spans, places, strict=True))
        for frame in range(first, last + 1)
    ]
    track, frame, place = np.array(rows, np.int64).reshape(-1, 3).T
    x = 100.0 * place
    return Tracks(
        track=track,
        shot=np.zeros(len(rows), np.int64),
        frame=frame,
        pts=frame,
        boxes=np.stack([x, x, x + 50, x + 60], axis=1).astype(np.float32).reshape(-1, 4),
        scores=np.ones(len(rows), np.float32),
        detected=frame % 3 == 0,
        gap=np.zeros(len(rows), bool),
    )


def in_a_row(count: int) -> Tracks:
    """Return so many tracks, one after the other."""
    return made_tracks([(LENGTH * n, LENGTH * n + LENGTH - 1) for n in range(count)])


def made_edit(
    kind: Kind,
    who: Sequence[int],
    same: Sequence[int] = (),
    other: Sequence[int] = (),
    *,
    tracks: Tracks,
    **more: str | int,
) -> Edit:
    """Return a decision on tracks by their numbers."""
    who_, same_, other_ = (tuple(anchor(tracks, n) for n in own) for own in (who, same, other))
    return Edit(kind=kind, who=who_, same=same_, other=other_, **more)  # type: ignore[arg-type]
