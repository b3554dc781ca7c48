"""Tells how softly a face has to be shown: the noisier it is, once its light is evened out.

Face-ID networks were trained on clean pictures: grain, or what a codec left of a dark face when
that is made bright, is much to them. A wider filter averages it away (`base`); of a clean face it
would take what tells people apart. Nothing is filtered here.
"""

from __future__ import annotations

from torch import Tensor
from torch.nn import functional

from castlist.encoders.exposure import grey_face

LEAST = 1.0
"""Grey values of noise that are in every picture, if only by rounding and by its codec."""
FROM, FULL = 1.5, 3.0
"""Grey values of noise from which a face is shown more softly, and as softly as can be."""
MASK = ((1, -2, 1), (-2, 4, -2), (1, -2, 1))
"""Leaves next to nothing of a picture but its noise (Immerkaer, CVIU 1996)."""
NORM = 6.0
"""Of the mask: by how much it multiplies the standard deviation of noise."""
MEDIAN = 0.6745
"""Median of the absolute value of a normal variable of standard deviation 1."""


def softness(crops: Tensor, gain: Tensor) -> Tensor:
    """Return how softly each crop is to be shown, (B,): 0 is as it is, 1 as softly as can be.

    Args:
        crops: Canonical crops as they came, (B, 3, 192, 192), RGB, 0 to 255.
        gain: By how much each one's contrast is raised, (B,).
    """
    noise = deviation(crops).clamp(min=LEAST) * gain
    return ((noise - FROM) / (FULL - FROM)).clamp(0, 1)


def deviation(crops: Tensor) -> Tensor:
    """Estimate the standard deviation of the noise in each crop's face, in grey values, (B,)."""
    face = grey_face(crops)[:, None]
    mask = face.new_tensor(MASK).view(1, 1, 3, 3)
    left = functional.conv2d(face, mask).abs().flatten(1)  # (B, pixels)
    return left.median(dim=1).values / (NORM * MEDIAN)
