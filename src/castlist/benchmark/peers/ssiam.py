"""SSiam (Sharma, Tapaswi, Sarfraz and Stiefelhagen, FG 2019): trained on pairs mined by distance.

Of crops drawn at random, each is paired with the nearest and with the farthest one of those drawn,
by the frozen embeddings. The nearest pairs that are farthest apart are taken for one person, the
farthest pairs that are nearest for two people: 64 each a step. Tracks are not looked at.

That is the rule of the authors' code, which draws 3000 of some ten thousands of crops, with
repetition. The reading taken: each crop once, and never more than half of them, or each step would
have the same pairs. Network and clustering are `peers.contrastive`.
"""

from __future__ import annotations

import numpy as np

from castlist.benchmark.peers.contrastive import BATCH, Draw, Pairs, ward_by_pairs
from castlist.benchmark.peers.peer import SeededTrueK
from castlist.faces.types import Floats, Ints

DRAWN = 3000
"""Crops drawn a step."""


class Ssiam(SeededTrueK):
    """Trains on hard pairs, then clusters by Ward's linkage. Cannot-links are not heeded."""

    def _cluster(self, embeddings: Floats, track: Ints, cannot_link: Ints | None) -> Ints:
        return ward_by_pairs(embeddings, track, hard_pairs(embeddings), self.clusters, self.seed)


def hard_pairs(X: Floats) -> Draw:  # noqa: N803  (scikit-learn's name)
    """Return what draws hard pairs of crops, embeddings (N, d), each of length 1."""
    size = min(DRAWN, len(X), max(len(X) // 2, 2))
    half = BATCH // 2 if len(X) > 1 else 0  # no crop is paired with itself

    def draw(random: np.random.Generator) -> Pairs:
        crops = random.choice(len(X), size, replace=False)
        cosine = X[crops] @ X[crops].T  # of length 1: the nearest is the most alike
        np.fill_diagonal(cosine, -np.inf)
        nearest, like = cosine.argmax(axis=1), cosine.max(axis=1)
        np.fill_diagonal(cosine, np.inf)
        farthest, unlike = cosine.argmin(axis=1), cosine.min(axis=1)
        same = np.argsort(like, kind="stable")[:half]
        different = np.argsort(-unlike, kind="stable")[:half]
        return Pairs(
            np.stack([crops[same], crops[nearest[same]]], axis=1),
            np.stack([crops[different], crops[farthest[different]]], axis=1),
        )

    return draw
