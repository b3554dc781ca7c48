"""`castlist benchmark difficulty`: what makes a data set hard. Nothing is clustered."""

from __future__ import annotations

from collections import Counter
from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path

import numpy as np

from castlist.benchmark.track_sets import TABLE, TrackSet, read_crops_folder, read_film
from castlist.benchmark.truth import NOT_SCORED, Truth, find_truths
from castlist.faces.types import Floats
from castlist.hooks import Hook, silent


@dataclass(frozen=True, kw_only=True)
class Difficulty:
    """What makes one data set hard.

    Attributes:
        name: Of the set.
        characters: People.
        tracks: Tracks on which a face is found.
        crops: Faces cut out of them.
        largest: Share of the tracks that the most frequent person has.
        single: Share of the people who have a single track.
        sharing: Share of the tracks that share a frame with another one.
        quality: Mean quality of the crops, 0 to 1: see `faces.quality`.
        frontality: Mean of 0 to 1, of profiles and of faces that look into the camera, likewise; of
            those whose landmarks are found, None if there are none.
        face: Median size of the labelled faces, the root of their boxes' area, in pixels of the
            film; None for a crops folder, which doesn't tell.
        boxes: Labelled boxes of the tracks that count; None for a crops folder, as is what follows.
        nonface: Labelled tracks without a face, which don't count.
        mixed: Those of two people.
        unsure: Those of which nobody knows who it is.
    """

    name: str
    characters: int
    tracks: int
    crops: int
    largest: float
    single: float
    sharing: float
    quality: float
    frontality: float | None
    face: float | None
    boxes: int | None = None
    nonface: int | None = None
    mixed: int | None = None
    unsure: int | None = None


def difficulty(tracks: TrackSet, truth: Truth | None = None) -> Difficulty:
    """Measure one data set.

    Args:
        tracks: The set; of an empty one all shares are 0.
        truth: The film it was read from, if it was one.
    """
    _, counts = np.unique(tracks.identity, return_counts=True)
    some = max(1, len(tracks))
    return Difficulty(
        name=tracks.name,
        characters=tracks.people,
        tracks=len(tracks),
        crops=len(tracks.track),
        largest=float(counts.max(initial=0)) / some,
        single=float((counts == 1).mean()) if len(counts) else 0.0,
        sharing=len(np.unique(tracks.cannot_link)) / some,
        quality=float(tracks.quality.mean()) if len(tracks.quality) else 0.0,
        frontality=_mean(tracks.frontality),
        face=_face(truth) if truth else None,
        **(_labelled(truth) if truth else {}),
    )


def benchmark(folder: Path, work: Path, hook: Hook = silent) -> Iterator[Difficulty]:
    """Measure the data sets of a folder of crops or of films.

    Args:
        folder: As for `clusters`.
        work: Where crops are kept, to be used again.
        hook: Told of "crops".

    Raises:
        CastlistError: The folder is of neither kind, a file can't be read...
    """
    if (folder / TABLE).is_file():
        yield difficulty(read_crops_folder(folder.resolve(), work, hook))
        return
    for truth in find_truths(folder):
        yield difficulty(read_film(truth, work, hook), truth)


def _mean(frontality: Floats | None) -> float | None:
    """Return the mean of what is known."""
    known = frontality[np.isfinite(frontality)] if frontality is not None else np.zeros(0)
    return float(known.mean()) if len(known) else None


def _labelled(truth: Truth) -> dict[str, int]:
    """Count the boxes that count, and the tracks that don't, by why."""
    boxes = sum(len(track.frames) for track in truth.tracks if track.scored)
    people = Counter(track.identity for track in truth.tracks)
    return {"boxes": boxes} | {why: people[why] for why in NOT_SCORED}


def _face(truth: Truth) -> float | None:
    """Return the median size of the labelled faces that count."""
    boxes = np.concatenate([np.zeros((0, 4)), *(t.boxes for t in truth.tracks if t.scored)])
    if not len(boxes):
        return None
    return float(np.median(np.sqrt(np.prod(boxes[:, 2:] - boxes[:, :2], axis=1))))
