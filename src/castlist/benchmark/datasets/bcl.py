"""Tracks, ids, features of The Big Bang Theory and Buffy, released by Tapaswi et al. (ICCV 2019).

`ids/VIDEO.ids` has a header and then a track's number and its person in each line;
`features/VIDEO/NUMBER.npy` has an embedding a row. Both are as that release's public files and its
evaluation read them. Background people are called `unknown` with a number after it, and are people
as others are.

The layout of `tracks/` couldn't be verified. What is read is a header and then lines of six
numbers: track, frame from 0, x, y, width, height; any other line is refused.
"""

from __future__ import annotations

from pathlib import Path

import numpy as np

from castlist.benchmark.datasets.boxes import Row, corners, truth
from castlist.benchmark.datasets.features import feature_set
from castlist.benchmark.reading import reading
from castlist.benchmark.track_sets import TrackSet
from castlist.benchmark.truth import Truth

_HEADER = "CVHCI_TRACKLABELS"


def read_ids(path: Path) -> dict[int, str]:
    """Read who each track is, by its number.

    Raises:
        CastlistError: The file isn't of that form, or a track is in it twice.
    """
    with reading(path, "a list of track ids"):
        header, *lines = path.read_text("utf-8").splitlines()
        if not header.startswith(_HEADER):
            raise ValueError(f"it begins with {header[:30]!r}, not with {_HEADER}")
        found: dict[int, str] = {}
        for line in filter(str.strip, lines):
            number, who = line.split()
            if int(number) in found:
                raise ValueError(f"track {number} is there twice")
            found[int(number)] = who
        return found


def read_features(ids: Path, folder: Path) -> TrackSet:
    """Read the features of one episode; tracks without any are left out.

    Args:
        ids: `ids/VIDEO.ids`.
        folder: `features/VIDEO`.

    Raises:
        CastlistError: A file isn't of that form, or a track has features but no id.
    """
    people, tracks = read_ids(ids), {}
    for path in sorted(folder.glob("*.npy")):
        with reading(path, f"features of a track that {ids.name} lists"):
            tracks[int(path.stem)] = people[int(path.stem)], np.load(path, allow_pickle=False)
    with reading(folder, "a folder of features, NUMBER.npy"):
        return feature_set(ids.stem, tracks)


def read_tracks(ids: Path, path: Path, film: Path) -> Truth:
    """Read the boxes of one episode; tracks without an id are left out.

    Args:
        ids: `ids/VIDEO.ids`.
        path: The boxes.
        film: The episode.

    Raises:
        CastlistError: A file isn't of that form.
    """
    people, rows = read_ids(ids), []
    with reading(path, "a list of boxes: track, frame, x, y, width, height"):
        for line in path.read_text("utf-8").splitlines()[1:]:
            number, frame, x, y, width, height = line.split()
            if int(number) in people:
                box = corners(float(x), float(y), float(width), float(height))
                rows.append(Row(int(number), people[int(number)], int(frame), box))
        return truth(film, rows)
