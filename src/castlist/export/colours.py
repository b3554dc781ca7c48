"""Which colour a character's markers have, of those that an editing program knows by name.

The n-th character takes the n-th colour; where there are fewer, they start over.
"""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from typing import TypeVar

from castlist.cast.types import Character

Colour = TypeVar("Colour")

RESOLVE = (
    *("Blue", "Red", "Green", "Yellow", "Purple", "Cyan", "Pink", "Sand"),
    *("Sky", "Fuchsia", "Mint", "Lemon", "Lavender", "Rose", "Cocoa", "Cream"),
)
"""DaVinci Resolve's markers."""

OTIO = ("BLUE", "RED", "GREEN", "YELLOW", "PURPLE", "CYAN", "PINK", "ORANGE", "MAGENTA")
"""OpenTimelineIO's `MarkerColor`, but for black and white."""

PREMIERE = (  # alpha, blue, green, red
    *(0xFFFC8D42, 0xFF362CD2, 0xFF378671, 0xFF2BA1D0),  # blue, red, green, yellow
    *(0xFFB18BAF, 0xFFD6F419, 0xFF246FE9, 0xFFFFFFFF),  # purple, cyan, orange, white
)
"""Premiere's markers, as it writes them into `pproColor`."""


def of_characters(characters: Iterable[Character], colours: Sequence[Colour]) -> dict[str, Colour]:
    """Return the colour of each character, by id."""
    return {c.id: colours[n % len(colours)] for n, c in enumerate(characters)}
