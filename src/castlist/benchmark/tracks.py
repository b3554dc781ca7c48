"""`castlist benchmark tracks`: a folder of films with truth, run up to their tracks and scored."""

from __future__ import annotations

from pathlib import Path
from typing import Any

import numpy as np

from castlist import pipeline
from castlist.benchmark.track_score import TrackScore, score_tracks
from castlist.benchmark.truth import find_truths
from castlist.hooks import Hook, silent
from castlist.tracks.types import Tracks
from castlist.workspace import Workspace


def benchmark(folder: Path, work: Path, hook: Hook = silent) -> dict[str, TrackScore]:
    """Score each film of a folder.

    Args:
        folder: Films, each with its `NAME.truth.json`.
        work: Where the workspaces are made.
        hook: Told of progress.

    Returns:
        The score of each film by its name.

    Raises:
        CastlistError: There are no films with truth, or one can't be read.
    """
    scores = {}
    for truth in find_truths(folder):
        workspace = work / f"{truth.film.stem}.castlist"
        pipeline.run(truth.film, out=workspace, until="tracks", hook=hook)
        tracks = Tracks.load(Workspace(workspace).tracks)
        scores[truth.film.stem] = score_tracks(truth.tracks, tracks)
    return scores


def rows(scores: dict[str, TrackScore]) -> list[dict[str, Any]]:
    """Return a row a film: what to print."""
    return [_row(film, score) for film, score in scores.items()]


def summary(scores: dict[str, TrackScore]) -> dict[str, Any]:
    """Return the row of all films' tracks and boxes together."""
    every = scores.values()
    pooled = TrackScore(
        boxes=sum(score.boxes for score in every),
        found=sum(score.found for score in every),
        tracks=sum(score.tracks for score in every),
        mixed=sum(score.mixed for score in every),
        pieces=[count for score in every for count in score.pieces],
    )
    return _row("all", pooled)


def _row(film: str, score: TrackScore) -> dict[str, Any]:
    return {
        "film": film,
        "labelled": len(score.pieces),
        "recall": round(score.recall, 4),
        "tracks": score.tracks,
        "two people": score.mixed,
        "median pieces": score.median_pieces,
        "mean pieces": round(float(np.mean(score.pieces or [0])), 2),
        "missed": score.pieces.count(0),
    }
