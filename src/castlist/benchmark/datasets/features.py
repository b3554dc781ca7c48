"""From the embeddings that a data set comes with to a track set without pictures."""

from __future__ import annotations

from collections.abc import Mapping

import numpy as np

from castlist.benchmark.track_sets import TrackSet
from castlist.faces.types import Floats, Ints
from castlist.tracks.types import sharing_frames

NO_FRAMES: Mapping[int, Ints] = {}
"""Of a data set that doesn't tell on which frames its tracks are."""


def feature_set(
    name: str, tracks: Mapping[int, tuple[str, Floats]], frames: Mapping[int, Ints] = NO_FRAMES
) -> TrackSet:
    """Return a track set of published features.

    Where frames aren't known no two tracks are known to share one, and each row of features counts
    as a frame.

    Args:
        name: What the set is called.
        tracks: Identity and features (n, d) of each track, by its number.
        frames: Frames of each track, (m,), by the same numbers.

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
    count = np.array([len(rows) for rows in features])
    seen = [frames[number] for number in order] if frames else []
    owners = np.repeat(np.arange(len(seen)), [len(own) for own in seen])
    return TrackSet(
        name=name,
        crops=None,
        track=np.repeat(np.arange(len(order)), count),
        frame=np.full(count.sum(), -1),
        quality=np.full(count.sum(), np.nan, np.float32),
        identity=np.array([tracks[number][0] for number in order], np.str_),
        frames=np.bincount(owners, minlength=len(order)) if seen else count,
        cannot_link=sharing_frames(np.concatenate([np.zeros(0, np.int64), *seen]), owners),
        features=np.concatenate(features),
    )
