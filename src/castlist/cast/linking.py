"""The same people in several films. A wrong link is worse than none: what isn't clear isn't linked.

Two characters of two films are one person if they are more alike than strangers would be, even the
most alike of ten times as many (`CAUTION`), and if neither is about as like anybody else of the
other's film (`MARGIN`). The first is the limit of clustering, made stricter; it is set for each
encoder. The second guards against faces that are like everybody's, as blurred ones are.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from itertools import combinations
from pathlib import Path

import numpy as np

from castlist.cast.names import Naming
from castlist.cast.roll import Roll, likeness
from castlist.cast.types import Character
from castlist.cluster.forest import Forest
from castlist.errors import CastlistError
from castlist.faces.types import Doubles, Ints

CAUTION = 10
"""Times as many comparisons as there are, among which strangers wouldn't be linked."""
MARGIN = 1.0
"""Spreads of strangers by which linked ones are more alike than either is to anybody else."""


@dataclass(frozen=True)
class Link:
    """Characters of several films that are one person.

    Attributes:
        names: The different names that they have so far.
        characters: Workspace and id of each.
        likeness: Mean cosine; of several films that of the two linked least surely.
        limit: The cosine from which two are linked.
    """

    names: list[str]
    characters: list[tuple[Path, str]]
    likeness: float
    limit: float


def clear_pairs(alike: Doubles, limit: float, margin: float) -> list[tuple[int, int]]:
    """Return who of one film is who of another: pairs (row, column).

    Args:
        alike: Shape (A, B): how alike the people of the one are to those of the other.
        limit: The least for a pair.
        margin: By how much it is more than anything else in its row and in its column.
    """
    if not alike.size:
        return []
    pairs = []
    for a, b in enumerate(alike.argmax(axis=1).tolist()):
        rivals = np.concatenate([np.delete(alike[a], b), np.delete(alike[:, b], a)])
        if alike[a, b] >= max(limit, rivals.max(initial=-np.inf) + margin):
            pairs.append((a, b))
    return pairs


def join(alike: Doubles, film: Ints, limit: float, margin: float) -> list[tuple[list[int], float]]:
    """Return those who are in several films, and how alike those are who are linked least surely.

    Each two films are compared. Links that would make two of one film one person are left out, the
    less alike ones first.

    Args:
        alike: Shape (P, P): how alike people are.
        film: Shape (P,): the film of each.
        limit: The least for a link.
        margin: See `clear_pairs`.
    """
    pairs: dict[tuple[int, int], float] = {}
    for one, other in combinations(np.unique(film).tolist(), 2):
        rows, columns = np.flatnonzero(film == one), np.flatnonzero(film == other)
        for a, b in clear_pairs(alike[np.ix_(rows, columns)], limit, margin):
            pairs[int(rows[a]), int(columns[b])] = float(alike[rows[a], columns[b]])
    forest = Forest(len(film), np.argwhere(np.triu(film[:, None] == film, 1)))
    for (a, b), like in sorted(pairs.items(), key=lambda pair: -pair[1]):
        forest.link(a, b, 1 - like, 0)
    group, size, first = forest.labels()
    return [
        (
            np.flatnonzero(group == label).tolist(),
            min(like for (a, b), like in pairs.items() if group[a] == group[b] == label),
        )
        for label in np.argsort(first)
        if size[label] > 1
    ]


def link(workspaces: Sequence[Path]) -> list[Link]:
    """Find the people who are in several films. Nothing is written.

    Characters of one film that have one name are one person, all others are two.

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
    people: dict[tuple[int, str, str], list[tuple[Path, Character]]] = {}  # P of them
    for n, roll in enumerate(rolls):
        for one in roll.characters:
            people.setdefault(_who(n, one), []).append((roll.folder, one))
    if not people:
        return []
    number = {who: n for n, who in enumerate(people)}
    owner = [number[_who(n, r.characters[k])] for n, r in enumerate(rolls) for k in r.owner]
    means = np.concatenate([roll.means for roll in rolls])
    film = np.array([n for n, *_ in people])
    count = np.bincount(film)
    comparisons = (count.sum() ** 2 - (count**2).sum()) // 2
    strangers = rolls[0].strangers
    limit = strangers.limit(max(1, CAUTION * comparisons))
    alike = likeness(means, np.array(owner), means, np.array(owner))
    characters = list(people.values())
    found = []
    for members, least in join(alike, film, limit, MARGIN * strangers.spread):
        own = [(folder, one) for n in members for folder, one in characters[n]]
        names = sorted({one.name for _, one in own if one.name})
        where = [(folder, one.id) for folder, one in own]
        found.append(Link(names, where, round(least, 3), round(limit, 3)))
    return found


def names_of(links: Sequence[Link]) -> list[Naming]:
    """Return the names that links hand on: where all who have one have the same."""
    return [
        Naming(folder, character, one.names[0], one.likeness, one.limit)
        for one in links
        if len(one.names) == 1
        for folder, character in one.characters
    ]


def _who(film: int, one: Character) -> tuple[int, str, str]:
    """Return what tells people apart: in one film those of one name are one."""
    return film, one.name or "", "" if one.name else one.id
