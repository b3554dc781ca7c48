"""A small camera and optical printer: layers moved over a stage, graded, one frame after another.

Everything is laid out on a stage of 854 x 480 points whatever the size of the film. What is on
the layers is no concern of this file; it says where the faces went, by the same geometry.
"""

from __future__ import annotations

from collections.abc import Callable, Iterator
from dataclasses import dataclass, replace
from typing import Any

import cv2
import numpy as np
from numpy.typing import NDArray
from sample_pictures import Box, Image

WIDTH, HEIGHT = 854, 480
"""The stage, in points."""

FRAME_RATE = 24

Floats = NDArray[np.float32]
Span = tuple[float, float]
"""A value at the shot's start and at its end."""


@dataclass(frozen=True)
class Pose:
    """How a layer lies on the stage: its anchor at (x, y) points, scaled, turned, leaning.

    ``lean`` brings its right side nearer (positive) or farther, per 1000 points.
    """

    x: float = WIDTH / 2
    y: float = HEIGHT / 2
    scale: float = 1
    angle: float = 0
    lean: float = 0


@dataclass(frozen=True)
class Face:
    """A face on a layer, in pixels of its image."""

    identity: str
    box: Box


def smooth(t: float) -> float:
    """Start and stop gently."""
    return t * t * (3 - 2 * t)


def arrive(t: float) -> float:
    """Start at full speed, stop gently."""
    return 1 - (1 - t) ** 2


def steady(t: float) -> float:
    """Move at one speed."""
    return t


@dataclass(frozen=True)
class Layer:
    """A picture that moves.

    Attributes:
        image: What it shows.
        start: Where it is first.
        end: Where it is last; ``start`` if None.
        anchor: The pixel that the poses place; the middle if None.
        alpha: Opacity of each pixel, (h, w); if None, opaque, and its edges go on for ever.
        clip: Opacity of each point of the stage, (480, 854): a window that doesn't move.
        faces: Who is on it.
        pace: How time turns into way.
        shake: Points by which the hand that holds the camera trembles.
        turn: How far heads turn to a side, as a part of the face's width.
        blur: Defocus, in points.
        light: Brightness.
    """

    image: Image
    start: Pose = Pose()
    end: Pose | None = None
    anchor: tuple[float, float] | None = None
    alpha: Floats | None = None
    clip: Floats | None = None
    faces: tuple[Face, ...] = ()
    pace: Callable[[float], float] = smooth
    shake: float = 0
    turn: float = 0
    blur: Span = (0, 0)
    light: Span = (1, 1)


@dataclass(frozen=True)
class Look:
    """The film stock, the lamps and the printing of a shot.

    Attributes:
        tint: Red, green and blue of a white; with ``mono`` the colour of the toned film.
        mono: Whether the stock knows no colours.
        warmth: How much red gains and blue loses.
        side: How much brighter the right edge is than the middle.
        contrast: Slope around the mid grey.
        grain: Standard deviation of the grain, of 255.
        flicker: Standard deviation of the lamp.
        vignette: Light that the corners lose.
        weave: Points by which the film jumps in the gate.
        quality: JPEG quality that the picture goes through; None for none.
    """

    tint: tuple[float, float, float] = (1, 1, 1)
    mono: bool = False
    warmth: Span = (0, 0)
    side: Span = (0, 0)
    contrast: float = 1
    grain: float = 3
    flicker: float = 0
    vignette: float = 0.15
    weave: float = 0
    quality: int | None = None


@dataclass(frozen=True)
class Shot:
    """One shot; ``iris`` is the radius of a round mask, ``fade`` the seconds from and to black."""

    name: str
    seconds: float
    layers: tuple[Layer, ...]
    look: Look
    iris: Span | None = None
    fade: Span = (0, 0)

    @property
    def frames(self) -> int:
        """Number of frames."""
        return max(2, round(self.seconds * FRAME_RATE))


