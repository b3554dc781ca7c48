"""`castlist benchmark annotate`: a table of a film's tracks to correct, and the truth made of it.

castlist proposes tracks and a first grouping; a person fills in who each track is, in the table, or
before it is written in the review page, whose names and cuts it takes over. Boxes aren't corrected,
so what is made says nothing of faces that were never found.
"""

from __future__ import annotations

import csv
from pathlib import Path

import numpy as np

from castlist import pipeline
from castlist.atomic import atomic_path
from castlist.benchmark.published import publish
from castlist.benchmark.reading import reading
from castlist.benchmark.truth import TrueTrack, Truth
from castlist.cast.replay import decisions
from castlist.cast.types import Cast, CastTrack
from castlist.errors import CastlistError
from castlist.hooks import Hook, silent
from castlist.tracks.types import Crops, Tracks
from castlist.workspace import Workspace

COLUMNS = ("track", "proposed", "identity", "start", "end", "portrait")
"""Of the table: number, castlist's character, who it is, seconds twice, a picture."""

ENDING = ".annotation.csv"
"""What the table is called, after the film's name."""


def propose(film: Path, table: Path, workspace: Path | None = None, hook: Hook = silent) -> None:
    """Run castlist on a film and write the table to be filled in.

    Args:
        film: The film's file.
        table: The table to write; one that is there isn't written over.
        workspace: Of the run; beside the film by default.
        hook: Told of progress.

    Raises:
        CastlistError: The table is there already, the film can't be read...
    """
    if table.exists():
        raise CastlistError(
            f"{table}: is there already; fill it in and hand it over with --from, or delete it"
        )
    cast, space = _cast(film, workspace, hook)
    crops = Crops.load(space.crops)
    best: dict[int, str] = {}
    for row in np.argsort(crops.quality, kind="stable").tolist():
        best[int(crops.track[row])] = str(space.folder / str(crops.file[row]))
    names = {character.id: character.name or "" for character in cast.characters}
    with atomic_path(table) as path, path.open("w", newline="", encoding="utf-8") as file:
        writer = csv.writer(file, lineterminator="\n")
        writer.writerow(COLUMNS)
        for track in cast.tracks:
            start, end = _times(track)
            proposed = track.character or ""
            who = "nonface" if track.id in cast.no_faces else names.get(proposed, "")
            portrait = best.get(track.id if track.part_of is None else track.part_of, "")
            writer.writerow((track.id, proposed, who, start, end, portrait))


def settle(
    film: Path,
    table: Path,
    out: Path,
    annotator: str,
    workspace: Path | None = None,
    hook: Hook = silent,
) -> None:
    """Write the truth of a film from the table as it was filled in.

    Boxes that castlist had to guess across an occlusion are left out.

    Args:
        film: The film's file.
        table: As `propose` has written it, with an identity for each track.
        out: The truth to write, `NAME.truth.json`; one that is there isn't written over.
        annotator: Who filled it in.
        workspace: Of the run; beside the film by default.
        hook: Told of progress.

    Raises:
        CastlistError: The table isn't of this film and its tracks, an identity is missing, the
            truth is there already...
    """
    if out.exists():
        raise CastlistError(f"{out}: is there already; delete it or name another file with --out")
    given = _filled_in(table)
    cast, space = _cast(film, workspace, hook)
    if {track.id: _times(track) for track in cast.tracks} != {
        number: times for number, (_, times) in given.items()
    }:
        raise CastlistError(f"{table}: isn't of the tracks that castlist finds in {film}")
    tracks = decisions(space.folder, Tracks.load(space.tracks)).tracks  # cut as the user cut them
    labelled = []
    for number, (identity, _) in sorted(given.items()):
        rows = (tracks.track == number) & ~tracks.gap
        labelled.append(TrueTrack(identity, tracks.frame[rows], tracks.boxes[rows], number))
    publish(Truth(film, labelled), out, annotator)


def _cast(film: Path, workspace: Path | None, hook: Hook) -> tuple[Cast, Workspace]:
    """Run castlist on a film, or take what an earlier run has left."""
    folder = workspace or pipeline.workspace_beside(film)
    cast = pipeline.run(film, out=folder, hook=hook)
    assert cast is not None, "a run to the end makes a cast"
    return cast, Workspace(folder)


def _times(track: CastTrack) -> tuple[str, str]:
    """Return start and end as the table has them."""
    return f"{track.start:.3f}", f"{track.end:.3f}"


def _filled_in(table: Path) -> dict[int, tuple[str, tuple[str, str]]]:
    """Return identity and times by track."""
    with (
        reading(table, f"a table of tracks ({', '.join(COLUMNS)})"),
        table.open(newline="", encoding="utf-8-sig") as file,
    ):
        rows = [
            (int(row["track"]), row["identity"].strip(), (row["start"], row["end"]))
            for row in csv.DictReader(file)
        ]
    if missing := [number for number, identity, _ in rows if not identity]:
        raise CastlistError(
            f"{table}: {len(missing)} tracks have no identity, the first is {missing[0]}; "
            "write unsure where nobody knows"
        )
    if len({number for number, _, _ in rows}) < len(rows):
        raise CastlistError(f"{table}: a track is there twice; keep one row of it")
    return {number: (identity, times) for number, identity, times in rows}
