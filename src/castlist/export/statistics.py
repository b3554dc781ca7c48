"""Screen time: how long, how often and with whom each character is seen."""

from __future__ import annotations

from dataclasses import dataclass
from fractions import Fraction

from castlist.export.appearances import Appearance
from castlist.export.finished import Finished


@dataclass(frozen=True)
class ScreenTime:
    """One character's screen time; times in seconds.

    Attributes:
        character: Its id.
        name: What the user calls it, or None.
        seconds: For how long it is on screen.
        share: The same as a share of the film, 0 to 1.
        frames: On how many frames.
        alone: For how long nobody else of the cast is.
        shots: In how many shots.
        appearances: How many.
        longest: Its longest appearance.
        first: When it is first seen.
        last: When it is last seen no more.
    """

    character: str
    name: str | None
    seconds: Fraction
    share: Fraction
    frames: int
    alone: Fraction
    shots: int
    appearances: int
    longest: Fraction
    first: Fraction
    last: Fraction


def screen_times(film: Finished) -> list[ScreenTime]:
    """Return the screen time of each character, in the cast's order."""
    own: dict[str, list[Appearance]] = {character.id: [] for character in film.characters}
    for appearance in film.appearances:
        own[appearance.character.id].append(appearance)
    alone = dict.fromkeys(own, Fraction(0))
    for people, start, end in on_screen(film):
        if len(people) == 1:
            alone[people[0]] += end - start
    whole = film.end(len(film.timeline) - 1)
    rows = []
    for character in film.characters:
        mine = own[character.id]
        lasting = [film.lasting(a.first, a.last) for a in mine]
        rows.append(
            ScreenTime(
                character=character.id,
                name=character.name,
                seconds=sum(lasting, Fraction(0)),
                share=sum(lasting, Fraction(0)) / whole,
                frames=sum(a.last - a.first + 1 for a in mine),
                alone=alone[character.id],
                shots=len({a.shot for a in mine}),
                appearances=len(mine),
                longest=max(lasting, default=Fraction(0)),
                first=min((film.start(a.first) for a in mine), default=Fraction(0)),
                last=max((film.end(a.last) for a in mine), default=Fraction(0)),
            )
        )
    return rows


def on_screen(film: Finished) -> list[tuple[tuple[str, ...], Fraction, Fraction]]:
    """Return the stretches in which the same characters are on screen, where there are any.

    Returns:
        Ids in the cast's order, start and end in seconds; in order of time, not overlapping.
    """
    changes: dict[int, list[tuple[str, int]]] = {}
    for a in film.appearances:
        changes.setdefault(a.first, []).append((a.character.id, 1))
        changes.setdefault(a.last + 1, []).append((a.character.id, -1))
    count = {character.id: 0 for character in film.characters}
    stretches: list[tuple[tuple[str, ...], int, int]] = []
    since = 0
    people: tuple[str, ...] = ()
    for frame in sorted(changes):
        for character, step in changes[frame]:
            count[character] += step
        now = tuple(character for character, times in count.items() if times)
        if now != people:
            stretches.append((people, since, frame))
            since, people = frame, now
    return [(p, film.start(first), film.end(past - 1)) for p, first, past in stretches if p]
