"""Photographs of people, `FOLDER/NAME/*.jpg`, to embeddings. Nobody is compared here."""

from __future__ import annotations

import logging
from pathlib import Path

import cv2
import numpy as np

from castlist.encoders import Encoder, embed, unit
from castlist.errors import CastlistError
from castlist.faces.align import align
from castlist.faces.detector import CenterFace
from castlist.faces.types import Floats, Ints
from castlist.film.types import Image
from castlist.hooks import Hook, silent

log = logging.getLogger(__name__)

SUFFIXES = frozenset({".jpg", ".jpeg", ".png", ".webp"})
RIVAL = 0.6
"""Width of another face, over that of the widest, from which it isn't clear who is meant."""


def read_photographs(
    folder: Path, encoder: Encoder, hook: Hook = silent
) -> tuple[list[str], Floats, Ints]:
    """Find and embed the face on each photograph.

    A photograph without a face, or with a second one about as large, is passed over with a
    warning.

    Args:
        folder: Holds a folder for each person, called by their name.
        encoder: The network.
        hook: Told of "photographs".

    Returns:
        K names, in order; the embeddings of the faces, (U, d), of length 1; and whose each is,
        (U,), 0 to K - 1, each at least once.

    Raises:
        CastlistError: There is no such folder, a photograph can't be read, or none shows a face.
    """
    if not folder.is_dir():
        raise CastlistError(f"{folder}: no such folder; name one that holds NAME/*.jpg")
    files = sorted(
        path for path in folder.glob("*/*") if path.suffix.lower() in SUFFIXES and path.is_file()
    )
    detector = CenterFace()
    crops: list[Image] = []
    people: list[str] = []
    for number, path in enumerate(files, start=1):
        crop = _face(path, detector)
        if crop is not None:
            crops.append(crop)
            people.append(path.parent.name)
        hook("photographs", number, len(files))
    if not crops:
        raise CastlistError(f"{folder}: no face in it; it wants photographs NAME/*.jpg")
    names, of = np.unique(people, return_inverse=True)
    embeddings, _ = unit(embed(encoder, np.stack(crops), mirrored=True))
    return names.tolist(), embeddings, of


def _face(path: Path, detector: CenterFace) -> Image | None:
    """Return the crop of the face that is meant, or None."""
    try:
        data = path.read_bytes()
    except OSError as error:
        raise CastlistError(f"{path}: can't be read ({error.strerror})") from error
    coded = np.frombuffer(data, np.uint8)
    picture = cv2.imdecode(coded, cv2.IMREAD_COLOR_RGB) if data else None
    if picture is None:
        raise CastlistError(f"{path}: isn't a picture; mend it or take it away")
    height, width = picture.shape[:2]
    size = detector.size_for(width, height)
    way = cv2.INTER_AREA if size[0] < width else cv2.INTER_LINEAR
    seen = np.asarray(cv2.resize(picture, size, interpolation=way), np.uint8)
    faces = detector(seen).scaled(np.array([width / size[0], height / size[1]], np.float32))
    if not len(faces):
        log.warning("%s: passed over: no face is found on it", path)
        return None
    widths = faces.boxes[:, 2] - faces.boxes[:, 0]
    order = np.argsort(-widths)
    if len(order) > 1 and widths[order[1]] >= RIVAL * widths[order[0]]:
        log.warning("%s: passed over: it shows several faces; cut out the one that is meant", path)
        return None
    return align(np.asarray(picture, np.uint8), faces.landmarks[order[0]])
