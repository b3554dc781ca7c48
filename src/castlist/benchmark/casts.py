"""`castlist benchmark casts`: a folder of films with truth, run whole, and their casts scored."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import asdict
from pathlib import Path
from typing import Any, get_args

import numpy as np

from castlist import pipeline
from castlist.benchmark.end_to_end import Boxes, end_to_end, pool
from castlist.benchmark.metrics import Unknown
from castlist.benchmark.truth import find_truths
from castlist.cluster.labels import load_labels
from castlist.hooks import Hook, silent
from castlist.settings import Settings
from castlist.tracks.types import Tracks
from castlist.workspace import Workspace


def benchmark(
    folder: Path, work: Path, settings: Settings | None = None, hook: Hook = silent
) -> dict[Unknown, dict[str, Boxes]]:
    """Run each film of a folder up to its clusters and count these, missed and false faces too.

    Args:
        folder: Films, each with its `NAME.truth.json`.
        work: Where the workspaces are made.
        settings: Of the runs.
        hook: Told of progress.

    Returns:
        The boxes of each film by its name, by what becomes of unknown tracks.

    Raises:
        CastlistError: There are no films with truth, or one can't be read.
    """
    found: dict[Unknown, dict[str, Boxes]] = {unknown: {} for unknown in get_args(Unknown)}
    for truth in find_truths(folder):
        workspace = Workspace(work / f"{truth.film.stem}.castlist")
        pipeline.run(
            truth.film, out=workspace.folder, settings=settings, until="clusters", hook=hook
        )
        tracks, labels = Tracks.load(workspace.tracks), load_labels(workspace.clusters)
        for unknown, films in found.items():
            boxes = end_to_end(truth.tracks, tracks, labels, unknown=unknown)
            films[truth.film.stem] = boxes
    return found


def rows(films: Mapping[str, Boxes]) -> list[dict[str, Any]]:
    """Return what to print: a row a film, then the mean of the films, then all of them pooled."""
    found = [(film, asdict(boxes.score)) for film, boxes in films.items()]
    names = list(found[0][1])
    mean = {name: float(np.mean([row[name] for _, row in found])) for name in names}
    every = [*found, ("mean", mean), ("pooled", asdict(pool(films.values()).score))]
    return [
        {"film": film} | {name: round(value, 4) for name, value in row.items()}
        for film, row in every
    ]
