"""A workspace's cast made anew from what is there: clusters, and the corrections that hold.

Nothing is clustered. It is the last step of a run, and all that follows a correction.
"""

from __future__ import annotations

from collections.abc import Mapping
from fractions import Fraction
from pathlib import Path
from typing import Any

from castlist.cast.build import build
from castlist.cast.decisions import Decisions, decide
from castlist.cast.edits import Log, holding
from castlist.cast.types import Cast
from castlist.cluster.labels import load_labels
from castlist.film.timeline import Timeline
from castlist.tracks.types import Crops, Tracks


def decisions(folder: Path, tracks: Tracks) -> Decisions:
    """Return what the corrections in a workspace come to on the tracks of its run.

    Raises:
        WorkspaceError: The log of corrections can't be read.
    """
    return decide(holding(Log.of(folder).read())[0], tracks)


def recast(
    folder: Path, film: Mapping[str, Any], settings: Mapping[str, Any], timings: Mapping[str, float]
) -> Cast:
    """Make a cast of a workspace's tracks, clusters and corrections.

    Args:
        folder: The workspace; its clusters are made.
        film: The film's facts, as they shall stand in `cast.json`.
        settings: How the run was set.
        timings: Seconds per stage.

    Raises:
        WorkspaceError: A file is missing or damaged.
    """
    tracks = Tracks.load(folder / "tracks.parquet")
    corrections = decisions(folder, tracks)
    timeline = Timeline.load(folder / "frames.parquet")
    time_base = Fraction(film["time_base"])
    return build(
        {**film, **timeline.facts(time_base)},
        time_base,
        timeline,
        tracks,
        Crops.load(folder / "crops.parquet"),
        load_labels(folder / "clusters.parquet", parts=corrections.parts),
        decisions=corrections,
        settings=settings,
        timings=timings,
    )
