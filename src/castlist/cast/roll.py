"""The characters of a finished workspace as its network sees them. Nobody is compared here.

The network is taken as it came, before it was adapted to the film: only so are films, and
photographs, alike to it.
"""

from __future__ import annotations

from dataclasses import dataclass
from pathlib import Path

import numpy as np

from castlist import models
from castlist.cast.parts import cut_crops, cut_tracks, cuts_of
from castlist.cast.types import Cast, Character
from castlist.cluster.likeness import Strangers, track_means
from castlist.faces.types import Doubles, Floats, Ints
from castlist.tracks.embeddings import load_embeddings
from castlist.tracks.sums import sum_by
from castlist.tracks.types import Crops, Tracks


@dataclass(frozen=True)
class Roll:
    """The characters of a workspace that are seen on a crop, hidden ones included; C of them.

    Attributes:
        folder: The workspace.
        encoder: Name of the network.
        characters: The characters.
        means: Shape (T, d): mean embedding of each of their tracks, of length 1.
        owner: Shape (T,): whose track it is, 0 to C - 1.
        meetings: Pairs of characters that are on screen at once, the lower number first.
    """

    folder: Path
    encoder: str
    characters: list[Character]
    means: Floats
    owner: Ints
    meetings: set[tuple[int, int]]

    @property
    def strangers(self) -> Strangers:
        """How alike the network finds tracks of two people."""
        return Strangers(*models.strangers(self.encoder))

    @staticmethod
    def read(folder: Path) -> Roll:
        """Read a finished workspace.

        Raises:
            WorkspaceError: A file is missing or damaged.
        """
        cast, run = Cast.load(folder / "cast.json"), Tracks.load(folder / "tracks.parquet")
        cuts = cuts_of(cast)
        crops = cut_crops(Crops.load(folder / "crops.parquet"), len(run), cuts)
        embeddings = load_embeddings(folder / "embeddings.safetensors")["base"]
        number, track = np.unique(crops.track, return_inverse=True)  # tracks that have crops
        seen = set(number.tolist())
        characters = [one for one in cast.characters if seen.intersection(one.tracks)]
        of = {track: n for n, one in enumerate(characters) for track in one.tracks}
        owner = np.array([of.get(n, -1) for n in number.tolist()], np.int64)
        shared = cut_tracks(run, cuts).co_occurring().tolist()
        meetings = {(of[a], of[b]) for a, b in shared if a in of and b in of and of[a] != of[b]}
        return Roll(
            folder,
            str(cast.settings["encoder"]),
            characters,
            track_means(embeddings, track)[owner >= 0],
            owner[owner >= 0],
            {(min(pair), max(pair)) for pair in meetings},
        )


def likeness(means: Floats, owner: Ints, others: Floats, of: Ints) -> Doubles:
    """Return how alike people are to others: the mean cosine of their tracks, (C, K).

    Args:
        means: Shape (T, d): tracks of C people.
        owner: Shape (T,): whose each is.
        others: Shape (U, d): tracks, or photographs, of K others.
        of: Shape (U,): whose each is.
    """
    a, b = (
        sum_by(rows, own, len(count)) / count[:, None]
        for rows, own, count in ((means, owner, np.bincount(owner)), (others, of, np.bincount(of)))
    )
    return np.asarray(a @ b.T)
