"""The tracks' crops: their pictures, and embedding them. Nothing is chosen."""

from __future__ import annotations

import shutil
from collections.abc import Callable
from pathlib import Path

import numpy as np
from numpy.typing import NDArray

from castlist.encoders import Encoder, embed
from castlist.faces import store
from castlist.faces.align import CROP_SIZE
from castlist.faces.types import Detections, Floats, Ints
from castlist.film.types import Image
from castlist.hooks import Hook, silent
from castlist.tables import unreadable
from castlist.tracks.types import Crops, crop_file

CROP_SHAPE = (CROP_SIZE, CROP_SIZE, 3)
BATCH = 256
"""Crops decoded at once, so that a film's crops never lie in memory together."""


def embed_faces(
    detections: Path, encoder: Encoder, hook: Hook = silent
) -> Callable[[Ints], Floats]:
    """Return the function that embeds faces by their rows in `detections.parquet`: raw.

    The hook is told of "tracks", crops done, crops asked for: in all calls so far.
    """
    before = 0

    def embed_rows(rows: Ints) -> Floats:
        nonlocal before
        found = np.zeros((len(rows), encoder.dim), np.float32)
        done = 0
        waiting: list[NDArray[np.uint8]] = []
        for _, jpeg in store.read_crops(detections, rows):
            try:
                waiting.append(store.decode(jpeg))
            except ValueError as error:
                raise unreadable(detections, "scan") from error
            if len(waiting) == BATCH or done + len(waiting) == len(rows):
                found[done : done + len(waiting)] = embed(encoder, np.stack(waiting), mirrored=True)
                done += len(waiting)
                waiting = []
                hook("tracks", before + done, before + len(rows))
        before += done
        return found

    return embed_rows


def save_crops(
    detections: Path, faces: Detections, track: Ints, row: Ints, strength: Floats, folder: Path
) -> Crops:
    """Write the sampled faces' pictures to `folder`/crops, in place of what is there.

    Args:
        detections: `detections.parquet`, which holds all pictures.
        faces: What it says of the faces.
        track: Shape (N,): track of each sampled face.
        row: Shape (N,): its row among the faces.
        strength: Shape (N,): length of its raw embedding.
        folder: The workspace.
    """
    files = np.array(
        [crop_file(t, f) for t, f in zip(track, faces.frame[row], strict=True)], np.str_
    )
    name_of = dict(zip(row.tolist(), files, strict=True))
    fresh, target = folder / "crops.new", folder / "crops"
    shutil.rmtree(fresh, ignore_errors=True)
    fresh.mkdir()
    for number, jpeg in store.read_crops(detections, row):
        (fresh / Path(name_of[number]).name).write_bytes(jpeg)
    shutil.rmtree(target, ignore_errors=True)
    fresh.rename(target)
    return Crops(track, faces.frame[row], faces.pts[row], faces.quality[row], strength, files)


class CropPictures:
    """The crops' pictures, decoded when they are asked for, so that few are in memory at a time.

    Args:
        folder: The workspace.
        crops: The crops' table.
    """

    def __init__(self, folder: Path, crops: Crops) -> None:
        self._files = [folder / file for file in crops.file]

    def __len__(self) -> int:
        return len(self._files)

    def __getitem__(self, rows: slice | Ints) -> Image:
        """Return the crops of these rows, (n, 192, 192, 3).

        Raises:
            WorkspaceError: The picture of one is missing or damaged.
        """
        pictures = [_picture(self._files[row]) for row in np.arange(len(self))[rows]]
        return np.stack(pictures) if pictures else np.zeros((0, *CROP_SHAPE), np.uint8)


def _picture(file: Path) -> Image:
    try:
        return store.decode(file.read_bytes())
    except (OSError, ValueError) as error:
        raise unreadable(file, "tracks") from error
