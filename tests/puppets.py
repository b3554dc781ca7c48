"""Films of coloured squares, and a detector and an encoder that take such squares for faces.

With them a whole run costs a second, and what has to come out is known.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path

import av
import cv2
import numpy as np
import pytest
from torch import Tensor

from castlist.encoders import Encoder
from castlist.faces.align import CROP_LANDMARKS, CROP_SIZE
from castlist.faces.types import Faces
from castlist.film.types import Image
from castlist.stages import adapting, scanning, tracking

WIDTH, HEIGHT, SIDE, RATE = 320, 180, 48, 24

COLOURS = {"red": (230, 40, 40), "green": (40, 230, 40), "blue": (40, 40, 230)}


@dataclass(frozen=True)
class Scene:
    """One shot.

    Attributes:
        frames: How many.
        people: By colour: first and last frame in the shot, and x at either.
    """

    frames: int
    people: Mapping[str, tuple[int, int, int, int]]


STORY = (
    Scene(24, {"red": (0, 23, 20, 30), "blue": (6, 23, 200, 180)}),
    Scene(15, {}),
    Scene(24, {"red": (0, 23, 100, 100), "green": (5, 18, 220, 240)}),
)
"""Red is there twice, blue and green once; four tracks."""
TO_CORRECT = (
    Scene(24, {"red": (0, 23, 50, 50), "blue": (6, 23, 200, 60)}),
    Scene(24, {"red": (0, 23, 60, 50)}),
    Scene(24, {"red": (0, 23, 70, 60), "green": (5, 18, 220, 90)}),
)
"""Red is there thrice, in tracks 0, 2 and 3; blue in track 1 and green in 4. For corrections."""


def film_of(path: Path, story: Sequence[Scene] = STORY) -> Path:
    """Write a film; each shot has a background of its own."""
    with av.open(str(path), "w") as container:
        stream = container.add_stream("libx264", rate=RATE, options={"crf": "12"})
        stream.width, stream.height, stream.pix_fmt = WIDTH, HEIGHT, "yuv420p"
        for number, scene in enumerate(story):
            background = _background(number)
            for index in range(scene.frames):
                picture = background.copy()
                for colour, (first, last, x1, x2) in scene.people.items():
                    if first <= index <= last:
                        part = (index - first) / max(1, last - first)
                        x = round(x1 + (x2 - x1) * part)
                        picture[60 : 60 + SIDE, x : x + SIDE] = _square(colour)
                container.mux(stream.encode(av.VideoFrame.from_ndarray(picture)))
        container.mux(stream.encode())
    return path


def _background(number: int) -> Image:
    coarse = np.random.default_rng(number).integers(20, 120, (6, 10), np.uint8)
    grey = cv2.resize(coarse, (WIDTH, HEIGHT), interpolation=cv2.INTER_NEAREST)
    return np.repeat(grey[..., None], 3, axis=2)


def _square(colour: str) -> Image:
    """A square with a pattern, so that it isn't blurred."""
    y, x = np.mgrid[:SIDE, :SIDE] // 6
    light = np.where((x + y) % 2, 1.0, 0.6)
    return (light[..., None] * COLOURS[colour]).astype(np.uint8)


class PuppetDetector:
    """Finds squares by their colours, one of each at most."""

    def __init__(self, *, threads: int) -> None:
        assert threads >= 1

    def size_for(self, width: float, height: float) -> tuple[int, int]:
        return round(width), round(height)

    def __call__(self, picture: Image) -> Faces:
        boxes = []
        for colour in np.array(list(COLOURS.values())):
            strong = picture[..., colour > 100].min(axis=2) > 130
            weak = picture[..., colour < 100].max(axis=2) < 100
            y, x = np.nonzero(strong & weak)
            if len(x) > SIDE * SIDE // 2:
                boxes.append([x.min(), y.min(), x.max() + 1, y.max() + 1])
        found = np.array(boxes, np.float32).reshape(-1, 4)
        extent = found[:, None, 2:] - found[:, None, :2]
        points = found[:, None, :2] + CROP_LANDMARKS / CROP_SIZE * extent
        return Faces(found, np.full(len(found), 0.9, np.float32), points.astype(np.float32))


class PuppetEncoder(Encoder):
    """The mean colour without its grey: squares of different colours are nothing alike."""

    def __init__(self) -> None:
        super().__init__(name="puppet", dim=3, mean=0, scale=255)

    def embed_chips(self, chips: Tensor) -> Tensor:
        colour = chips.mean(dim=(2, 3))
        return colour - colour.mean(dim=1, keepdim=True)


def play(patch: pytest.MonkeyPatch) -> None:
    """Have runs take squares for faces."""
    patch.setattr(scanning, "CenterFace", PuppetDetector)
    for stage in (tracking, adapting):
        patch.setattr(stage, "load", lambda name, device: PuppetEncoder())
