"""Self-distillation: a face-ID network is adapted to one film, with positive pairs only."""

from castlist.adapt.training import FROZEN, PAPER, Adapted, Adapter, Recipe

__all__ = ["FROZEN", "PAPER", "Adapted", "Adapter", "Recipe"]
