"""Films with their truth beside them. Formats are known to `datasets`; scored elsewhere."""

from __future__ import annotations

from dataclasses import dataclass
from pathlib import Path

from castlist.errors import CastlistError
from castlist.faces.types import Floats, Ints

VERSION = 1
"""Of the form, `castlist_truth` in a file; older files have none. See `validate`."""

ENDING = ".truth.json"
"""What a film's truth is called, after the film's name."""

NOT_SCORED = frozenset({"nonface", "mixed", "unsure"})
"""Identities of tracks that aren't scored: no face, two people, or nobody knows who."""


@dataclass(frozen=True)
class TrueTrack:
    """A labelled track.

    Attributes:
        identity: Who it is.
        frames: Shape (n,), ascending.
        boxes: Shape (n, 4): x1, y1, x2, y2 in pixels of the film as shown.
        id: Its number in castlist's own form, by which whoever labels knows it; None elsewhere.
    """

    identity: str
    frames: Ints
    boxes: Floats
    id: int | None = None

    @property
    def scored(self) -> bool:
        """Whether the track counts."""
        return self.identity not in NOT_SCORED


@dataclass(frozen=True)
class Truth:
    """A film and its labelled tracks.

    Attributes:
        film: The film, which needn't be there.
        tracks: The tracks.
        sha256: Of the film, if the file tells.
    """

    film: Path
    tracks: list[TrueTrack]
    sha256: str | None = None

    def same_film(self, other: Truth) -> bool:
        """Tell whether another truth is of this film: by the hash if both tell, else by name."""
        if self.sha256 and other.sha256:
            return self.sha256 == other.sha256
        return self.film.name == other.film.name


def read_truth(path: Path) -> Truth:
    """Read a film's truth: `NAME.truth.json`, or another format that `datasets.registry` knows.

    Raises:
        CastlistError: The file isn't of its form, or its film isn't beside it.
    """
    from castlist.benchmark.datasets import registry  # whose readers know the types above

    return registry.read(path)


def find_truths(folder: Path) -> list[Truth]:
    """Read all truths of a folder, one a film, in order of name.

    Raises:
        CastlistError: There are none.
    """
    from castlist.benchmark.datasets import registry

    truths = [read_truth(path) for path in registry.find(folder)]
    if not truths:
        raise CastlistError(f"{folder}: no films with truth (NAME.truth.json) in it")
    return truths
