"""The projection head: from an embedding to K outputs, whose softmax is what is distilled.

DINO's form (Caron et al., 2021): a perceptron, a bottleneck of length 1, and a last layer whose
rows, the prototypes, have length 1 as well; so an output is a cosine.
"""

from __future__ import annotations

import torch
from torch import Tensor, nn
from torch.nn import functional


class Head(nn.Module):
    """Maps embeddings (B, dim) to outputs (B, outputs), each a cosine.

    Args:
        dim: Length of an embedding.
        outputs: K, the number of prototypes.
        hidden: Width of the perceptron's two hidden layers; 0 leaves the perceptron out, so that
            the embedding itself is the bottleneck.
        bottleneck: Width of the perceptron's last layer.
    """

    def __init__(
        self, dim: int, *, outputs: int = 1024, hidden: int = 0, bottleneck: int = 128
    ) -> None:
        super().__init__()
        self.perceptron = nn.Sequential()
        if hidden:
            self.perceptron = nn.Sequential(
                nn.Linear(dim, hidden),
                nn.GELU(),
                nn.Linear(hidden, hidden),
                nn.GELU(),
                nn.Linear(hidden, bottleneck),
            )
        self.prototypes = nn.Parameter(torch.randn(outputs, bottleneck if hidden else dim))

    def bottleneck(self, embeddings: Tensor) -> Tensor:
        """Return the bottleneck's vectors, each of length 1."""
        unit = functional.normalize(embeddings.float(), dim=1)
        return functional.normalize(self.perceptron(unit * unit.shape[1] ** 0.5), dim=1)

    def forward(self, embeddings: Tensor) -> Tensor:
        """Return the outputs (B, K) for embeddings (B, dim) of any length."""
        return self.bottleneck(embeddings) @ functional.normalize(self.prototypes, dim=1).T
