"""Embeddings that a data set comes with, and who their tracks are: where there are no pictures."""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

from castlist.faces.types import Floats, Ints


@dataclass(frozen=True)
class FeatureSet:
    """Embedded faces of T tracks; N rows in order of track.

    Attributes:
        name: What the set is called.
        features: Shape (N, d): as the data set has them, of any length.
        track: Shape (N,): 0 to T - 1, each at least once.
        number: Shape (T,): what each track is called in the data set.
        identity: Shape (T,): who it is.
    """

    name: str
    features: Floats
    track: Ints
    number: Ints
    identity: NDArray[np.str_]

    def __len__(self) -> int:
        return len(self.identity)

    @staticmethod
    def of(name: str, tracks: dict[int, tuple[str, Floats]]) -> FeatureSet:
        """Put it together from identity and features (n, d) of each track, by its number.

        Raises:
            ValueError: There are no tracks, one has no features, or their widths differ.
        """
        order = sorted(tracks)
        features = [np.asarray(tracks[number][1], np.float32) for number in order]
        if not features:
            raise ValueError("no tracks")
        for number, rows in zip(order, features, strict=True):
            if rows.ndim != 2 or not len(rows) or rows.shape[1] != features[0].shape[1]:
                raise ValueError(f"track {number} has features of shape {rows.shape}")
            if not np.isfinite(rows).all():
                raise ValueError(f"track {number} has features that aren't finite")
        return FeatureSet(
            name,
            np.concatenate(features),
            np.repeat(np.arange(len(order)), [len(rows) for rows in features]),
            np.array(order, np.int64),
            np.array([tracks[number][0] for number in order], np.str_),
        )
