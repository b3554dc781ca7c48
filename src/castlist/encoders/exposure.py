"""Evens out the light: a dim or flat face is shown as bright and contrasty as faces in films are.

Face-ID networks were trained on pictures that somebody published, which are well lit. In the dark
they find everybody alike: strangers' cosines rise, and clusters of two people come with them.
What is bright and clear enough stays as it is.
"""

from __future__ import annotations

import torch
from torch import Tensor

BRIGHT = 75.0
"""Mean grey value below which a face is made brighter: the median of faces in films."""
CONTRAST = 24.0
"""Standard deviation of the grey values below which its contrast is raised, likewise."""
MOST = 6.0
"""Greatest gain: beyond it there is little but noise."""
FACE = slice(64, 160), slice(48, 144)
"""Rows and columns of a canonical crop from the eyebrows to the chin."""
LUMA = (0.299, 0.587, 0.114)
"""Weights of red, green and blue in a grey value (ITU-R BT.601)."""


def expose(crops: Tensor) -> tuple[Tensor, Tensor]:
    """Give each crop's face the light it lacks.

    Args:
        crops: Canonical crops (B, 3, 192, 192), RGB, 0 to 255, uint8 or floating point.

    Returns:
        The crops, (B, 3, 192, 192), floating point, 0 to 255; and by how much the contrast of each
        was raised, (B,), 1 to `MOST`.
    """
    x = crops if crops.is_floating_point() else crops.float()
    face = grey_face(x).flatten(1)  # (B, pixels)
    mean = face.mean(dim=1)
    gain = (CONTRAST / face.std(dim=1).clamp(min=1e-3)).clamp(1, MOST)
    lift = torch.clamp(mean, min=BRIGHT) - gain * mean
    return (x * gain.view(-1, 1, 1, 1) + lift.view(-1, 1, 1, 1)).clamp(0, 255), gain


def grey_face(crops: Tensor) -> Tensor:
    """Return the grey values of each crop's face, (B, 96, 96), floating point."""
    face = crops[:, :, *FACE]
    face = face if face.is_floating_point() else face.float()
    return (face * face.new_tensor(LUMA).view(1, 3, 1, 1)).sum(dim=1)
