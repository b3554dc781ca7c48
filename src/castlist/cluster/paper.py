"""The last steps of VideoClusterNet (2024): poor tracks are left out, the others are grouped.

Section 3.4 takes tracks out whose quality is an outlier; section 3.5 is Algorithm 1. How a
track's quality comes from its crops' isn't said: here it is their mean.
"""

from __future__ import annotations

from typing import Self

import numpy as np
from sklearn.base import BaseEstimator, ClusterMixin

from castlist.adapt import Recipe
from castlist.adapt.quality import outliers
from castlist.cluster.distance import Loss, Temperatures
from castlist.cluster.forest import Merge, among
from castlist.cluster.labels import UNKNOWN
from castlist.cluster.learned import LossClustering
from castlist.faces.types import Floats, Ints
from castlist.tracks.sums import sum_by


def trained_loss(recipe: Recipe, centre: Floats) -> Temperatures:
    """Return the loss as it stood at the end of a training, with its centre, (K,)."""
    return Temperatures(
        centre=centre.astype(np.float64), teacher=recipe.teacher, student=recipe.student
    )


class PaperClustering(ClusterMixin, BaseEstimator):  # type: ignore[misc]
    """Leaves out tracks of outlying quality, and groups the others by Algorithm 1.

    Args:
        loss: Between two crops.

    Attributes:
        labels_: Shape (T,): cluster of each track, -1 for those that are left out.
        merges_: The tree of merges, in order.
    """

    labels_: Ints
    merges_: list[Merge]

    def __init__(self, loss: Loss) -> None:
        self.loss = loss

    def fit(
        self,
        X: Floats,  # noqa: N803  (scikit-learn's name)
        y: None = None,
        *,
        track: Ints,
        quality: Floats,
        cannot_link: Ints,
        must_link: Ints | None = None,
    ) -> Self:
        """Cluster the tracks.

        Args:
            X: The head's outputs for the crops, (N, K).
            y: Not used.
            track: Shape (N,): track of each crop, 0 to T - 1, each at least once.
            quality: SER-FIQ of the crops, (N,).
            cannot_link: Pairs of tracks that are two people, (P, 2).
            must_link: Pairs of tracks that are one person, (M, 2); such tracks are never left
                out.

        Raises:
            ValueError: An output isn't finite.
        """
        count = np.bincount(track)
        good = ~outliers(sum_by(quality, track, len(count)) / np.maximum(count, 1))
        pairs = np.zeros((0, 2), np.int64) if must_link is None else must_link
        good[pairs] = True
        number = np.cumsum(good) - 1
        kept = good[track]
        clustering = LossClustering(self.loss).fit(
            X[kept],
            track=number[track[kept]],
            cannot_link=number[cannot_link[good[cannot_link].all(axis=1)]],
            must_link=number[pairs],
        )
        self.labels_ = np.full(len(count), UNKNOWN)
        self.labels_[good] = clustering.labels_
        self.merges_ = among(clustering.merges_, np.flatnonzero(good), len(count))
        return self
