"""A vision transformer for faces, under the names of tensors of insightface's and LVFace's.

An et al. (2022), You et al. (2025): 112-pixel RGB chips cut into patches, no class token; the
embedding is a projection of all patches' tokens. Tokens of masked patches can be asked for, so
that the loss of masked patches can be built on it.
"""

from __future__ import annotations

from dataclasses import dataclass
from pathlib import Path

import torch
from torch import Tensor, nn
from torch.nn import functional

from castlist.encoders.base import Encoder
from castlist.encoders.weights import fill, read_state


@dataclass(frozen=True)
class Shape:
    """Size of a transformer.

    Attributes:
        patch: Side of a patch, in pixels of the 112-pixel chip.
        width: Length of a token.
        depth: Number of blocks.
        heads: Attention heads in a block.
        dim: Length of an embedding.
    """

    patch: int
    width: int
    depth: int
    heads: int
    dim: int = 512


SHAPES = {
    "tiny": Shape(patch=28, width=32, depth=2, heads=2, dim=16),  # for tests
    "t": Shape(patch=9, width=256, depth=12, heads=8),
    "s": Shape(patch=9, width=512, depth=12, heads=8),
    "b": Shape(patch=9, width=512, depth=24, heads=8),
}
"""The published sizes, and one for tests."""


class ViT(Encoder):
    """A vision transformer with random weights.

    Args:
        shape: Its size, one of `SHAPES`.
        name: Name in the manifest.
    """

    def __init__(self, shape: Shape, *, name: str = "vit") -> None:
        super().__init__(name=name, dim=shape.dim)
        width = shape.width
        self.width, self.patches = width, (self.size // shape.patch) ** 2
        cut = nn.Conv2d(3, width, shape.patch, stride=shape.patch)
        self.patch_embed = nn.ModuleDict({"proj": cut})
        self.pos_embed = nn.Parameter(torch.empty(1, self.patches, width))
        self.mask_token = nn.Parameter(torch.empty(1, 1, width))
        self.blocks = nn.ModuleList(_Block(width, shape.heads) for _ in range(shape.depth))
        self.norm = nn.LayerNorm(width)
        self.feature = nn.Sequential(
            nn.Linear(width * self.patches, width, bias=False),
            nn.BatchNorm1d(width, eps=2e-5),
            nn.Linear(width, shape.dim, bias=False),
            nn.BatchNorm1d(shape.dim, eps=2e-5),
        )
        for token in (self.pos_embed, self.mask_token):
            nn.init.trunc_normal_(token, std=0.02)
        self.train(self.training)  # batch normalisation is frozen from the start

    def embed_chips(self, chips: Tensor) -> Tensor:
        """Turn normalised chips (B, 3, 112, 112) into (B, dim)."""
        return self.embed_tokens(self.patch_tokens(chips))

    def embed_tokens(self, tokens: Tensor) -> Tensor:
        """Turn the tokens of `patch_tokens`, (B, P, width), into embeddings (B, dim)."""
        return torch.as_tensor(self.feature(tokens.flatten(1)))

    def patch_tokens(self, chips: Tensor, mask: Tensor | None = None) -> Tensor:
        """Return the last block's token of every patch, normalised.

        Args:
            chips: Normalised chips (B, 3, 112, 112), as `lower` makes them.
            mask: (B, P), bool; where true the network sees the mask token, not the patch.

        Returns:
            (B, P, width), patches in reading order.
        """
        x = self.patch_embed["proj"](chips).flatten(2).transpose(1, 2)
        if mask is not None:
            x = torch.where(mask[..., None], self.mask_token.to(x.dtype), x)
        x = x + self.pos_embed
        for block in self.blocks:
            x = block(x)
        return torch.as_tensor(self.norm(x))


class _Block(nn.Module):
    """Attention among the tokens, then two linear layers on each."""

    def __init__(self, width: int, heads: int) -> None:
        super().__init__()
        self.heads = heads
        self.norm1, self.norm2 = nn.LayerNorm(width), nn.LayerNorm(width)
        self.attn = nn.ModuleDict(
            {"qkv": nn.Linear(width, 3 * width, bias=False), "proj": nn.Linear(width, width)}
        )
        self.mlp = nn.ModuleDict(
            {"fc1": nn.Linear(width, 4 * width), "fc2": nn.Linear(4 * width, width)}
        )

    def forward(self, x: Tensor) -> Tensor:
        qkv = self.attn["qkv"](self.norm1(x)).unflatten(2, (3, self.heads, -1))
        q, k, v = qkv.permute(2, 0, 3, 1, 4)  # each (B, heads, P, width / heads)
        seen = functional.scaled_dot_product_attention(q, k, v).transpose(1, 2).flatten(2)
        x = x + self.attn["proj"](seen)
        hidden = functional.relu6(self.mlp["fc1"](self.norm2(x)))
        return torch.as_tensor(x + self.mlp["fc2"](hidden))


def load(path: Path, shape: Shape, *, name: str = "vit") -> ViT:
    """Read a state dict, or the ONNX file that torch made of such a network.

    Raises:
        MissingExtraError: It is an ONNX file and the package onnx isn't installed.
        ModelError: The file is missing, damaged, or holds another network.
    """
    encoder = ViT(shape, name=name)
    if path.suffix == ".onnx":
        from castlist.encoders import vit_onnx

        state = vit_onnx.read_state(path, encoder)
    else:
        state = read_state(path)
    # inference alone doesn't need it
    state.setdefault("mask_token", torch.zeros_like(encoder.mask_token))
    fill(encoder, state, path)
    if path.suffix == ".onnx":
        vit_onnx.check(path, encoder)
    return encoder
