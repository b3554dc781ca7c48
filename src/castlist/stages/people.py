"""The tracks as the user has cut them, and what is sure of who they are, for the stages to come."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Self

import numpy as np

from castlist.cast.parts import cut_crops
from castlist.cast.replay import decisions
from castlist.faces.types import Ints
from castlist.settings import Settings
from castlist.tracks.types import Crops, Tracks
from castlist.workspace import Workspace


@dataclass(frozen=True)
class People:
    """The tracks as the user has cut them, and what is sure of who they are.

    Attributes:
        track: Shape (N,): of each crop, the track numbered among those that have crops, 0 to T - 1.
        number: Shape (T,): the numbers of these among all tracks.
        tracks: All tracks, parts that the user cut off included.
        parts: Those parts.
        must_link: Pairs of tracks that are one person, (M, 2).
        cannot_link: Pairs that are two, (P, 2).
    """

    track: Ints
    number: Ints
    tracks: Tracks
    parts: list[tuple[int, int]]
    must_link: Ints
    cannot_link: Ints

    @classmethod
    def of(
        cls, workspace: Workspace, crops: Crops, choice: Settings, *, names: bool = True
    ) -> Self:
        """Read them from a workspace.

        Args:
            workspace: The film's.
            crops: Its tracks' crops.
            choice: Whether shared frames keep tracks apart.
            names: Whether two names do.
        """
        tracks = Tracks.load(workspace.tracks)
        corrections = decisions(workspace.folder, tracks)
        cut = cut_crops(crops, len(tracks), corrections.cuts)
        number, track = np.unique(cut.track, return_inverse=True)
        sharing = corrections.tracks.co_occurring()
        links = (
            np.searchsorted(number, pairs[np.isin(pairs, number).all(axis=1)])
            for pairs in corrections.links(
                sharing if choice.cannot_link else sharing[:0], names=names
            )
        )
        return cls(track, number, corrections.tracks, corrections.parts, *links)