@dataclass(frozen=True)
class Sighting:
    """A face in a frame: its box in pixels, cut at the edge, and how much of it can be seen."""

    identity: str
    box: Box
    visible: float


def render(shot: Shot, height: int, seed: list[int]) -> Iterator[tuple[Image, list[Sighting]]]:
    """Render a shot's frames at ``height`` lines; the seed settles grain, flicker and trembling."""
    zoom = height / HEIGHT
    rng = np.random.default_rng(seed)
    size = (even(WIDTH * zoom), height)
    noise, radius = _grain(rng, size), _radius(size)
    vignette = (1 - shot.look.vignette * (radius / 490) ** 2).astype(np.float32)
    tremor = rng.uniform(0, 2 * np.pi, (len(shot.layers), 3))
    for index in range(shot.frames):
        t = index / (shot.frames - 1)
        stage = _scaling(zoom) @ _shift(*rng.normal(0, shot.look.weave, 2))
        frame = np.zeros((size[1], size[0], 3), np.uint8)
        seen: list[Sighting] = []
        for layer, phase in zip(shot.layers, tremor, strict=True):
            frame, cover, faces = _lay(frame, layer, stage, index, shot.frames, phase)
            seen = [_dimmed(face, 1 - cover) for face in seen] + faces
        mask = _mask(shot, t, index, radius)
        grain = noise[rng.integers(len(noise))] * np.float32(shot.look.grain * np.sqrt(zoom))
        image = _print(frame, shot.look, t, mask * vignette, grain, rng)
        yield image, [_dimmed(face, mask) for face in seen]


def even(value: float) -> int:
    """The nearest even whole number: video is coded in pairs of pixels."""
    return 2 * round(value / 2)


def _lay(
    frame: Image, layer: Layer, stage: Floats, index: int, frames: int, phase: Floats
) -> tuple[Image, Floats, list[Sighting]]:
    """Put one layer on the frame.

    Returns:
        The frame, how much of each pixel the layer covers, and the layer's faces.
    """
    size = (frame.shape[1], frame.shape[0])
    t, later = index / (frames - 1), min(1.0, (index + 1) / (frames - 1))
    matrix = stage @ _place(layer, t, index, phase)
    beyond = cv2.BORDER_REPLICATE if layer.alpha is None else cv2.BORDER_CONSTANT
    image = cv2.warpPerspective(layer.image, matrix, size, borderMode=beyond).astype(np.uint8)
    boxes = [_outline(face.box, matrix) for face in layer.faces]
    if layer.turn:
        boxes = [_turn(image, box, layer.turn, index, phase + n) for n, box in enumerate(boxes)]
    cover = np.ones((size[1], size[0]), np.float32)
    if layer.alpha is not None:
        cover = _warp(layer.alpha, matrix, size)
    if layer.clip is not None:
        cover = cover * _warp(layer.clip, stage, size)

    sigma = _between(layer.blur, t) * stage[1, 1]
    kernel = _shutter(stage @ _place(layer, later, index, phase), matrix, _anchor(layer))
    image = _soften(image, sigma, kernel)
    light = _between(layer.light, t)
    if light != 1:
        image = np.clip(image * np.float32(light), 0, 255).astype(np.uint8)
    if layer.alpha is not None or layer.clip is not None:
        cover = _soften(cover, sigma, kernel)
        image = cv2.blendLinear(image, frame, cover, 1 - cover).astype(np.uint8)

    faces = []
    for face, whole in zip(layer.faces, boxes, strict=True):
        box = _cut(whole, size)
        if box is not None:
            inside = Sighting(face.identity, box, _area(box) / _area(whole))
            faces.append(_dimmed(inside, cover))
    return image, cover, faces


def _dimmed(face: Sighting, light: Floats) -> Sighting:
    """The same face where only ``light`` of each pixel comes through."""
    x1, y1, x2, y2 = (int(side) for side in face.box)
    through = float(light[y1 : y2 + 1, x1 : x2 + 1].mean())
    return replace(face, visible=face.visible * through)


