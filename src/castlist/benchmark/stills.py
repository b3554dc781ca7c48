"""Labelled still faces, and how one is filmed: turned, lit, blurred, covered, compressed.

A photograph is turned as a plane, so no profile is ever seen. Everything random comes from the
generator that is handed over. Nothing is written here, and what a film is made of isn't known.
"""

from __future__ import annotations

import hashlib
import logging
from dataclasses import dataclass
from pathlib import Path

import cv2
import numpy as np
from numpy.typing import NDArray

from castlist.errors import CastlistError
from castlist.faces.detector import CenterFace
from castlist.faces.types import Floats
from castlist.film.types import Image
from castlist.hooks import Hook, silent

log = logging.getLogger(__name__)

SUFFIXES = frozenset({".jpg", ".jpeg", ".png", ".pgm"})
WIDE = 2.2  # sides of the face's box that a wide crop shows
SIDES = (320, 160, 80)  # of a still's wide crop; the smallest that is large enough is filmed
FOCAL = 2.0  # of the camera, in sides of the wide crop: how strong perspective is

Doubles = NDArray[np.float64]


@dataclass(frozen=True)
class Still:
    """One photograph of a face, cut wide around it.

    Attributes:
        file: Its path, relative to the folder of all stills.
        sha256: Of the file.
        sizes: The wide crop at each of `SIDES`, square, RGB.
    """

    file: str
    sha256: str
    sizes: tuple[Image, ...]


def read_stills(folder: Path, hook: Hook = silent) -> dict[str, list[Still]]:
    """Read the photographs `FOLDER/PERSON/*.jpg` (also .png and .pgm) that show a face.

    Of several faces on one photograph the largest is taken. One without a face is passed over.

    Args:
        folder: Holds a folder for each person, which is called by the label that they are to have.
        hook: Told of "stills".

    Returns:
        The stills of each person who has any, in order of name.

    Raises:
        CastlistError: There is no such folder, none of its photographs shows a face, or one can't
            be read.
    """
    if not folder.is_dir():
        raise CastlistError(f"{folder}: no such folder; name one that holds PERSON/*.jpg")
    files = sorted(
        path for path in folder.glob("*/*") if path.suffix.lower() in SUFFIXES and path.is_file()
    )
    detector = CenterFace()
    found: dict[str, list[Still]] = {}
    for number, path in enumerate(files, start=1):
        data = path.read_bytes()
        coded = np.frombuffer(data, np.uint8)
        picture = cv2.imdecode(coded, cv2.IMREAD_COLOR_RGB) if data else None
        if picture is None:
            raise CastlistError(f"{path}: isn't a picture; mend it or take it away")
        box = _largest(detector, np.asarray(picture, np.uint8))
        if box is None:
            log.warning("%s: passed over: no face is found on it", path)
        else:
            name = path.relative_to(folder).as_posix()
            wide = _wide(np.asarray(picture, np.uint8), box)
            sizes = tuple(_resized(wide, side) for side in SIDES)
            still = Still(name, hashlib.sha256(data).hexdigest(), sizes)
            found.setdefault(path.parent.name, []).append(still)
        hook("stills", number, len(files))
    if not found:
        raise CastlistError(f"{folder}: no face in it; it wants photographs PERSON/*.jpg")
    return found


@dataclass(frozen=True)
class Pose:
    """How a face stands to the camera.

    Attributes:
        yaw: Turn to the side, in degrees.
        pitch: Turn up or down, in degrees.
        roll: Turn in the picture, in degrees.
        zoom: Size, 1 where the wide crop shows `WIDE` sides of the face's box.
        shift: Shape (2,): shift in sides of the wide crop.
    """

    yaw: float
    pitch: float
    roll: float
    zoom: float
    shift: Doubles

    def homography(self, source: int, target: int) -> Doubles:
        """Return the map from a square of one side to one of another, (3, 3).

        The square is a plane that is turned about its middle and seen by a pinhole camera: a
        homography K [r1 r2 t], Hartley and Zisserman, Multiple View Geometry, 8.1.1.
        """
        yaw, pitch, roll = np.radians([self.yaw, self.pitch, self.roll])
        y = np.array([[np.cos(yaw), 0, np.sin(yaw)], [0, 1, 0], [-np.sin(yaw), 0, np.cos(yaw)]])
        x = [[1, 0, 0], [0, np.cos(pitch), -np.sin(pitch)], [0, np.sin(pitch), np.cos(pitch)]]
        z = [[np.cos(roll), -np.sin(roll), 0], [np.sin(roll), np.cos(roll), 0], [0, 0, 1]]
        plane = (np.array(z) @ np.array(x) @ y)[:, :2] * self.zoom
        view = np.column_stack([plane, [*self.shift, FOCAL]])
        camera = np.array(
            [[FOCAL * target, 0, target / 2], [0, FOCAL * target, target / 2], [0, 0, 1]]
        )
        inward = np.array([[1 / source, 0, -0.5], [0, 1 / source, -0.5], [0, 0, 1]])
        return np.asarray(camera @ view @ inward, np.float64)


