"""Self-distillation: a face-ID network is adapted to one film, with positive pairs only."""

from castlist.adapt.adapter import Adapted, Adapter
from castlist.adapt.recipe import FROZEN, PAPER, Recipe

__all__ = ["FROZEN", "PAPER", "Adapted", "Adapter", "Recipe"]
