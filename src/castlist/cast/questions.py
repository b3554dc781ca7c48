"""The questions that a workspace has for its user, worked out from its embeddings and corrections.

What is asked, and in which order, is `cast.suggest`'s; here tracks and clusters become characters.
"""

from __future__ import annotations

from dataclasses import dataclass
from pathlib import Path

import numpy as np

from castlist import models
from castlist.cast.parts import cut_crops
from castlist.cast.replay import decisions
from castlist.cast.suggest import Asked, suggest
from castlist.cast.types import Cast
from castlist.cluster.average import Strangers, moved, track_means
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
    run = Tracks.load(folder / "tracks.parquet")
    corrections = decisions(folder, run)
    crops = cut_crops(Crops.load(folder / "crops.parquet"), len(run), corrections.cuts)
    if not len(crops):
        return []
    embeddings = load_embeddings(folder / "embeddings.safetensors")
    number, track = np.unique(crops.track, return_inverse=True)  # tracks that have crops
    means, before = (track_means(embeddings[name], track) for name in ("adapted", "base"))
    names = {character.id: place for place, character in enumerate(cast.characters)}
    label = {entry.id: names.get(entry.character or "", -1) for entry in cast.tracks}
    left_out = {*cast.no_faces}
    kept = np.array([n not in left_out for n in number.tolist()], bool)
    number, means, before = number[kept], means[kept], before[kept]
    place = {int(n): row for row, n in enumerate(number)}
    _, cannot = corrections.links(corrections.tracks.co_occurring())
    strangers = Strangers(*models.model(cast.settings["encoder"]).strangers)
    found = suggest(
        means,
        np.array([label[n] for n in number.tolist()], np.int64),
        moved(strangers, before, means),
        apart=[(place[a], place[b]) for a, b in cannot.tolist() if a in place and b in place],
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
