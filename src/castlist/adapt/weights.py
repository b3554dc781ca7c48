"""Adapted weights, by name, and the way back into a network and a head as they came."""

from __future__ import annotations

from torch import Tensor

from castlist.adapt.head import Head
from castlist.adapt.recipe import Recipe
from castlist.encoders.base import Encoder


def restore(weights: dict[str, Tensor], encoder: Encoder, head: Head | None = None) -> None:
    """Put adapted weights (`Adapted.weights`) into a network that is as it came.

    Raises:
        ValueError: They are another network's.
    """
    adapted = part_of(weights, "encoder")
    if unknown := sorted(adapted.keys() - encoder.state_dict().keys()):
        raise ValueError(f"weights of another network: {encoder.name} has no {unknown[0]}")
    encoder.load_state_dict(adapted, strict=False)
    if head is not None:
        head.load_state_dict(part_of(weights, "head"))


def read_head(weights: dict[str, Tensor], recipe: Recipe, dim: int) -> Head:
    """Return the head of adapted weights, for embeddings of so many numbers."""
    head = Head(dim, outputs=recipe.outputs, hidden=recipe.hidden)
    head.load_state_dict(part_of(weights, "head"))
    return head


def joined(parts: dict[str, dict[str, Tensor]]) -> dict[str, Tensor]:
    """Return the weights of all parts, by "part.name", as they are kept."""
    return {
        f"{part}.{name}": tensor.detach().cpu().contiguous()
        for part, tensors in parts.items()
        for name, tensor in tensors.items()
    }


def part_of(weights: dict[str, Tensor], name: str) -> dict[str, Tensor]:
    """Return the weights of one part: "encoder", "head", "patch_head"..., by its own names."""
    prefix = f"{name}."
    return {k.removeprefix(prefix): t for k, t in weights.items() if k.startswith(prefix)}
