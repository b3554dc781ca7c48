"""How characters came together: of each the join that clustering trusted least, to be taken back.

Read from the tree of merges that a run has left. What the user has joined is none of these, nor is
a merge that corrections have undone. Nothing is changed here.
"""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from dataclasses import dataclass
from pathlib import Path

from castlist.cast.replay import decisions
from castlist.cast.types import Cast
from castlist.cluster.forest import Merge, load_merges
from castlist.cluster.labels import WHOLE, load_tracks
from castlist.tracks.types import Tracks

GONE = -1
"""Stands for a part of a track that the user had cut off, and has no more."""


@dataclass(frozen=True)
class Join:
    """Two groups of a character's tracks that became one.

    Attributes:
        tracks: Those of the smaller group, in order.
        distance: Between the groups: 1 - their mean cosine, or the mean loss.
    """

    tracks: tuple[int, ...]
    distance: float


def weakest_joins(folder: Path, cast: Cast) -> dict[str, Join]:
    """Return the weakest join of each character that has one, by the character's id.

    Args:
        folder: The workspace.
        cast: Its cast, as corrections have left it.

    Raises:
        WorkspaceError: A file is missing or damaged.
    """
    rows = load_tracks(folder / "clusters.parquet")
    number = {(track, frame): track for track, frame in rows if frame == WHOLE}
    if len(number) < len(rows):
        run = Tracks.load(folder / "tracks.parquet")
        cut = decisions(folder, run).parts
        number |= {part: len(run) + place for place, part in enumerate(cut)}
    tracks = [number.get(row, GONE) for row in rows]
    owner = {track.id: track.character for track in cast.tracks if track.character is not None}
    return weakest(load_merges(folder / "merges.parquet"), tracks, owner)


def weakest(
    merges: Iterable[Merge], tracks: Iterable[int], owner: Mapping[int, str]
) -> dict[str, Join]:
    """Return of each owner the merge of greatest distance that has joined tracks of theirs.

    Args:
        merges: The tree; what is at a distance of 0 was asked for.
        tracks: Of each of the tree's leaves, in order; `GONE` for one that isn't there any more.
        owner: Of tracks.
    """
    nodes: list[dict[str, list[int]]] = [  # whose tracks lie under each node, and which
        {owner[track]: [track]} if track in owner else {} for track in tracks
    ]
    found: dict[str, Join] = {}
    for merge in merges:
        fewer, more = sorted((nodes[merge.left], nodes[merge.right]), key=len)
        for who, own in fewer.items():
            theirs = more.get(who, [])
            small, large = sorted((own, theirs), key=len)
            if (
                small
                and merge.distance > 0
                and (who not in found or merge.distance >= found[who].distance)
            ):
                found[who] = Join(tuple(sorted(small)), merge.distance)
            large.extend(small)
            more[who] = large
        nodes.append(more)
    return found
