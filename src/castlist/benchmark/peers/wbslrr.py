"""WBSLRR (Xiao, Tan and Xu, ECCV 2014): weighted block-sparse low-rank representation.

Crops X, one a column, are expressed by each other, so that few people (low rank) and few pairs of
tracks (blocks p, q: crops of track p in those of track q) take part; E holds crops that fit nobody:

    min |Z|_* + GAMMA sum_pq w_pq |Z_pq|_F + LAMBDA |E|_2,1    subject to X = X Z + E

w is 0 within a track, infinite for two tracks that share a frame, 1 otherwise. Solved by ADMM, with
the copies J of Z for the nuclear norm and W for the blocks. Then |Z| + |Z^T| is the affinity of
spectral clustering, and a track goes where most of its crops do.

The paper's text was not at hand: model and solver are written from a summary. Its GAMMA and LAMBDA
aren't known; these were chosen on the ten clips of `docs/benchmark.md`. A few crops a track are
used (`peers.few_crops`), for the cost is cubic.
"""

from __future__ import annotations

import numpy as np
from scipy.linalg import cho_factor, cho_solve

from castlist.benchmark.peers.few_crops import few_crops, majority
from castlist.benchmark.peers.peer import TrueK, barred
from castlist.benchmark.peers.proximal import (
    shrink_blocks,
    shrink_columns,
    shrink_singular_values,
)
from castlist.benchmark.peers.spectral import spectral_labels
from castlist.faces.types import Doubles, Floats, Ints

GAMMA = 0.1
"""Weight of the blocks."""
LAMBDA = 0.5
"""Weight of what isn't expressed."""
PENALTY = 0.1
"""First penalty of ADMM."""
GROWTH = 1.2
"""What it is multiplied by each time."""
TOLERANCE = 1e-6
ROUNDS = 500


class Wbslrr(TrueK):
    """Spectral clustering of a low-rank representation that is sparse in blocks."""

    def _cluster(self, embeddings: Floats, track: Ints, cannot_link: Ints | None) -> Ints:
        rows = few_crops(track)
        crops, track = embeddings[rows].T.astype(np.float64), track[rows]
        z, _ = representation(crops, track, block_weights(track.max() + 1, cannot_link))
        crop_labels = spectral_labels(np.abs(z) + np.abs(z.T), self.clusters)
        return majority(crop_labels, track)


def block_weights(tracks: int, cannot_link: Ints | None) -> Doubles:
    """Return w, (T, T)."""
    weights = 1 - np.eye(tracks)
    weights[barred(tracks, cannot_link)] = np.inf
    return weights


def representation(x: Doubles, track: Ints, weights: Doubles) -> tuple[Doubles, Doubles]:
    """Return Z, (n, n), and E, (d, n), that are best; of Z the copy that is 0 where it is barred.

    Args:
        x: Shape (d, n): the crops.
        track: Shape (n,): track of each.
        weights: Shape (T, T): of the blocks.
    """
    count = x.shape[1]
    inner = cho_factor(x.T @ x + 2 * np.eye(count))
    j = w = of_j = of_w = np.zeros((count, count))
    e = of_e = np.zeros_like(x)  # of_...: multipliers over the penalty
    penalty = PENALTY
    for _ in range(ROUNDS):
        z = cho_solve(inner, x.T @ (x - e + of_e) + (j - of_j) + (w - of_w))
        j = shrink_singular_values(z + of_j, 1 / penalty)
        w = shrink_blocks(z + of_w, track, GAMMA * weights / penalty)
        e = shrink_columns(x - x @ z + of_e, LAMBDA / penalty)
        gaps = x - x @ z - e, z - j, z - w
        if max(np.abs(gap).max() for gap in gaps) < TOLERANCE:
            break
        of_e, of_j, of_w = (
            (of + gap) / GROWTH for of, gap in zip((of_e, of_j, of_w), gaps, strict=True)
        )
        penalty *= GROWTH
    return w, e
