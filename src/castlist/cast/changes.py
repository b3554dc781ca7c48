"""Tracks that change person: where this run's tracks are cut for that, and who is on either side.

Another run may have cut them there by itself; then there is nothing to cut, but still two people.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import replace

import numpy as np

from castlist.cast.anchors import Anchor, Finder
from castlist.cast.edits import Edit, Kind
from castlist.cast.parts import Cut
from castlist.tracks.types import Tracks


def of_first_parts(edits: Sequence[Edit]) -> list[Edit]:
    """Return the decisions with what was said of a track before it was cut said of its first part.

    By whatever face the track was known: who is seen from the cut on is another person.
    """
    first: dict[Anchor, Anchor] = {}  # of what a whole track was known by: its first part
    found = []
    for edit in reversed(edits):
        if edit.kind is Kind.CHANGES:
            pairs = zip(edit.who, edit.same, strict=False)  # older logs don't tell the parts
            first |= {whole: first.get(part, part) for whole, part in pairs}
            found.append(edit)
        else:
            who, same, other = (
                tuple(first.get(one, one) for one in part)
                for part in (edit.who, edit.same, edit.other)
            )
            found.append(replace(edit, who=who, same=same, other=other))
    return found[::-1]


def cuts_for(edits: Sequence[Edit], tracks: Tracks) -> list[Cut]:
    """Return where tracks become other ones: those that last on both sides of a change, there."""
    finder = Finder(tracks)
    cuts: dict[Cut, None] = {}
    for edit in edits:
        if edit.kind is not Kind.CHANGES or edit.frame is None:
            continue
        for track in finder.find_all((*edit.who, *edit.same, *edit.other)):
            start, end = np.searchsorted(tracks.track, [track, track + 1])
            if tracks.frame[start] < edit.frame <= tracks.frame[end - 1]:
                cuts[Cut(track, edit.frame)] = None
    return list(cuts)


def sides_of(change: Edit, tracks: Tracks, parts: Sequence[int]) -> list[tuple[int, int]]:
    """Return which part is the last one before a change, and which is the first one after.

    Args:
        change: The decision.
        tracks: Cut.
        parts: Numbers of those that are meant.

    Returns:
        The pair; or nothing if there is none on one side.
    """
    rows = np.flatnonzero(np.isin(tracks.track, parts))
    earlier = tracks.frame[rows] < (change.frame or 0)
    before, after = rows[earlier], rows[~earlier]
    if not len(before) or not len(after):
        return []
    last, first = before[tracks.frame[before].argmax()], after[tracks.frame[after].argmin()]
    return [(int(tracks.track[last]), int(tracks.track[first]))]
