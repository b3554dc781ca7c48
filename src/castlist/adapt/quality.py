"""How much a crop can be trusted, by the network itself, and which tracks are too poor to place.

SER-FIQ (Terhoerst et al., CVPR 2020), from its formula: a crop whose embedding hardly changes when
half of what goes into the last layer is dropped at random is a good one. VideoClusterNet (2024),
section 3.4, takes tracks out that are outliers of this quality, by the median absolute deviation.
Runs weigh tracks by the strengths of their crops instead, which cost nothing and rank better:
docs/method.md.
"""

from __future__ import annotations

import numpy as np
import torch
from numpy.typing import NDArray

from castlist.adapt.head import Head
from castlist.faces.types import Floats

PASSES = 100
DROPPED = 0.5
OUTLIER = 3.0
"""Scaled median absolute deviations below the median from which a track is an outlier."""
GAUSSIAN = 1.4826
"""What makes the median absolute deviation of a normal distribution its standard deviation."""


@torch.no_grad()
def ser_fiq(head: Head, embeddings: Floats, *, seed: int = 0) -> Floats:
    """Return the quality of each crop, (N,), 0 to 1.

    2 sigmoid(- mean Euclidean distance) between the bottleneck's vectors of `PASSES` passes with
    dropout on the head's input; each vector has length 1. The mean over all pairs needs none: it
    is taken crop by crop from one product of (passes, d) matrices.

    Args:
        head: The head; dropout is applied to what goes into it.
        embeddings: Of the crops, (N, d).
        seed: Of what is dropped; the same for each crop, so that crops compare.
    """
    generator = torch.Generator().manual_seed(seed)
    device = head.prototypes.device
    kept = (torch.rand(PASSES, embeddings.shape[1], generator=generator) >= DROPPED).to(device)
    found = np.zeros(len(embeddings), np.float32)
    above = torch.triu_indices(PASSES, PASSES, offset=1)
    for row, embedding in enumerate(torch.from_numpy(embeddings).to(device)):
        passes = head.bottleneck(embedding * kept / (1 - DROPPED))  # (passes, b)
        cosine = passes @ passes.T
        distance = (2 - 2 * cosine[above[0], above[1]]).clamp_min(0).sqrt().mean()
        found[row] = float(2 * torch.sigmoid(-distance))
    return found


def outliers(quality: NDArray[np.floating]) -> NDArray[np.bool_]:
    """Tell which tracks have a quality far below that of the others, (T,)."""
    if not len(quality):
        return np.zeros(0, bool)
    median = np.median(quality)
    deviation = GAUSSIAN * np.median(np.abs(quality - median))
    return np.asarray(quality < median - OUTLIER * deviation)
