"""Names for characters from photographs. Or no name at all.

A character gets the name of whom it is most like, if it is more like them than strangers would be
among so many comparisons (`Strangers.limit`): "none of these" has the same meaning as in clustering
and is set for each encoder, not for a film. Of two characters that are on screen at once only one
can have a name.
"""

from __future__ import annotations

from collections.abc import Collection
from pathlib import Path

import numpy as np

from castlist.cast.names import Naming
from castlist.cast.photographs import read_photographs
from castlist.cast.roll import Roll, likeness
from castlist.encoders import choose_device, load
from castlist.faces.types import Doubles
from castlist.hooks import Hook, silent


def assign(alike: Doubles, limit: float, meetings: Collection[tuple[int, int]]) -> list[int | None]:
    """Return for each character the one known person that it is, or None.

    Args:
        alike: Shape (C, K): how alike each character is to each known person.
        limit: From which two are one person.
        meetings: Pairs of characters that are on screen at once.
    """
    found: list[int | None] = [None] * len(alike)
    if not alike.size:
        return found
    best = alike.argmax(axis=1)
    for one in np.argsort(-alike.max(axis=1), kind="stable").tolist():
        known = int(best[one])
        with_it = [other for other, owner in enumerate(found) if owner == known]
        met = any((min(one, other), max(one, other)) in meetings for other in with_it)
        if alike[one, known] >= limit and not met:
            found[one] = known
    return found


def name_from_photographs(workspace: Path, folder: Path, hook: Hook = silent) -> list[Naming]:
    """Find names for the characters of a workspace that have none. Nothing is written.

    Args:
        workspace: A finished one.
        folder: Photographs, `NAME/*.jpg`.
        hook: Told of "photographs".

    Returns:
        A line for each character without a name, in the cast's order.

    Raises:
        CastlistError: A file is missing or damaged, or no photograph shows a face.
    """
    roll = Roll.read(workspace)
    encoder = load(roll.encoder, device=choose_device("auto"))
    names, faces, of = read_photographs(folder, encoder, hook)
    if not roll.characters:
        return []
    alike = likeness(roll.means, roll.owner, faces, of)
    limit = roll.strangers.limit(alike.size)
    return [
        Naming(
            workspace,
            character.id,
            None if known is None else names[known],
            round(float(row.max()), 3),
            round(limit, 3),
        )
        for character, known, row in zip(
            roll.characters, assign(alike, limit, roll.meetings), alike, strict=True
        )
        if character.name is None
    ]
