"""CP-SSC (Somandepalli and Narayanan, ICASSP 2019): sparse subspaces with propagated constraints.

Crops X, one a column, are expressed by few others of their person, while constraints Y are spread
to crops that they don't name: Y has +1 within a track, -1 for two tracks that share a frame, and
nothing is known of the rest, which is completed so that X's reconstruction and Y, one above the
other, have low rank:

    min L1 |C|_1 + M1/2 |X - X J|_F^2 + L2 |B|_*    subject to J = C, B = [X J; Y] where Y is known

with diag J = 0, and J = 0 where crops are barred: by Y, and by a completed Y of -1 or below. Solved
by ADMM; as in the authors' code these zeros are put into what solves for J without them. Then
|C| + |C^T| is the affinity of spectral clustering, and a track goes where most of its crops do.

The reading taken where the summary at hand is silent: both penalties of the sparse part are as in
SSC (Elhamifar and Vidal, 2013), there is no affine constraint, and the low rank acts on J only by
what it bars. L1 was chosen on the ten clips of `docs/benchmark.md`, L2 is 1 - L1. A few crops a
track are used (`peers.few_crops`), for the cost is cubic.
"""

from __future__ import annotations

import numpy as np
from scipy.linalg import cho_factor, cho_solve

from castlist.benchmark.peers.few_crops import few_crops, majority
from castlist.benchmark.peers.peer import TrueK, barred
from castlist.benchmark.peers.proximal import shrink_entries, shrink_singular_values
from castlist.benchmark.peers.spectral import spectral_labels
from castlist.faces.types import Doubles, Floats, Ints

SPARSE = 0.9
"""Weight L1 of the entries of C."""
LOW_RANK = 1 - SPARSE
"""Weight L2 of the singular values of B."""
ALPHA = 10.0
"""Weight of the fit, over the least likeness of a crop to the one most like it; also penalty M2."""
TOLERANCE = 1e-6
ROUNDS = 1000


class CpSsc(TrueK):
    """Spectral clustering of a sparse representation under propagated constraints."""

    def _cluster(self, embeddings: Floats, track: Ints, cannot_link: Ints | None) -> Ints:
        rows = few_crops(track)
        crops, track = embeddings[rows].T.astype(np.float64), track[rows]
        c, _ = representation(crops, constraints(track, cannot_link))
        crop_labels = spectral_labels(np.abs(c) + np.abs(c.T), self.clusters)
        return majority(crop_labels, track)


def constraints(track: Ints, cannot_link: Ints | None) -> Doubles:
    """Return Y, (n, n): 1, -1, and 0 where nothing is known.

    Args:
        track: Shape (n,): track of each crop.
        cannot_link: Pairs of tracks that are two people, (P, 2).
    """
    y = np.asarray(track[:, None] == track, np.float64)
    y[barred(int(track.max()) + 1, cannot_link)[track][:, track]] = -1
    return y


def representation(x: Doubles, y: Doubles) -> tuple[Doubles, Doubles]:
    """Return C, (n, n), and Y completed, (n, n).

    Args:
        x: Shape (d, n): the crops.
        y: Shape (n, n): see `constraints`.
    """
    size, count = x.shape
    known = np.concatenate([np.ones((size, count), bool), y != 0])
    fit, penalty = ALPHA / _likeness(x), ALPHA
    gram = fit * x.T @ x
    inner = cho_factor(gram + penalty * np.eye(count))
    c = of_j = np.zeros((count, count))  # of_...: multipliers
    b = of_b = np.zeros((size + count, count))
    stiffness = 1.25 / float(np.linalg.norm(np.concatenate([x, y]), 2))  # M3
    growth = 1.1 + 2.5 * known.mean()
    barred, complete = (y < 0) | np.eye(count, dtype=bool), False
    for _ in range(ROUNDS):
        j = np.where(barred, 0, cho_solve(inner, gram + penalty * c - of_j))
        c_before, c = c, shrink_entries(j + of_j / penalty, SPARSE / penalty)
        of_j = of_j + penalty * (j - c)
        if not complete:
            stacked = np.concatenate([x @ j, y])
            stacked = np.where(known, stacked, b - of_b / stiffness)
            b = shrink_singular_values(stacked + of_b / stiffness, LOW_RANK / stiffness)
            of_b = of_b + stiffness * (stacked - b)
            stiffness *= growth
            barred |= (b[size:] <= -1) & (y <= 0)
            complete = bool(np.abs(stacked - b).max() < TOLERANCE)
        if complete and max(np.abs(j - c).max(), np.abs(c - c_before).max()) < TOLERANCE:
            break
    return c, b[size:]


def _likeness(x: Doubles) -> float:
    """Return how like the crop that is least like any other is to the one it is most like."""
    likeness = np.abs(x.T @ x)
    np.fill_diagonal(likeness, 0)
    return max(float(likeness.max(axis=1).min()), 1e-3)
