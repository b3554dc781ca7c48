"""What a user may choose of a run. What follows from it is in the pipeline and its stages."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Literal

from castlist import models

Rule = Literal["average", "paper"]


@dataclass(frozen=True, kw_only=True)
class Settings:
    """What a user may choose.

    Attributes:
        shots: "adaptive", "transnetv2", or a file with a shot list (EDL, CSV, OTIO).
        encoder: The face-ID network, by its name in `castlist models`.
        adapt: Whether the network is adapted to the film; else it stays as it came.
        rule: "average", castlist's own; or "paper", to compare: VideoClusterNet's training, its
            Algorithm 1 by the trained loss (without adaptation by the cosine).
        cannot_link: Whether two faces in one frame are taken for two people. A mirror, a split
            screen, or twins played by one actor make that wrong.
        device: "auto", "cpu", "cuda" or "mps".
        seed: Of everything random; recorded with the result.
    """

    shots: str = "adaptive"
    encoder: str = models.DEFAULT_ENCODER
    adapt: bool = True
    rule: Rule = "average"
    cannot_link: bool = True
    device: str = "auto"
    seed: int = 0