def _warp(alpha: Floats, matrix: Floats, size: tuple[int, int]) -> Floats:
    return cv2.warpPerspective(alpha, matrix, size).astype(np.float32)


def _between(span: Span, t: float) -> float:
    return span[0] + (span[1] - span[0]) * t


def _anchor(layer: Layer) -> tuple[float, float]:
    height, width = layer.image.shape[:2]
    return layer.anchor or (width / 2, height / 2)


def _place(layer: Layer, t: float, index: int, phase: Floats) -> Floats:
    """The way from the layer's pixels to the stage's points: a homography (3, 3)."""
    a, b, gone = layer.start, layer.end or layer.start, layer.pace(t)
    x, y, scale, angle, lean = (
        _between((getattr(a, key), getattr(b, key)), gone)
        for key in ("x", "y", "scale", "angle", "lean")
    )
    if layer.shake:
        beat = 2 * np.pi * index / FRAME_RATE
        x += layer.shake * (np.sin(0.9 * beat + phase[0]) + 0.4 * np.sin(2.3 * beat + phase[1]))
        y += layer.shake * (np.sin(0.7 * beat + phase[1]) + 0.4 * np.sin(1.9 * beat + phase[2]))
        angle += 0.08 * layer.shake * np.sin(0.6 * beat + phase[2])
    cos, sin = scale * np.cos(np.radians(angle)), scale * np.sin(np.radians(angle))
    turned = np.array([[cos, -sin, 0], [sin, cos, 0], [0, 0, 1]])
    leaning = np.array([[1, 0, 0], [0, 1, 0], [-lean / 1000, 0, 1]])
    ax, ay = _anchor(layer)
    way: Floats = (_shift(x, y) @ leaning @ turned @ _shift(-ax, -ay)).astype(np.float32)
    return way


def _shift(x: float, y: float) -> Floats:
    return np.array([[1, 0, x], [0, 1, y], [0, 0, 1]], np.float32)


def _scaling(zoom: float) -> Floats:
    return np.diag([zoom, zoom, 1]).astype(np.float32)


def _turn(image: Image, box: Box, how_far: float, index: int, phase: Floats) -> Box:
    """Turn and nod a head in place: the middle of a face moves more than its outline does.

    Returns:
        Where the face is now.
    """
    x1, y1, x2, y2 = box
    width, height = x2 - x1, y2 - y1
    beat = 2 * np.pi * index / FRAME_RATE
    dx = how_far * width * float(np.sin(0.55 * beat + phase[0]))
    dy = 0.5 * how_far * height * float(np.sin(0.8 * beat + phase[1]))
    around = _cut((x1 - width, y1 - height, x2 + width, y2 + height), image.shape[1::-1])
    if around is not None:
        left, top, right, bottom = (int(side) for side in around)
        x = np.arange(left, right, dtype=np.float32)
        y = np.arange(top, bottom, dtype=np.float32)
        across, along = (x - (x1 + x2) / 2) / width, (y - (y1 + y2) / 2) / height
        pull = np.outer(np.exp(-3 * along**2), np.exp(-3 * across**2)).astype(np.float32)
        from_x, from_y = x - dx * pull, y[:, None] - dy * pull
        turned = cv2.remap(image, from_x, from_y, cv2.INTER_LINEAR, borderMode=cv2.BORDER_REPLICATE)
        image[top:bottom, left:right] = turned
    return x1 + 0.6 * dx, y1 + 0.6 * dy, x2 + 0.6 * dx, y2 + 0.6 * dy


def _shutter(later: Floats, now: Floats, anchor: tuple[float, float]) -> tuple[int, int]:
    """Width and height of the smear that half a frame's exposure leaves."""
    point = np.array([*anchor, 1])
    a, b = now @ point, later @ point
    way = np.abs(b[:2] / b[2] - a[:2] / a[2]) / 2
    return int(min(way[0], 40)) | 1, int(min(way[1], 40)) | 1


