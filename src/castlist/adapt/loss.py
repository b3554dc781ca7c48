"""The training's loss, and the centre that keeps it from collapsing.

VideoClusterNet (2024), eq. 1, in DINO's full form: with the teacher's outputs z_t and the student's
z_s, L = - softmax((z_t - c) / tau_t) . log_softmax(z_s / tau_s). `cluster.distance` measures tracks
by the same loss.
"""

from __future__ import annotations

from dataclasses import dataclass

import torch
from torch import Tensor


@dataclass
class Distillation:
    """The loss between a teacher's and a student's outputs.

    Attributes:
        teacher: tau_t; the smaller, the sharper.
        student: tau_s.
        momentum: Of the centre, the running mean of the teacher's outputs; at 1 it stays zero.
        centre: c, (K,).
    """

    teacher: float
    student: float
    momentum: float
    centre: Tensor

    def target(self, outputs: Tensor) -> Tensor:
        """Return the teacher's distributions (n, K) for its outputs (n, K)."""
        return ((outputs - self.centre) / self.teacher).softmax(dim=1)

    def __call__(self, target: Tensor, outputs: Tensor) -> Tensor:
        """Return the mean loss of a student's outputs (n, K) against distributions (n, K)."""
        return -(target * (outputs / self.student).log_softmax(dim=1)).sum(dim=1).mean()

    def follow(self, mean: Tensor) -> None:
        """Move the centre towards a mean of the teacher's outputs, (K,)."""
        self.centre = torch.lerp(mean, self.centre, self.momentum)


def entropy(distributions: Tensor) -> Tensor:
    """Return the mean entropy of distributions (n, K), in nats: near 0 means collapse to points."""
    found: Tensor = torch.special.entr(distributions).sum(dim=1).mean()
    return found
