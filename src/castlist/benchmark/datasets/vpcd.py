"""Face tracks of the Video Person-Clustering Dataset (Brown et al., 2021), from its pickles.

The pickles' layout couldn't be verified: they have to be asked for. What is read is a dictionary of
tracks by number, or a list of them, each a dictionary with `frames` (n,), `boxes` (n, 4) as x1, y1,
x2, y2, `features` (n, d) or (d,), and `label`; anything else is refused. They are read by
`safe_pickle`, which runs nothing that is in them.
"""

from __future__ import annotations

from pathlib import Path
from typing import Any

import numpy as np

from castlist.benchmark.datasets.boxes import Row, truth
from castlist.benchmark.datasets.features import feature_set
from castlist.benchmark.datasets.safe_pickle import load
from castlist.benchmark.reading import reading
from castlist.benchmark.track_sets import TrackSet
from castlist.benchmark.truth import Truth
from castlist.faces.types import Ints


def read_tracks(path: Path, film: Path) -> Truth:
    """Read the boxes of one film.

    Raises:
        CastlistError: The file isn't of that form, or holds anything but data.
    """
    tracks = _tracks(path)
    with reading(path, "face tracks with frames, boxes and label"):
        rows = []
        for number, track in tracks.items():
            boxes = np.asarray(track["boxes"], np.float64).reshape(-1, 4).tolist()
            for frame, (x1, y1, x2, y2) in zip(_frames(track).tolist(), boxes, strict=True):
                rows.append(Row(number, str(track["label"]), frame, (x1, y1, x2, y2)))
        return truth(film, rows)


def read_features(path: Path) -> TrackSet:
    """Read the features of one film.

    Raises:
        CastlistError: The file isn't of that form, or holds anything but data.
    """
    tracks = _tracks(path)
    with reading(path, "face tracks with features and label"):
        return feature_set(
            path.stem,
            {
                number: (str(track["label"]), np.atleast_2d(np.asarray(track["features"])))
                for number, track in tracks.items()
            },
            {number: _frames(track) for number, track in tracks.items()},
        )


def _frames(track: dict[str, Any]) -> Ints:
    """Return the frames of a track, (n,)."""
    frames = np.asarray(track["frames"]).astype(np.int64).reshape(-1)
    if not len(frames):
        raise ValueError("a track has no frames")
    return frames


def _tracks(path: Path) -> dict[int, dict[str, Any]]:
    """Return the tracks by number."""
    data = load(path)
    with reading(path, "face tracks, a dictionary or a list"):
        pairs = data.items() if isinstance(data, dict) else enumerate(data)
        return {int(number): dict(track) for number, track in pairs}
