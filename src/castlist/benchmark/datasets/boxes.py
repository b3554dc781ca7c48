"""From rows of boxes, as any format has them, to a film's truth. No format is known here."""

from __future__ import annotations

from collections.abc import Hashable, Iterable, Mapping
from dataclasses import dataclass
from pathlib import Path, PurePosixPath

import numpy as np

from castlist.benchmark.truth import TrueTrack, Truth
from castlist.errors import CastlistError
from castlist.faces.boxes import iou

UNKNOWN = "unknown"
"""What castlist's exports call tracks of nobody; read as `unsure`, which isn't scored."""

LINKED_IOU = 0.3  # overlap from which the next box of a person goes on with a track

FAR = 2**24  # pixels; further off float32 doesn't tell one from the next, and no picture reaches

FILMS = frozenset({".mp4", ".mkv", ".mov", ".m4v", ".avi", ".webm", ".mpg", ".mpeg", ".ts", ".mxf"})


@dataclass(frozen=True)
class Row:
    """One labelled box.

    Attributes:
        track: What tells tracks apart; None if the format only says who it is.
        identity: Who it is.
        frame: From 0.
        box: x1, y1, x2, y2 in pixels of the film as shown.

    Raises:
        ValueError: The frame is below 0, or the box has no area in any picture.
    """

    track: Hashable
    identity: str
    frame: int
    box: tuple[float, float, float, float]

    def __post_init__(self) -> None:
        if self.frame < 0:
            raise ValueError(f"frame {self.frame} is before the first")
        x1, y1, x2, y2 = self.box
        if not (-FAR < x1 < x2 < FAR and -FAR < y1 < y2 < FAR):
            raise ValueError(
                f"a box of {self.identity} on frame {self.frame} has no area in any picture"
            )


def corners(x: float, y: float, width: float, height: float) -> tuple[float, float, float, float]:
    """Return x1, y1, x2, y2 of a box given by its corner and its size."""
    return x, y, x + width, y + height


def truth(film: Path, rows: Iterable[Row], *, gap: int = 1) -> Truth:
    """Return a film's truth of rows in any order.

    Rows without a track are linked: a box goes on with the track of its person that overlaps most
    with it, 0.3 at least, and whose last box isn't more than `gap` frames before.

    Args:
        film: The film.
        rows: Its boxes.
        gap: Frames that a linked track may leap.

    Raises:
        ValueError: A track has two people, or two boxes on one frame.
    """
    tracks: dict[Hashable, list[Row]] = {}
    loose: dict[str, list[Row]] = {}
    for row in sorted(rows, key=lambda row: row.frame):
        if row.track is None:
            loose.setdefault(row.identity, []).append(row)
        else:
            tracks.setdefault(row.track, []).append(row)
    every = [*tracks.values(), *(run for own in loose.values() for run in _linked(own, gap))]
    return Truth(film, [true_track(run[0].identity, run) for run in every])


def true_track(identity: str, rows: Iterable[Row]) -> TrueTrack:
    """Return a person's track of its rows, in any order; there may be none.

    Raises:
        ValueError: It has another person too, or two boxes on one frame.
    """
    rows = sorted(rows, key=lambda row: row.frame)
    if others := {row.identity for row in rows} - {identity}:
        raise ValueError(
            f"track {rows[0].track} is of {' and of '.join([identity, *sorted(others)])}"
        )
    frames = np.array([row.frame for row in rows], np.int64)
    if len(np.unique(frames)) < len(frames):
        raise ValueError(f"track {rows[0].track} has two boxes on one frame")
    boxes = np.array([row.box for row in rows], np.float32).reshape(-1, 4)
    return TrueTrack(identity, frames, boxes)


def film_beside(path: Path, stem: str) -> Path:
    """Return the film of this name that lies beside a file.

    Raises:
        CastlistError: There is none, or more than one.
    """
    found = sorted(
        one for one in path.parent.glob("*") if one.stem == stem and one.suffix.lower() in FILMS
    )
    if len(found) != 1:
        many = "no film" if not found else f"{len(found)} films"
        raise CastlistError(f"{path}: {many} of the name {stem} beside it; put its film there")
    return found[0]


def video_of(film: Path, names: Mapping[str | int, str]) -> str | int:
    """Return which of a file's videos the film is: the only one, or else the one of its name.

    Args:
        film: The film.
        names: What each video is called, with or without a folder, by its id.

    Raises:
        ValueError: Several videos are called so, or none of several is.
    """
    own = [video for video, name in names.items() if PurePosixPath(name).stem == film.stem]
    found = list(names) if len(names) == 1 else own
    if len(found) != 1:
        raise ValueError(f"{len(found)} of its videos are called {film.stem}")
    return found[0]


def _linked(rows: list[Row], gap: int) -> list[list[Row]]:
    """Link the boxes of one person, in order of frame, to tracks."""
    runs: list[list[Row]] = []
    alive: list[list[Row]] = []
    for row in rows:
        alive = [run for run in alive if row.frame - run[-1].frame <= gap]
        free = [run for run in alive if run[-1].frame < row.frame]
        box = np.array([row.box], np.float32)
        overlap = [float(iou(box, np.array([run[-1].box], np.float32))[0, 0]) for run in free]
        if max(overlap, default=0) >= LINKED_IOU:
            free[int(np.argmax(overlap))].append(row)
        else:
            runs.append([row])
            alive.append(runs[-1])
    return runs
