"""`castlist benchmark casts`: a folder of films with truth, run whole, and their casts scored."""

from __future__ import annotations

from dataclasses import asdict
from pathlib import Path
from typing import Any

import numpy as np

from castlist import pipeline
from castlist.benchmark.end_to_end import EndToEnd, end_to_end
from castlist.benchmark.truth import find_truths
from castlist.cluster.labels import load_labels
from castlist.hooks import Hook, silent
from castlist.tracks.types import Tracks
from castlist.workspace import Workspace


def benchmark(
    folder: Path, work: Path, settings: pipeline.Settings | None = None, hook: Hook = silent
) -> dict[str, EndToEnd]:
    """Run each film of a folder up to its clusters and score these, missed and false faces too.

    Args:
        folder: Films, each with its `NAME.truth.json`.
        work: Where the workspaces are made.
        settings: Of the runs.
        hook: Told of progress.

    Returns:
        The score of each film by its name; unknown tracks are clusters of their own.

    Raises:
        CastlistError: There are no films with truth, or one can't be read.
    """
    scores = {}
    for truth in find_truths(folder):
        workspace = Workspace(work / f"{truth.film.stem}.castlist")
        pipeline.run(
            truth.film, out=workspace.folder, settings=settings, until="clusters", hook=hook
        )
        tracks, labels = Tracks.load(workspace.tracks), load_labels(workspace.clusters)
        scores[truth.film.stem] = end_to_end(truth.tracks, tracks, labels)
    return scores


def rows(scores: dict[str, EndToEnd]) -> list[dict[str, Any]]:
    """Return a row a film, and the mean of the films: what to print."""
    found = {film: asdict(score) for film, score in scores.items()}
    names = list(next(iter(found.values())))
    mean = {name: float(np.mean([row[name] for row in found.values()])) for name in names}
    every = {**found, "mean": mean}
    return [
        {"film": film} | {name: round(value, 4) for name, value in row.items()}
        for film, row in every.items()
    ]
