"""The questions that a workspace has for its user, worked out from its embeddings and corrections.

What is asked, and in which order, is `cast.suggest`'s; here tracks and clusters become characters.
"""

from __future__ import annotations

from dataclasses import dataclass
from functools import lru_cache
from pathlib import Path

import numpy as np

from castlist import models
from castlist.cast.parts import Cut, cut_crops
from castlist.cast.replay import decisions
from castlist.cast.suggest import Asked, suggest
from castlist.cast.types import Cast
from castlist.cluster.likeness import Strangers, moved, together, track_means
from castlist.faces.types import Floats, Ints
from castlist.tracks.embeddings import load_embeddings
from castlist.tracks.types import Crops, Tracks


@dataclass(frozen=True)
class Question:
    """A question to the user.

    Attributes:
        asked: "same" or "elsewhere".
        character: The smaller of two characters; or to whom the track would belong, None for
            somebody who isn't in the cast yet.
        other: The larger one; or whose track it is now, None for an unknown one.
        track: The track, or None.
        likely: How likely the answer is yes, 0 to 1.
    """

    asked: Asked
    character: str | None
    other: str | None
    track: int | None
    likely: float


def questions(folder: Path, *, most: int = 50) -> list[Question]:
    """Return what is worth asking, what mends most first.

    Args:
        folder: A finished workspace.
        most: Questions to return.

    Raises:
        WorkspaceError: A file is missing or damaged.
    """
    cast = Cast.load(folder / "cast.json")
    if not cast.tracks:
        return []
    corrections = decisions(folder, Tracks.load(folder / "tracks.parquet"))
    number, means, strangers = _looks(
        folder,
        _changed(folder / "embeddings.safetensors"),
        str(cast.settings["encoder"]),
        tuple(corrections.cuts),
        tuple(cast.no_faces),
    )
    names = {character.id: place for place, character in enumerate(cast.characters)}
    label = {entry.id: names.get(entry.character or "", -1) for entry in cast.tracks}
    place = {int(n): row for row, n in enumerate(number)}
    _, cannot = corrections.links(np.zeros((0, 2), np.int64))
    sharing = corrections.tracks.co_occurring()
    found = suggest(
        means,
        np.array([label[n] for n in number.tolist()], np.int64),
        strangers,
        apart=_pairs(cannot, place),
        sharing=_pairs(sharing, place),
        sure=[place[n] for n in corrections.sure if n in place],
        most=most,
    )
    ids = [character.id for character in cast.characters]
    owner = {entry.id: entry.character for entry in cast.tracks}
    return [
        Question(
            asked=one.asked,
            character=ids[one.cluster] if one.cluster >= 0 else None,
            other=ids[one.other] if one.track < 0 else owner[int(number[one.track])],
            track=int(number[one.track]) if one.track >= 0 else None,
            likely=round(one.likely, 3),
        )
        for one in found
    ]


def _pairs(pairs: Ints, place: dict[int, int]) -> list[tuple[int, int]]:
    """Return pairs of tracks by their rows; those without crops are left out."""
    return [(place[a], place[b]) for a, b in pairs.tolist() if a in place and b in place]


def _changed(path: Path) -> int:
    """Return when a file was written last; 0 where there is none."""
    return path.stat().st_mtime_ns if path.exists() else 0


@lru_cache(maxsize=1)
def _looks(
    folder: Path, changed: int, encoder: str, cuts: tuple[Cut, ...], no_faces: tuple[int, ...]
) -> tuple[Ints, Floats, Strangers]:
    """Return what tracks look like, which most corrections don't change.

    Args:
        folder: The workspace.
        changed: When its embeddings were written: those of another time are others.
        encoder: The network that made them.
        cuts: Where the user has cut tracks.
        no_faces: Tracks that are left out.

    Returns:
        Numbers of the tracks that have crops (T,), their mean embeddings (T, d), and how alike
        strangers are by these.
    """
    run = Tracks.load(folder / "tracks.parquet")
    crops = cut_crops(Crops.load(folder / "crops.parquet"), len(run), cuts)
    embeddings = load_embeddings(folder / "embeddings.safetensors")
    kept = ~np.isin(crops.track, no_faces)
    number, track = np.unique(crops.track[kept], return_inverse=True)
    base = embeddings["base"][kept]
    before = track_means(base, track)
    means = track_means(together(base, embeddings["adapted"][kept]), track)
    strangers = Strangers(*models.strangers(encoder))
    return number, means, moved(strangers, before, means)
