"""What every face-ID network of castlist is: canonical crops in, raw embeddings out, trainable.

The base evens out the crop's light, resamples it to the chip that the network was trained on, the
more softly the noisier it is, and applies its colour convention; the networks themselves, and where
their weights come from, are elsewhere.
"""

from __future__ import annotations

from abc import ABC, abstractmethod
from collections.abc import Sequence
from typing import Protocol, Self

import numpy as np
import torch
from numpy.typing import ArrayLike, NDArray
from torch import Tensor, nn

from castlist.encoders.device import half_precision
from castlist.encoders.exposure import expose
from castlist.encoders.noise import softness
from castlist.faces.align import ARCFACE_112, CROP_LANDMARKS, CROP_SIZE
from castlist.film.types import Image
from castlist.hooks import Hook, silent

SIGHT = 4
"""Of how a network is shown a crop: raised whenever embeddings change though the weights don't."""
SOFT = 4.0
"""How much wider than usual the filter is by which a noisy crop is resampled."""
WEAK = 0.6
"""Share of a film's typical strength below which an embedding says nothing of who it is."""


class Encoder(nn.Module, ABC):
    """A face-ID network that takes castlist's canonical crops.

    Subclasses say how a normalised chip becomes an embedding (`embed_chips`). Every parameter is
    trainable; statistics of batch normalisation never move, whatever the mode.

    Args:
        name: Name in the manifest.
        dim: Length of an embedding.
        size: Side of the network's own chip, in pixels.
        template: Where the five landmarks lie in that chip, (5, 2); ArcFace's by default.
        mean: Subtracted from the values 0 to 255; one number, or one each of red, green, blue.
        scale: By which the difference is then divided.
        bgr: Whether the network wants blue first.
    """

    rows: Tensor
    columns: Tensor
    soft_rows: Tensor
    soft_columns: Tensor
    mean: Tensor

    def __init__(
        self,
        *,
        name: str,
        dim: int,
        size: int = 112,
        template: ArrayLike = ARCFACE_112,
        mean: float | Sequence[float] = 127.5,
        scale: float = 127.5,
        bgr: bool = False,
    ) -> None:
        super().__init__()
        self.name, self.dim, self.size, self.scale, self.bgr = name, dim, size, scale, bgr
        self.template = np.asarray(template, np.float64)
        for kind, width in (("", 1.0), ("soft_", SOFT)):
            rows, columns = _resampling(self.template, size, width)
            self.register_buffer(f"{kind}rows", torch.from_numpy(rows), persistent=False)
            self.register_buffer(f"{kind}columns", torch.from_numpy(columns), persistent=False)
        means = torch.as_tensor(mean, dtype=torch.float32).expand(3).reshape(3, 1, 1).clone()
        self.register_buffer("mean", means, persistent=False)

    def lower(self, crops: Tensor) -> Tensor:
        """Compute what is never adapted to a film: of canonical crops, what `upper` takes.

        Args:
            crops: (B, 3, 192, 192), RGB, 0 to 255, uint8 or floating point.

        Returns:
            (B, ...); normalised chips, unless the network's first layers stay as they are.
        """
        return self.seen(crops).contiguous(memory_format=torch.channels_last)

    def upper(self, features: Tensor) -> Tensor:
        """Turn what `lower` computed, (B, ...), into raw embeddings (B, dim)."""
        return self.embed_chips(features)

    def upper_parameters(self) -> list[nn.Parameter]:
        """Return the parameters of `upper`, which are adapted to a film."""
        return list(self.parameters())

    @abstractmethod
    def embed_chips(self, chips: Tensor) -> Tensor:
        """Turn chips (B, 3, size, size), normalised the network's way, into (B, dim)."""

    def chips(self, crops: Tensor, softness: Tensor | None = None) -> Tensor:
        """Resample canonical crops to the network's chips, differentiably.

        Args:
            crops: (B, 3, 192, 192), RGB, 0 to 255, uint8 or floating point.
            softness: How softly each is shown, (B,), 0 to 1; all as they are by default.

        Returns:
            (B, 3, size, size), RGB, 0 to 255.
        """
        crops = crops.to(self.rows.dtype)
        chips = self.rows @ crops @ self.columns
        if softness is None:
            return chips
        soft = self.soft_rows @ crops @ self.soft_columns
        return chips.lerp(soft, softness.to(chips.dtype).view(-1, 1, 1, 1))

    def seen(self, crops: Tensor) -> Tensor:
        """Turn canonical crops into what `embed_chips` takes, in float32 whatever is around."""
        with torch.autocast(crops.device.type, enabled=False):
            lit, gain = expose(crops)
            return self.normalise(self.chips(lit, softness(crops, gain)))

    def normalise(self, chips: Tensor) -> Tensor:
        """Apply the network's colour convention to chips, RGB, 0 to 255."""
        chips = (chips - self.mean) / self.scale
        return chips.flip(1) if self.bgr else chips

    def forward(self, crops: Tensor) -> Tensor:
        """Embed canonical crops.

        Args:
            crops: (B, 3, 192, 192), RGB, 0 to 255, uint8 or floating point.

        Returns:
            Raw embeddings (B, dim), not normalised to length 1.
        """
        return self.upper(self.lower(crops))

    def train(self, mode: bool = True) -> Self:
        """Switch to training or inference; batch normalisation stays as it was learned."""
        super().train(mode)
        for module in self.modules():
            if isinstance(module, nn.modules.batchnorm._BatchNorm):
                module.eval()
        return self


