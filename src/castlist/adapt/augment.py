"""Random changes of face crops under which a person stays the same person. In torch alone.

Flip, rotation and colour temperature are the paper's (VideoClusterNet, sec. 3); a face that is
shown smaller than it was (low resolution), cut off by the picture's edge or hidden by what stands
before it, and light that changes are what films do besides.
"""

from __future__ import annotations

from dataclasses import dataclass

import torch
from torch import Tensor
from torch.nn import functional


@dataclass(frozen=True, kw_only=True)
class Augment:
    """Changes crops at random, each crop in its own way.

    Attributes:
        flip: Share of the crops turned left to right.
        rotation: Greatest turn to either side, in degrees.
        zoom: Greatest relative change of size.
        temperature: Greatest relative gain of red against blue.
        light: Greatest relative change of brightness; contrast changes as much.
        coarse: Share of the crops shown at a lower resolution.
        smallest: Least side, as a share of the crop's, at which a coarse crop is shown.
        cut: Share of the crops cut off along a line, black beyond it as beyond a picture's edge.
        least: Least share of such a crop that is left, measured across the line.
    """

    flip: float = 0.5
    rotation: float = 10.0
    zoom: float = 0.08
    temperature: float = 0.15
    light: float = 0.2
    coarse: float = 0.3
    smallest: float = 0.2
    cut: float = 0.4
    least: float = 0.5

    def __call__(self, crops: Tensor, generator: torch.Generator) -> Tensor:
        """Change crops.

        Args:
            crops: (B, 3, S, S), RGB, 0 to 255, any type.
            generator: Where chance comes from; on the CPU.

        Returns:
            (B, 3, S, S), float, 0 to 255.
        """
        x = self._placed(crops.float(), generator)
        x = self._coloured(x, generator)
        return self._cut(self._coarsened(x, generator).clamp(0, 255), generator)

    def _placed(self, x: Tensor, generator: torch.Generator) -> Tensor:
        """Flip, turn and resize about the middle."""
        count = len(x)
        angle = torch.deg2rad(_around(count, self.rotation, generator))
        scale = 1 + _around(count, self.zoom, generator)
        mirror = torch.where(torch.rand(count, generator=generator) < self.flip, -1.0, 1.0)
        cos, sin, zero = scale * angle.cos(), scale * angle.sin(), torch.zeros(count)
        rows = torch.stack([mirror * cos, -sin, zero, mirror * sin, cos, zero], dim=1)
        grid = functional.affine_grid(
            rows.view(count, 2, 3).to(x.device), list(x.shape), align_corners=False
        )
        return functional.grid_sample(x, grid, padding_mode="border", align_corners=False)

    def _coloured(self, x: Tensor, generator: torch.Generator) -> Tensor:
        """Change colour temperature (red against blue), brightness and contrast."""
        count = len(x)
        warm = 1 + _around(count, self.temperature, generator)
        gain = torch.stack([warm, torch.ones(count), 1 / warm], dim=1)
        gain = gain * (1 + _around(count, self.light, generator))[:, None]
        contrast = 1 + _around(count, self.light, generator)
        mean = x.mean(dim=(1, 2, 3), keepdim=True)
        x = mean + (x - mean) * contrast.view(-1, 1, 1, 1).to(x.device)
        return x * gain.view(count, 3, 1, 1).to(x.device)

    def _coarsened(self, x: Tensor, generator: torch.Generator) -> Tensor:
        """Show some crops at a lower resolution, all of them at the same one."""
        chosen = torch.rand(len(x), generator=generator) < self.coarse
        share = self.smallest + (1 - self.smallest) * torch.rand(1, generator=generator).item()
        side = max(1, round(x.shape[-1] * share))
        if not chosen.any() or side == x.shape[-1]:
            return x
        small = functional.interpolate(x, size=(side, side), mode="area")
        again = functional.interpolate(
            small, size=list(x.shape[2:]), mode="bilinear", align_corners=False
        )
        return torch.where(chosen.view(-1, 1, 1, 1).to(x.device), again, x)

    def _cut(self, x: Tensor, generator: torch.Generator) -> Tensor:
        """Blacken what lies beyond a line, in any direction, that the middle is never beyond."""
        count = len(x)
        chosen = torch.rand(count, generator=generator) < self.cut
        angle = 2 * torch.pi * torch.rand(count, generator=generator)
        share = self.least + (1 - self.least) * torch.rand(count, generator=generator)
        across = torch.linspace(-1, 1, x.shape[-1])  # (S,)
        place = (
            across[None, None] * angle.cos()[:, None, None]
            + across[None, :, None] * angle.sin()[:, None, None]
        )  # (B, S, S): how far each pixel lies in the line's direction
        beyond = chosen[:, None, None] & (place > (2 * share - 1)[:, None, None])
        return x.masked_fill(beyond[:, None].to(x.device), 0.0)


def _around(count: int, most: float, generator: torch.Generator) -> Tensor:
    """Return numbers evenly between -most and most, (count,)."""
    return (2 * torch.rand(count, generator=generator) - 1) * most
