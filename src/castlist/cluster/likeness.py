"""How alike tracks are, by cosine: by one network or two together, and how alike strangers are.

The cosines of two people's tracks scatter about a mean that is known of each encoder: strangers
are alike by chance, and the most alike of many pairs is the more alike the more pairs there are.
Adaptation draws everybody closer together; what that did to pairs that are surely strangers tells
by how much. In the dark they are more alike still, which the film's own tell: its tracks that were
not merged. Nothing is clustered here.
"""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np
from scipy.special import ndtri

from castlist.faces.types import Floats, Ints
from castlist.tracks.sampling import evenly
from castlist.tracks.sums import sum_by

FALSE_MERGES = 0.5
"""Expected number of pairs of strangers, of all that are left, as alike as what is merged."""
DOUBT = 10
"""Pairs of strangers of which one is as alike as what is merged, at the least."""
SURE = 1.0
"""Standard deviations above the strangers' mean, below which a pair is surely two people."""
CERTAINTY = 740
"""Pairs of strangers of which one is as alike as what is merged, at the most: 3 spreads."""
BELIEF = 20.0
"""Pairs of a film's strangers that are worth as much as what was known of strangers before."""
SAMPLE = 2000
"""Tracks whose pairs tell how alike strangers are; a film of more is sampled evenly."""
HEARD = 0.5
"""Share that the film's own strangers have in what is taken for their mean, if it has many."""


@dataclass(frozen=True)
class Strangers:
    """How alike an encoder finds the tracks of two people.

    Attributes:
        mean: Mean cosine of their mean embeddings.
        spread: Its standard deviation.
    """

    mean: float
    spread: float

    def limit(self, comparisons: float) -> float:
        """Return the cosine from which two are one person, when so many pairs are compared."""
        exceed = min(max(FALSE_MERGES / comparisons, 1 / CERTAINTY), 1 / DOUBT)
        return float(self.mean - self.spread * ndtri(exceed))


def track_means(embeddings: Floats, track: Ints) -> Floats:
    """Return the mean embedding of each track, (T, d), each of length 1."""
    count = int(track.max()) + 1 if len(track) else 0
    total = sum_by(embeddings, track, count)
    return np.asarray(
        total / np.maximum(np.linalg.norm(total, axis=1, keepdims=True), 1e-9), np.float32
    )


def together(frozen: Floats, adapted: Floats) -> Floats:
    """Return embeddings whose cosines are the means of two networks', (N, e + d), of length 1.

    Args:
        frozen: Crops by the frozen encoder, (N, e), of length 1.
        adapted: By the adapted one, (N, d), likewise.
    """
    return np.concatenate([frozen, adapted], axis=1) * np.float32(0.5**0.5)


def moved(strangers: Strangers, before: Floats, after: Floats) -> Strangers:
    """Return how alike strangers are after adaptation.

    Pairs that the frozen encoder finds little alike are surely strangers. The straight line from
    their cosines to those after adaptation, and the scatter about it, hold for all strangers; of
    few pairs it is drawn towards the line on which nothing has moved.

    Args:
        strangers: As the frozen encoder finds them.
        before: Tracks' mean embeddings by the frozen encoder, (T, e), of length 1.
        after: By the adapted one, (T, d).
    """
    old, new = (_cosines(means).astype(np.float64) for means in (before, after))
    sure = old <= strangers.mean + SURE * strangers.spread
    pairs = int(sure.sum())
    if pairs < 2:
        return strangers
    old, new = old[sure], new[sure]
    off = old - old.mean()
    believed = BELIEF * strangers.spread**2
    slope = (off @ new + believed) / (off @ off + believed)
    shift = (new - slope * old).sum() / (pairs + BELIEF)
    scatter = np.sqrt(np.square(new - new.mean() - slope * off).sum() / (pairs + BELIEF))
    spread = np.hypot(slope * strangers.spread, scatter)
    return Strangers(float(shift + slope * strangers.mean), float(spread))


def of_film(strangers: Strangers, means: Floats, labels: Ints) -> Strangers:
    """Return how alike strangers are in a film, of which it is roughly known who is who.

    Tracks of different clusters are strangers, nearly all of them: the median of their cosines is
    heard beside what was known. In the dark it is higher. Lower it is never taken to be: merging
    has then gone far enough.

    Args:
        strangers: What is known without that.
        means: Tracks' mean embeddings, (T, d), of length 1.
        labels: Shape (T,): cluster of each track.
    """
    labels = labels[evenly(len(labels), SAMPLE)]
    a, b = np.triu_indices(len(labels), 1)
    apart = labels[a] != labels[b]
    pairs = int(apart.sum())
    if not pairs:
        return strangers
    median = np.median(_cosines(means)[apart])
    heard = HEARD * pairs / (pairs + BELIEF)
    mean = max(strangers.mean, strangers.mean + heard * (float(median) - strangers.mean))
    return Strangers(mean, strangers.spread)


def _cosines(means: Floats) -> Floats:
    """Return the cosines of all pairs of tracks, (P,), of many tracks those of a sample."""
    chosen = means[evenly(len(means), SAMPLE)]
    return np.asarray((chosen @ chosen.T)[np.triu_indices(len(chosen), 1)])
