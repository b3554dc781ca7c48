"""The numbers by which characters are called C01, C02..., kept through corrections.

After one, C03 must not mean somebody else. So each track carries the number of its character from
decision to decision, and a character has the number that most of its tracks carry. Nothing of that
is stored: what is undone brings its numbers back.
"""

from __future__ import annotations

from collections.abc import Sequence

from castlist.cast.edits import Kind
from castlist.cluster.labels import UNKNOWN, majority
from castlist.faces.types import Ints

Step = tuple[Kind, list[int], list[int], list[int]]
"""A decision on who is who: its kind, who, same and other, by the numbers of the tracks."""


def carried(numbers: Ints, steps: Sequence[Step]) -> Ints:
    """Return the number that each track carries after the decisions, (T,).

    Whom tracks come to keeps the number; who leaves somebody gets the next one.

    Args:
        numbers: Shape (T,): what it carries before them; -1 for an unknown track.
        steps: In order.
    """
    numbers = numbers.copy()
    fresh = int(numbers.max(initial=0)) + 1
    for kind, who, same, other in steps:
        if kind is Kind.NO_FACE:
            numbers[who] = UNKNOWN
            continue
        home = majority(numbers[same if same and kind is not Kind.MERGE else who])
        if home is None or home in numbers[other]:
            home, fresh = fresh, fresh + 1
        numbers[who + same] = home
    return numbers


def ids(members: Sequence[Sequence[int]], numbers: Ints) -> list[int]:
    """Return the number of each character: the one that most of its tracks carry.

    The next one if they carry none, or a character before this one has it.

    Args:
        members: Tracks of each character.
        numbers: Shape (T,): what each track carries.
    """
    fresh = int(numbers.max(initial=0)) + 1
    found: list[int] = []
    for own in members:
        number = majority(numbers[own])
        if number is None or number in found:
            number, fresh = fresh, fresh + 1
        found.append(number)
    return found
