"""Positive pairs: which crops are learned from, and which embeddings are their partners.

The paper draws one partner a crop, from its track or from one that matches it. Here the partner is,
by default, the *consensus* of all that could have been drawn: the mean of their embeddings. Nothing
is matched or trained here.
"""

from __future__ import annotations

import numpy as np
import torch

from castlist.adapt.recipe import Recipe
from castlist.faces.types import Floats, Ints
from castlist.tracks.sums import sum_by


class Draw:
    """Draws crops and their partners.

    A track is drawn the more often the more crops it has, but not in proportion: by their root.
    In drawing as in a consensus, a crop counts by the square of its strength: of a face that the
    network hardly knows anything of, there is little to learn.

    Args:
        track: Track of each crop, (N,).
        matches: Pairs of an anchor and its match, (M, 2).
        embeddings: Of each crop by the teacher, (N, d).
        strength: Length of each crop's raw embedding by the network as it came, (N,).
        recipe: How many, and which partners.
        seed: Of what is drawn.
    """

    def __init__(
        self,
        track: Ints,
        matches: Ints,
        embeddings: Floats,
        strength: Floats,
        recipe: Recipe,
        seed: tuple[int, ...],
    ) -> None:
        self._rng = np.random.default_rng(seed)
        self.generator = torch.Generator().manual_seed(int(self._rng.integers(2**31)))
        count = np.bincount(track)
        weight = np.maximum(strength.astype(np.float64), 1e-9) ** 2  # (N,)
        share = weight / np.sqrt(count[track])
        self._share = share / share.sum()
        self._track, self._embeddings, self._recipe = track, embeddings, recipe
        self._partners = [[t] for t in range(len(count))]
        for anchor, match in matches.tolist():
            self._partners[anchor].append(match)
        total = np.bincount(track, weight)  # (T,)
        mean = sum_by(weight[:, None] * embeddings, track, len(count)) / total[:, None]
        worth = total / count
        consensus = [np.average(mean[own], axis=0, weights=worth[own]) for own in self._partners]
        self._consensus = np.stack(consensus).astype(np.float32)

    def rows(self, count: int) -> Ints:
        """Draw rows of crops, (count,)."""
        return self._rng.choice(len(self._track), count, p=self._share)

    def batches(self, views: int, steps: int) -> Ints:
        """Return which views of a pool make each step's batch, (steps, B): all equally often."""
        wanted = steps * self._recipe.batch
        order = [self._rng.permutation(views) for _ in range(-(-wanted // views))]
        return np.concatenate(order)[:wanted].reshape(steps, -1)

    def partners(self, rows: Ints) -> Floats:
        """Return the embeddings of the partners of crops, (B, d)."""
        tracks = self._track[rows]
        if self._recipe.consensus:
            return self._consensus[tracks]
        return self._embeddings[[self._partner(track) for track in tracks.tolist()]]

    def _partner(self, track: int) -> int:
        """Return the row of a crop of the track, or of one that matches it."""
        chosen = self._rng.choice(self._partners[track])
        return int(self._rng.choice(np.flatnonzero(self._track == chosen)))
