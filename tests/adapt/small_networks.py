"""Networks small enough to be adapted in a moment."""

import torch
from torch import nn

from castlist.adapt import Recipe
from castlist.encoders.base import Encoder
from castlist.encoders.vit import Shape, ViT

QUICK = Recipe(steps=12, batch=16, views=96, outputs=64, rate=3e-3)


class Tiny(Encoder):
    """Mean colours of a few fields, mixed by one layer that can learn."""

    def __init__(self) -> None:
        super().__init__(name="tiny", dim=8, mean=127.5, scale=64)
        generator = torch.Generator().manual_seed(5)
        self.mix = nn.Linear(27, 8, bias=False)
        nn.init.normal_(self.mix.weight, generator=generator)

    def embed_chips(self, chips):
        return self.mix(nn.functional.adaptive_avg_pool2d(chips, 3).flatten(1))


def transformer():
    torch.manual_seed(0)
    return ViT(Shape(width=32, depth=2, heads=2, patch=28, dim=16)).eval()