def _soften(image: NDArray[Any], sigma: float, kernel: tuple[int, int]) -> NDArray[Any]:
    if kernel != (1, 1):
        image = cv2.blur(image, kernel)
    return cv2.GaussianBlur(image, (0, 0), sigma) if sigma > 0.3 else image


def _outline(box: Box, matrix: Floats) -> Box:
    """The box around the ellipse that fills ``box``, after the way to the frame."""
    x1, y1, x2, y2 = box
    round_ = np.linspace(0, 2 * np.pi, 32, endpoint=False)
    x = (x1 + x2) / 2 + (x2 - x1) / 2 * np.cos(round_)
    y = (y1 + y2) / 2 + (y2 - y1) / 2 * np.sin(round_)
    u, v, w = matrix @ np.stack([x, y, np.ones(32)])
    return float((u / w).min()), float((v / w).min()), float((u / w).max()), float((v / w).max())


def _cut(box: Box, size: tuple[int, int]) -> Box | None:
    """The part of a box that lies in the frame, or None."""
    x1, y1 = max(0.0, box[0]), max(0.0, box[1])
    x2, y2 = min(float(size[0]), box[2]), min(float(size[1]), box[3])
    return (x1, y1, x2, y2) if x2 - x1 >= 1 and y2 - y1 >= 1 else None


def _area(box: Box) -> float:
    return (box[2] - box[0]) * (box[3] - box[1])


def _radius(size: tuple[int, int]) -> Floats:
    """Each pixel's distance from the middle, in points, (h, w)."""
    x = np.linspace(-WIDTH / 2, WIDTH / 2, size[0], dtype=np.float32)
    y = np.linspace(-HEIGHT / 2, HEIGHT / 2, size[1], dtype=np.float32)
    return np.hypot(x[None, :], y[:, None])


def _mask(shot: Shot, t: float, index: int, radius: Floats) -> Floats:
    """Light that the iris and the fades let through, (h, w)."""
    into, out = shot.fade
    now, left = index / FRAME_RATE, (shot.frames - 1 - index) / FRAME_RATE
    fade = min(1.0, now / into if into else 1, left / out if out else 1)
    if shot.iris is None:
        return np.full_like(radius, fade)
    opening = np.clip((_between(shot.iris, smooth(t)) - radius) / 12, 0, 1)
    return (opening * fade).astype(np.float32)


def _print(
    frame: Image, look: Look, t: float, light: Floats, grain: Floats, rng: np.random.Generator
) -> Image:
    """What the stock makes of the frame."""
    warmth, side = _between(look.warmth, t), _between(look.side, t)
    lamp = 1 + rng.normal(0, look.flicker)
    across = np.linspace(1 - side, 1 + side, frame.shape[1], dtype=np.float32) * lamp
    shown: NDArray[Any] = cv2.cvtColor(frame, cv2.COLOR_RGB2GRAY)[..., None] if look.mono else frame
    picture = shown.astype(np.float32)
    if look.contrast != 1:
        picture = (picture - 118) * look.contrast + 118
    picture = picture * (light * across)[..., None] + grain[..., None]
    gain = np.array(look.tint, np.float32) * np.array([1 + warmth, 1, 1 - warmth], np.float32)
    image = np.clip(picture * gain, 0, 255).astype(np.uint8)
    return image if look.quality is None else _through_jpeg(image, look.quality)


def _grain(rng: np.random.Generator, size: tuple[int, int]) -> list[Floats]:
    """A few fields of film grain of unit deviation."""
    fields = []
    for _ in range(6):
        field = rng.standard_normal((size[1], size[0]), np.float32)
        soft = cv2.GaussianBlur(field, (0, 0), 0.7).astype(np.float32)
        fields.append(soft / soft.std())
    return fields


def _through_jpeg(image: Image, quality: int) -> Image:
    _, coded = cv2.imencode(".jpg", image, [cv2.IMWRITE_JPEG_QUALITY, quality])
    return np.asarray(cv2.imdecode(coded, cv2.IMREAD_COLOR), np.uint8)
