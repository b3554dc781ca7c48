"""How a network is adapted, by what the user chose."""

from __future__ import annotations

from castlist.adapt import FROZEN, PAPER, Recipe
from castlist.settings import Settings


def recipe_of(choice: Settings) -> Recipe:
    """Return the recipe."""
    if not choice.adapt:
        return FROZEN
    return PAPER if choice.rule == "paper" else Recipe()
