"""Face tracks: a face followed inside one shot, a row a frame; and the crops sampled from it."""

from __future__ import annotations

from dataclasses import dataclass, fields
from pathlib import Path

import numpy as np
from numpy.typing import NDArray

from castlist.faces.types import Floats, Ints
from castlist.tables import read_table, write_table


@dataclass(frozen=True)
class Tracks:
    """All tracks of a film, in order of track, then frame; T tracks numbered from 0, R rows.

    Attributes:
        track: Shape (R,): number of the track.
        shot: Shape (R,): the shot in which it lies.
        frame: Shape (R,): each frame from the track's first to its last.
        pts: Shape (R,): time of that frame.
        boxes: Shape (R, 4): x1, y1, x2, y2 in pixels of the film as shown.
        scores: Shape (R,): the detector's confidence; interpolated where it didn't run.
        detected: Shape (R,): whether the detector found the face on this very frame.
        gap: Shape (R,): whether the face couldn't be found here though it was looked for, so that
            the box is a guess across an occlusion or a turn.
    """

    track: Ints
    shot: Ints
    frame: Ints
    pts: Ints
    boxes: Floats
    scores: Floats
    detected: NDArray[np.bool_]
    gap: NDArray[np.bool_]

    def __len__(self) -> int:
        return int(self.track[-1]) + 1 if len(self.track) else 0

    @property
    def first_row(self) -> Ints:
        """Row of each track's first frame, shape (T,)."""
        return np.searchsorted(self.track, np.arange(len(self)))

    @property
    def last_row(self) -> Ints:
        """Row of each track's last frame, shape (T,)."""
        return np.searchsorted(self.track, np.arange(len(self)), side="right") - 1

    def co_occurring(self) -> Ints:
        """Return the pairs of tracks that share a frame, shape (P, 2), the lower number first."""
        return sharing_frames(self.frame, self.track)

    def save(self, path: Path) -> None:
        """Write `tracks.parquet`."""
        x1, y1, x2, y2 = self.boxes.T
        columns = {
            "track": self.track,
            "shot": self.shot,
            "frame": self.frame,
            "pts": self.pts,
            **{"x1": x1, "y1": y1, "x2": x2, "y2": y2},
            "score": self.scores,
            "detected": self.detected,
            "gap": self.gap,
        }
        write_table(path, columns)

    @staticmethod
    def load(path: Path) -> Tracks:
        """Read `tracks.parquet`.

        Raises:
            WorkspaceError: The file is missing, damaged or lacks a column.
        """
        box = ("x1", "y1", "x2", "y2")
        names = ("track", "shot", "frame", "pts", *box, "score", "detected", "gap")
        column = read_table(path, names, stage="tracks")
        boxes = np.stack([column[name] for name in box], axis=1)
        return Tracks(
            column["track"],
            column["shot"],
            column["frame"],
            column["pts"],
            boxes.astype(np.float32),
            column["score"],
            column["detected"],
            column["gap"],
        )


@dataclass(frozen=True)
class Crops:
    """The crops sampled from the tracks, in order of track, then frame; N crops.

    Attributes:
        track: Shape (N,): number of the track.
        frame: Shape (N,): frame from which it was cut.
        pts: Shape (N,): time of that frame.
        quality: Shape (N,): see `faces.quality`.
        strength: Shape (N,): length of its raw embedding by the network as it came.
        file: Shape (N,): the picture's path in the workspace.
    """

    track: Ints
    frame: Ints
    pts: Ints
    quality: Floats
    strength: Floats
    file: NDArray[np.str_]

    def __len__(self) -> int:
        return len(self.track)

    def best_quality(self, tracks: int) -> Floats:
        """Return the quality of each track's best crop, (T,)."""
        best = np.zeros(tracks, np.float32)
        np.maximum.at(best, self.track, self.quality)
        return best

    def save(self, path: Path) -> None:
        """Write `crops.parquet`."""
        write_table(path, {f.name: getattr(self, f.name) for f in fields(self)})

    @staticmethod
    def load(path: Path) -> Crops:
        """Read `crops.parquet`.

        Raises:
            WorkspaceError: The file is missing, damaged or lacks a column.
        """
        column = read_table(path, [f.name for f in fields(Crops)], stage="tracks")
        return Crops(**{**column, "file": column["file"].astype(np.str_)})


def sharing_frames(frame: Ints, track: Ints) -> Ints:
    """Return the pairs of tracks that share a frame, shape (P, 2), the lower number first.

    Args:
        frame: Shape (R,): frames on which a track is seen, in any order.
        track: Shape (R,): the track seen there.
    """
    order = np.lexsort((track, frame))
    frame, track = frame[order], track[order]
    count = int(track.max(initial=0)) + 1
    pairs = [np.zeros(0, np.int64)]  # numbered lower * count + higher
    for step in range(1, len(frame)):  # rows that lie so far from each other, on one frame
        together = frame[step:] == frame[:-step]
        if not together.any():
            break
        lower, higher = track[:-step][together], track[step:][together]
        pairs.append(np.unique((lower * count + higher)[lower < higher]))
    return np.stack(np.divmod(np.unique(np.concatenate(pairs)), count), axis=1)


def evidence(strength: Floats, track: Ints) -> Floats:
    """Return how many typical crops are worth what is seen of each track, (T,).

    A crop counts by its strength over the film's median; so three blurred ones may be worth one.

    Args:
        strength: Shape (N,): of each crop, the length of its raw embedding.
        track: Shape (N,): track of each crop, 0 to T - 1.
    """
    typical = float(np.median(strength)) if len(strength) else 0.0
    worth = strength / typical if typical > 0 else np.ones(len(strength))
    return np.bincount(track, worth).astype(np.float32)


def crop_file(track: int, frame: int) -> str:
    """Return a crop's path in the workspace."""
    return f"crops/{track:06d}_{frame:08d}.jpg"