class CropSource(Protocol):
    """Canonical crops: an array (N, 192, 192, 3) of uint8, or what reads them when asked."""

    def __len__(self) -> int:
        """Return N."""

    def __getitem__(self, rows: slice | NDArray[np.int64], /) -> Image:
        """Return the crops of these rows."""


def embed(
    encoder: Encoder,
    crops: CropSource,
    *,
    batch: int = 8,
    mirrored: bool = False,
    hook: Hook = silent,
) -> NDArray[np.float32]:
    """Embed canonical crops on the encoder's device, in bfloat16 where it computes fast in that.

    Args:
        encoder: The network; its training mode is restored afterwards.
        crops: N canonical crops; a batch of them is in memory at a time.
        batch: Crops that go through the network at once.
        mirrored: Whether each crop is seen mirrored as well, and the sum of both taken.
        hook: Told of "embed", crops done, crops in all.

    Returns:
        Raw embeddings (N, dim). Their length is the face's *strength*: it is short where the
        network hardly knows anything again, in a face that is blurred, cut off or turned away.

    Raises:
        ValueError: The crops have another shape or type.
    """
    was_training, device = encoder.training, encoder.rows.device
    encoder.eval()
    found = np.empty((len(crops), encoder.dim), np.float32)
    with torch.inference_mode(), half_precision(device):
        for start in range(0, len(crops), batch):
            part = crops[start : start + batch]
            if part.shape[1:] != (CROP_SIZE, CROP_SIZE, 3) or part.dtype != np.uint8:
                raise ValueError(f"crops (192, 192, 3) of uint8 wanted, not {part.shape[1:]}")
            seen = torch.from_numpy(np.ascontiguousarray(part)).to(device).permute(0, 3, 1, 2)
            raw = encoder(seen).float()
            if mirrored:
                raw = raw + encoder(seen.flip(3)).float()
            found[start : start + batch] = raw.cpu().numpy()
            hook("embed", min(start + batch, len(crops)), len(crops))
    encoder.train(was_training)
    return found


def unit(raw: NDArray[np.float32]) -> tuple[NDArray[np.float32], NDArray[np.float32]]:
    """Return embeddings of length 1, (N, dim), and how long they were, (N,)."""
    strength = np.linalg.norm(raw, axis=1)
    return raw / np.maximum(strength, 1e-9)[:, None], strength


def _resampling(
    template: NDArray[np.float64], size: int, width: float
) -> tuple[NDArray[np.float32], NDArray[np.float32]]:
    """Return the matrices (size, 192) and (192, size) that turn a crop into a chip.

    The upright similarity (scale and shift) that lays the canonical landmarks on the template by
    least squares is separable: ``rows @ crop @ columns``. Each weight is a triangle: at a width of
    1 as wide as the step between the chip's pixels, so shrinking averages and enlarging
    interpolates; at more it is so much wider, and the chip softer.
    """
    offset = CROP_LANDMARKS.mean(axis=0)
    centred, wanted = CROP_LANDMARKS - offset, template - template.mean(axis=0)
    step = (centred**2).sum() / (centred * wanted).sum()  # crop's pixels in one of the chip's
    pixels = np.arange(CROP_SIZE)
    matrices = []
    for middle, target in zip(offset, template.mean(axis=0), strict=True):
        place = middle + step * (np.arange(size) - target)  # where a chip's pixel lies in the crop
        if place[0] < 0 or place[-1] > CROP_SIZE - 1:
            raise ValueError("the network's chip shows more than a canonical crop holds")
        weights = np.clip(1 - np.abs(place[:, None] - pixels) / (width * max(1.0, step)), 0, None)
        matrices.append((weights / weights.sum(axis=1, keepdims=True)).astype(np.float32))
    return matrices[1], np.ascontiguousarray(matrices[0].T)