@dataclass(frozen=True)
class Look:
    """Light and quality of a shot.

    Attributes:
        gain: Shape (3,): how bright red, green and blue are; 1 leaves them.
        gamma: Above 1 darkens what lies between black and white.
        side: Shape (2,): light from one side: the gain rises by so much to the right and down.
        blur: Standard deviation of the blur, in pixels of a crop of 200.
        noise: Standard deviation of the noise, 0 to 255.
        jpeg: Quality of the compression, 1 to 100.
    """

    gain: Doubles
    gamma: float
    side: Doubles
    blur: float
    noise: float
    jpeg: int


@dataclass(frozen=True)
class Cover:
    """Something before a face: a bar that comes in from an edge.

    Attributes:
        angle: Where it comes from, in degrees.
        depth: How far from the middle it ends, in sides of the wide crop.
        colour: Shape (3,): RGB.
    """

    angle: float
    depth: float
    colour: Doubles


def film(
    still: Still, side: int, pose: Pose, look: Look, cover: Cover | None, rng: np.random.Generator
) -> bytes:
    """Return a still as it is filmed: a JPEG of a wide crop, `side` by `side` pixels."""
    source = next((s for s in reversed(still.sizes) if len(s) >= side), still.sizes[0])
    seen = cv2.warpPerspective(
        source,
        pose.homography(len(source), side),
        (side, side),
        flags=cv2.INTER_LINEAR,
        borderMode=cv2.BORDER_REPLICATE,
    )
    across = np.linspace(-0.5, 0.5, side)
    shown: Floats = np.asarray(seen, np.float32)
    if cover:
        angle = np.radians(cover.angle)
        along = across * np.cos(angle) + across[:, None] * np.sin(angle)
        bar = (along > cover.depth) & (
            abs(across * np.sin(angle) - across[:, None] * np.cos(angle)) < 0.3
        )
        shown[bar] = cover.colour
    light = 1 + across * look.side[0] + across[:, None] * look.side[1]
    shown = np.asarray(255 * (shown / 255) ** look.gamma, np.float32)
    shown *= (light[..., None] * look.gain).astype(np.float32)
    if (blur := look.blur * side / 200) > 0.2:
        shown = np.asarray(cv2.GaussianBlur(shown, (0, 0), blur), np.float32)
    shown += look.noise * rng.standard_normal(shown.shape, np.float32)
    coded = np.clip(np.rint(shown), 0, 255).astype(np.uint8)
    done, jpeg = cv2.imencode(".jpg", coded[..., ::-1], [cv2.IMWRITE_JPEG_QUALITY, look.jpeg])
    assert done, "a picture of known size can be coded"
    return jpeg.tobytes()


def _largest(detector: CenterFace, picture: Image) -> Floats | None:
    """Return the box of the largest face, (4,)."""
    height, width = picture.shape[:2]
    size = detector.size_for(width, height)
    way = cv2.INTER_AREA if size[0] < width else cv2.INTER_LINEAR
    faces = detector(np.asarray(cv2.resize(picture, size, interpolation=way), np.uint8))
    if not len(faces.boxes):
        return None
    boxes = faces.boxes * np.tile(np.array([width / size[0], height / size[1]], np.float32), 2)
    largest: Floats = boxes[int(np.prod(boxes[:, 2:] - boxes[:, :2], axis=1).argmax())]
    return largest


def _wide(picture: Image, box: Floats) -> Image:
    """Return the square of `WIDE` box sides around a face; the border is continued outwards."""
    middle, reach = (box[:2] + box[2:]) / 2, WIDE * float((box[2:] - box[:2]).max()) / 2
    side = SIDES[0]
    shrink = min(1.0, side / reach)  # to twice the side at most, so that nothing is left out
    small = _scaled(picture, shrink)
    scale = side / (2 * reach * shrink)
    corner = (middle - reach) * shrink
    matrix = np.array([[scale, 0, -corner[0] * scale], [0, scale, -corner[1] * scale]])
    wide = cv2.warpAffine(
        small, matrix, (side, side), flags=cv2.INTER_LINEAR, borderMode=cv2.BORDER_REPLICATE
    )
    return np.asarray(wide, np.uint8)


def _scaled(picture: Image, scale: float) -> Image:
    if scale == 1:
        return picture
    return np.asarray(
        cv2.resize(picture, None, fx=scale, fy=scale, interpolation=cv2.INTER_AREA), np.uint8
    )


def _resized(picture: Image, side: int) -> Image:
    return np.asarray(cv2.resize(picture, (side, side), interpolation=cv2.INTER_AREA), np.uint8)
