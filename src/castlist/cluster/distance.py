"""The learned distance: the training's loss between two tracks, exact and without any pair.

With p = softmax((z - c) / tau_t) for the teacher's side and log q = log_softmax(z / tau_s) for the
student's, the loss between two crops is - p . log q (VideoClusterNet, eq. 1, in DINO's full form).
It is bilinear, so its mean over all pairs of crops of two tracks needs only the tracks' sums of p
and of log q: N tracks cost one product of (N, K) matrices, whatever the number of crops. Which
tracks are merged is decided elsewhere. The cosine has the same form and can take the loss's place.
"""

from __future__ import annotations

from dataclasses import dataclass
from typing import Protocol

import numpy as np
from numpy.typing import NDArray
from scipy.special import log_softmax, softmax

from castlist.faces.types import Doubles
from castlist.tracks.sums import sum_by

BLOCK = 4096
"""Crops whose sides of the loss exist at one time."""


class Loss(Protocol):
    """A loss between crops that is bilinear: L(a, b) = - p(a) . log_q(b)."""

    def p(self, outputs: Doubles) -> Doubles:
        """Return the teacher's side of each output, (n, K)."""

    def log_q(self, outputs: Doubles) -> Doubles:
        """Return the student's side of each output, (n, K)."""


@dataclass(frozen=True, kw_only=True)
class Temperatures(Loss):
    """The loss that was trained, by how the outputs of the head become distributions.

    Attributes:
        centre: Running mean of the teacher's outputs, shape (K,).
        teacher: tau_t, the sharper one.
        student: tau_s.
    """

    centre: Doubles
    teacher: float = 0.04
    student: float = 0.1

    def p(self, outputs: Doubles) -> Doubles:
        """Return the teacher's distribution of each output, (n, K) to (n, K)."""
        return np.asarray(softmax((outputs - self.centre) / self.teacher, axis=1))

    def log_q(self, outputs: Doubles) -> Doubles:
        """Return the log of the student's distribution of each output, (n, K) to (n, K)."""
        return np.asarray(log_softmax(outputs / self.student, axis=1))


class Cosine(Loss):
    """The cosine in place of the loss: L(a, b) = - cos(a, b).

    In an algorithm that only compares mean distances it is the squared Euclidean distance of
    vectors of length 1 as well, which is 2 - 2 cos(a, b).
    """

    def p(self, outputs: Doubles) -> Doubles:
        """Return the vectors (n, d), each of length 1."""
        length = np.linalg.norm(outputs, axis=1, keepdims=True)
        return np.asarray(outputs / np.maximum(length, 1e-12))

    log_q = p


@dataclass(frozen=True)
class Sums:
    """Groups of crops, each by its sums: all that the mean loss between groups depends on.

    Attributes:
        count: Items of each group, shape (G,).
        p: Sum of their teacher's distributions, (G, K).
        log_q: Sum of the logs of their student's distributions, (G, K).
        own: Sum of each item's loss with itself, (G,).
    """

    count: Doubles
    p: Doubles
    log_q: Doubles
    own: Doubles

    @staticmethod
    def of(outputs: NDArray[np.floating], group: NDArray[np.int64], loss: Loss) -> Sums:
        """Sum items by group.

        Args:
            outputs: The head's outputs, (n, K).
            group: Group of each item, (n,), 0 to G - 1.
            loss: The loss between two of them.
        """
        count = np.bincount(group).astype(np.float64)
        p, log_q = np.zeros((2, len(count), outputs.shape[1]))
        own = np.zeros(len(count))
        for start in range(0, len(group), BLOCK):
            rows = slice(start, start + BLOCK)
            z = np.asarray(outputs[rows], np.float64)
            teacher, student = loss.p(z), loss.log_q(z)
            np.add.at(p, group[rows], teacher)
            np.add.at(log_q, group[rows], student)
            np.add.at(own, group[rows], -(teacher * student).sum(axis=1))
        return Sums(count, p, log_q, own)

    def __len__(self) -> int:
        return len(self.count)

    def __getitem__(self, rows: NDArray[np.int64] | slice) -> Sums:
        return Sums(self.count[rows], self.p[rows], self.log_q[rows], self.own[rows])

    def merged(self, group: NDArray[np.int64], groups: int) -> Sums:
        """Return the sums of groups of these groups; `group` (G,) names the new one of each."""
        return Sums(*(sum_by(values, group, groups) for values in vars(self).values()))

    def to(self, other: Sums) -> Doubles:
        """Return the mean loss over all pairs of items of two groups, both ways: (G, H).

        mean_ab (L(a, b) + L(b, a)) / 2 = - (P_i . Q_j + Q_i . P_j) / (2 n_i n_j)
        """
        crossed = self.p @ other.log_q.T + self.log_q @ other.p.T
        return np.asarray(-crossed / (2 * self.count[:, None] * other.count[None]))

    def within(self) -> Doubles:
        """Return the mean loss over the distinct pairs inside each group, (G,); NaN for one item.

        sum_{a != b} L(a, b) = - P . Q - sum_a L(a, a), over n (n - 1) ordered pairs
        """
        pairs = self.count * (self.count - 1)
        total = -(self.p * self.log_q).sum(axis=1) - self.own
        unknown = np.full(len(self), np.nan)
        return np.asarray(np.divide(total, pairs, out=unknown, where=pairs > 0))
