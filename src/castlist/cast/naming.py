"""Names for characters: from photographs, or from the casts of other films. Or no name at all.

A character gets the name of whom it is most like, if it is more like them than strangers would be
among so many comparisons (`Strangers.limit`): "none of these" has the same meaning as in clustering
and is set for each encoder, not for a film. Of two characters that are on screen at once only one
can have a name. A character that has one keeps it.
"""

from __future__ import annotations

from collections.abc import Collection, Sequence
from dataclasses import dataclass
from pathlib import Path

import numpy as np

from castlist.cast.editing import Editor
from castlist.cast.photographs import read_photographs
from castlist.cast.roll import Roll, likeness
from castlist.cluster.average import AverageClustering
from castlist.encoders import choose_device, load
from castlist.errors import CastlistError
from castlist.faces.types import Doubles
from castlist.hooks import Hook, silent


@dataclass(frozen=True)
class Naming:
    """A name found for a character.

    Attributes:
        workspace: Its workspace.
        character: Its id there.
        name: The name, or None: it is none of those that are known.
        likeness: Mean cosine to whom it is most like; nan where that wasn't asked.
        limit: The cosine from which it gets a name; nan likewise.
    """

    workspace: Path
    character: str
    name: str | None
    likeness: float
    limit: float


@dataclass(frozen=True)
class Link:
    """Characters of several films that are one person.

    Attributes:
        names: The different names that they have so far.
        characters: Workspace and id of each.
    """

    names: list[str]
    characters: list[tuple[Path, str]]


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


def link(workspaces: Sequence[Path]) -> list[Link]:
    """Find the people who are in several films. Nothing is written.

    All characters are clustered as the tracks of one film are, but that a character stays whole
    and two characters of one film stay two, unless they have one name.

    Args:
        workspaces: Finished ones, of one encoder.

    Returns:
        Those who are in two films or more, in order of their first appearance.

    Raises:
        CastlistError: A file is missing or damaged, or the encoders differ.
    """
    rolls = [Roll.read(folder) for folder in workspaces]
    if len({roll.encoder for roll in rolls}) > 1:
        told = ", ".join(f"{roll.folder} by {roll.encoder}" for roll in rolls)
        raise CastlistError(f"different networks see people differently: {told}; run one anew")
    people = [(roll, one) for roll in rolls for one in roll.characters]
    if not people:
        return []
    start = np.cumsum([0, *(len(roll.characters) for roll in rolls)])
    owner = np.concatenate([roll.owner + n for roll, n in zip(rolls, start[:-1], strict=True)])
    first = np.array([np.flatnonzero(owner == n)[0] for n in range(len(people))])
    must = [(first[n], track) for track, n in enumerate(owner) if first[n] != track]
    cannot = []
    for a, (roll, one) in enumerate(people):
        for b, (film, other) in enumerate(people[:a]):
            if film is roll and one.name and one.name == other.name:
                must.append((first[b], first[a]))
            elif film is roll:
                cannot.append((first[b], first[a]))
    clustering = AverageClustering(rolls[0].strangers).fit(
        np.concatenate([roll.means for roll in rolls]),
        track=np.arange(len(owner)),
        must_link=np.array(must, np.int64).reshape(-1, 2),
        cannot_link=np.array(cannot, np.int64).reshape(-1, 2),
    )
    groups: dict[int, list[int]] = {}
    for number, label in enumerate(clustering.labels_[first].tolist()):
        groups.setdefault(label, []).append(number)
    return [
        Link(
            sorted({name for n in members if (name := people[n][1].name)}),
            [(people[n][0].folder, people[n][1].id) for n in members],
        )
        for members in groups.values()
        if len({people[n][0].folder for n in members}) > 1
    ]


def names_of(links: Sequence[Link]) -> list[Naming]:
    """Return the names that links hand on: where all who have one have the same."""
    nan = float("nan")
    return [
        Naming(folder, character, one.names[0], nan, nan)
        for one in links
        if len(one.names) == 1
        for folder, character in one.characters
    ]


def write_names(namings: Sequence[Naming]) -> list[Naming]:
    """Write names into their workspaces, as corrections; return those that were new."""
    written = []
    for folder in dict.fromkeys(naming.workspace for naming in namings):
        editor = Editor(folder)
        nameless = {one.id for one in editor.cast.characters if not one.name}
        for naming in namings:
            if naming.workspace == folder and naming.name and naming.character in nameless:
                editor.rename(naming.character, naming.name)
                written.append(naming)
    return written
