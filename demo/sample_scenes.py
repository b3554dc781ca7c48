"""What the sample film shows: its shots, in order, built from the photographs.

The 1924 part is toned black and white, with a train, a telephone call, a cinema and an album; the
epilogue is in colour. Coordinates are points of the stage (854 x 480) or pixels of a picture.
"""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import replace

import cv2
import numpy as np
from sample_pictures import Image, Picture, picture
from sample_stage import (
    HEIGHT,
    WIDTH,
    Face,
    Floats,
    Layer,
    Look,
    Pose,
    Shot,
    Span,
    arrive,
    steady,
)

SEPIA = Look(tint=(1.08, 0.96, 0.76), mono=True, grain=6, flicker=0.03, vignette=0.5, weave=0.6)
AMBER = Look(tint=(1.15, 0.93, 0.62), mono=True, grain=6, flicker=0.03, vignette=0.45, weave=0.6)
NIGHT = Look(tint=(0.72, 0.88, 1.12), mono=True, grain=7, flicker=0.06, vignette=0.4, weave=0.6)
GREY = Look(mono=True, contrast=1.15, grain=6, flicker=0.02, vignette=0.4, weave=0.5)
COLOUR = Look(grain=4, vignette=0.2)

_BELOW = 120  # pixels by which a portrait is lengthened below
_FLOOR = HEIGHT + 12  # where the lower edge of a portrait stands, in points

SHORT = {"title": 1.2, "clara": 2.3, "henry": 2.3, "call": 2.3, "grace": 2.0, "eileen": 1.9}
"""Shots of the short film, and their seconds."""


def storyboard(*, short: bool) -> list[Shot]:
    """The shots of the film, or those of the short one."""
    if short:
        return [replace(_SCENES[name](name), seconds=time) for name, time in SHORT.items()]
    return [scene(name) for name, scene in _SCENES.items()]


def _title(name: str) -> Shot:
    return _card(name, 2.2, "CLASS OF 1924", "a picture album")


def _garden(name: str) -> Shot:
    image = picture("garden").image
    start, end = Pose(scale=0.95, x=350), Pose(scale=1.1, x=520, y=250)
    layer = Layer(image, start, end, pace=steady, shake=1.5)
    return Shot(name, 2.6, (layer,), SEPIA, iris=(60, 620))


def _train(name: str) -> Shot:
    """A train arrives: faces come in at the right, pass behind posts and leave at the left."""
    sitters = ["edith dark", "walter grey", "mabel left", "frank turned"]
    carriage, faces = _carriage([picture(sitter) for sitter in sitters])
    left = (0.0, HEIGHT / 2)
    whole = np.ones(carriage.shape[:2], np.float32)
    train = Layer(carriage, Pose(x=800), Pose(x=-1160), left, whole, faces=faces, pace=arrive)
    posts = np.zeros((HEIGHT, 2600, 3), np.uint8)
    alpha = np.zeros((HEIGHT, 2600), np.float32)
    for x in (900, 2150):
        posts[:, x : x + 46] = (20, 22, 26)
        alpha[:, x : x + 46] = 1
    post = Layer(posts, Pose(x=300), Pose(x=-2500), left, alpha, pace=arrive, blur=(2, 2))
    hills = Layer(_haze(picture("garden").image, 16), light=(0.5, 0.5))
    return Shot(name, 5.0, (hills, train, post), SEPIA, fade=(0.4, 0))


def _clara(name: str) -> Shot:
    return _close_up(
        name, 3.4, "clara bob", SEPIA, x=260, near=1.2, backdrop="garden", side=(0.15, -0.3)
    )


def _henry(name: str) -> Shot:
    return _close_up(name, 2.6, "henry stern", SEPIA, x=600, backdrop="coffee", side=(-0.3, 0.1))


def _clara_smiles(name: str) -> Shot:
    return _close_up(name, 2.0, "clara smile", AMBER, x=380, near=1.35, backdrop="garden")


def _call(name: str) -> Shot:
    """Two people on the telephone, each on their side of the picture."""
    left, right = _plate(picture("clara soft"), None), _plate(picture("henry light"), "coffee")
    wedge = np.zeros((HEIGHT, WIDTH), np.float32)
    cv2.fillPoly(wedge, [np.array([[0, 0], [455, 0], [385, HEIGHT], [0, HEIGHT]])], 1.0)
    seam = np.zeros((HEIGHT, WIDTH), np.float32)
    cv2.line(seam, (455, 0), (385, HEIGHT), 1.0, 10, cv2.LINE_AA)
    layers = (
        _portrait(right, Pose(640, _FLOOR, 0.78), Pose(620, _FLOOR, 0.84)),
        replace(
            _portrait(left, Pose(205, _FLOOR, 0.95), Pose(225, _FLOOR, 0.9)),
            clip=wedge,
        ),
        Layer(np.zeros((HEIGHT, WIDTH, 3), np.uint8), alpha=seam),
    )
    return Shot(name, 3.4, layers, AMBER)


def _meet(name: str) -> Shot:
    return _card(name, 1.8, "Meet us at the pictures.", "Bring the others!")


def _audience(name: str) -> Shot:
    """Four faces in the dark, lit by the screen; somebody late passes in front of them."""
    seats = [
        ("clara dark", Pose(135, 225, 0.62), Pose(145, 220, 0.62, -3)),
        ("henry frank", Pose(330, 205, 0.55), Pose(324, 210, 0.55, 2)),
        ("mabel light", Pose(528, 230, 0.62, 2), Pose(518, 224, 0.62)),
        ("frank light", Pose(722, 200, 0.56), Pose(712, 208, 0.56, 4)),
    ]
    dark = np.linspace(40, 14, HEIGHT).astype(np.uint8)[:, None, None]
    layers = [Layer(np.broadcast_to(dark, (HEIGHT, WIDTH, 3)).copy())]
    layers += [_bust(sitter, start, end) for sitter, start, end in seats]
    rows, alpha = _silhouettes()
    layers.append(Layer(rows, alpha=alpha, blur=(3, 3)))
    layers.append(_passer_by(Pose(-900, 330), Pose(1500, 330)))
    return Shot(name, 4.6, tuple(layers), replace(NIGHT, flicker=0.12, side=(-0.3, 0.3)))


def _walter(name: str) -> Shot:
    shot = _close_up(name, 3.0, "walter turned", NIGHT, x=470, near=0.9, backdrop="coffee")
    return replace(shot, layers=(replace(shot.layers[0], blur=(8.0, 0.0)),))


def _edith(name: str) -> Shot:
    return _close_up(name, 2.6, "edith beads", AMBER, x=380, backdrop="coffee", side=(0.4, -0.2))


def _album(name: str) -> Shot:
    """A page of an album, seen by a camera that leans over it."""
    page, faces = _page(
        ["henry small", "edith cap", "walter light", "frank cap", "mabel grey", "clara dark"]
    )
    start = Pose(x=600, y=330, scale=0.95, angle=-4, lean=0.25)
    end = Pose(x=250, y=130, scale=1.05, angle=3, lean=-0.2)
    layer = Layer(page, start, end, faces=faces, shake=1)
    return Shot(name, 4.2, (layer,), replace(SEPIA, quality=30))


def _flash(sitter: str, look: Look, **pose: float) -> Callable[[str], Shot]:
    """A shot of ten frames."""

    def scene(name: str) -> Shot:
        start = Pose(**{"x": 430, "y": _FLOOR, "scale": 0.9, **pose})
        end = replace(start, scale=start.scale * 1.1, angle=start.angle / 2)
        return Shot(name, 10 / 24, (_portrait(_plate(picture(sitter), None), start, end),), look)

    return scene


def _mabel(name: str) -> Shot:
    shot = _close_up(name, 3.2, "mabel right", SEPIA, x=430, near=1.25, backdrop="garden")
    return replace(shot, iris=(520, 0))


def _later(name: str) -> Shot:
    return _card(name, 1.4, "Some classes later", "")


def _grace(name: str) -> Shot:
    """The camera finds its focus."""
    grace = picture("grace")
    start, end = Pose(x=427, y=210, scale=1.72), Pose(x=430, y=255, scale=2.05)
    layer = Layer(grace.image, start, end, (268, 233), faces=_faces(grace), shake=1.5, turn=0.03)
    look = replace(COLOUR, warmth=(0.12, -0.04))
    return Shot(name, 3.2, (replace(layer, blur=(9.0, 0.0)),), look, fade=(0.4, 0))


def _eileen(name: str) -> Shot:
    eileen = picture("eileen")
    start, end = Pose(x=385, y=200, scale=1.75), Pose(x=440, y=215, scale=2.1)
    layer = Layer(eileen.image, start, end, (226, 118), faces=_faces(eileen), shake=2, turn=0.03)
    look = replace(COLOUR, side=(0.35, -0.3), warmth=(-0.08, 0.1))
    return Shot(name, 3.0, (layer,), look)


def _monitors(name: str) -> Shot:
    """Both on the screens of a control room, while somebody walks through it."""
    room, faces = _control_room([picture("grace"), picture("eileen")])
    start, end = Pose(scale=0.9, lean=-0.25), Pose(x=420, scale=1.06, lean=0.2)
    screens = Layer(room, start, end, faces=faces, shake=1)
    passing = _passer_by(Pose(1300, 300, 1.1), Pose(-700, 300, 1.1))
    look = replace(COLOUR, tint=(0.86, 0.97, 1.1), grain=6, vignette=0.4)
    return Shot(name, 3.8, (screens, passing), look)


def _rocket(name: str) -> Shot:
    image = picture("rocket").image
    layer = Layer(image, Pose(y=330, scale=1.5), Pose(y=190, scale=1.36), shake=1)
    return Shot(name, 2.0, (layer,), replace(COLOUR, warmth=(0, 0.1)))


def _eileen_at_night(name: str) -> Shot:
    """Little light, much grain, a nervous camera that comes near."""
    eileen = picture("eileen")
    start, end = Pose(x=330, y=230, scale=1.8, angle=-5), Pose(x=450, y=240, scale=2.5, angle=4)
    layer = Layer(eileen.image, start, end, (226, 118), faces=_faces(eileen), shake=4, turn=0.04)
    look = replace(COLOUR, tint=(0.5, 0.6, 0.72), grain=12, flicker=0.02, quality=35)
    return Shot(name, 3.0, (replace(layer, light=(0.8, 1.2)),), look)


def _grace_leaves(name: str) -> Shot:
    """The camera leaves her face for her medals."""
    grace = picture("grace")
    start, end = Pose(x=440, y=250, scale=2.0), Pose(x=430, y=-235, scale=1.9)
    layer = Layer(grace.image, start, end, (268, 233), faces=_faces(grace), shake=1, turn=0.03)
    return Shot(name, 3.4, (layer,), replace(COLOUR, warmth=(0.05, 0.2)), fade=(0, 0.8))


_SCENES: dict[str, Callable[[str], Shot]] = {
    "title": _title,
    "garden": _garden,
    "train": _train,
    "clara": _clara,
    "henry": _henry,
    "clara smiles": _clara_smiles,
    "call": _call,
    "meet": _meet,
    "audience": _audience,
    "walter": _walter,
    "edith": _edith,
    "album": _album,
    "flash 1": _flash("frank wide", GREY, x=380, angle=-6),
    "flash 2": _flash("edith tilt", SEPIA, x=500),
    "flash 3": _flash("henry small", NIGHT, x=430, scale=1.15),
    "flash 4": _flash("clara smile", GREY, x=350, angle=5),
    "flash 5": _flash("walter dark", AMBER, x=520, scale=0.75),
    "flash 6": _flash("mabel left", GREY, x=420, scale=1.05, angle=3),
    "mabel": _mabel,
    "later": _later,
    "grace": _grace,
    "eileen": _eileen,
    "monitors": _monitors,
    "rocket": _rocket,
    "eileen at night": _eileen_at_night,
    "grace leaves": _grace_leaves,
}


# ---- sets ----------------------------------------------------------------------------------


def _faces(shown: Picture) -> tuple[Face, ...]:
    return (Face(shown.identity, shown.face),)


def _close_up(
    name: str,
    seconds: float,
    sitter: str,
    look: Look,
    *,
    x: float,
    backdrop: str,
    near: float = 1,
    side: Span = (0, 0),
) -> Shot:
    """One person before a blurred place, while the camera comes a little nearer."""
    start = Pose(x=x, y=_FLOOR, scale=0.82 * near, angle=-1)
    end = Pose(x=(x + WIDTH / 2) / 2, y=_FLOOR, scale=0.95 * near, angle=1)
    layer = _portrait(_plate(picture(sitter), backdrop), start, end)
    return Shot(name, seconds, (layer,), replace(look, side=side))


def _portrait(plate: tuple[Image, Face], start: Pose, end: Pose) -> Layer:
    """A person whose head moves, placed by the middle of the portrait's lower edge."""
    image, face = plate
    foot = ((face.box[0] + face.box[2]) / 2, float(image.shape[0] - _BELOW))
    return Layer(image, start, end, foot, faces=(face,), shake=2, turn=0.05)


def _plate(shown: Picture, backdrop: str | None) -> tuple[Image, Face]:
    """A portrait that goes on beyond its edges, into a blurred place if there is one."""
    side, top = 460, 160
    wide = np.pad(shown.image, ((top, _BELOW), (side, side), (0, 0)), mode="edge")
    beyond = _haze(wide, 22).astype(np.float32)
    width = shown.image.shape[1]
    inside = np.zeros(wide.shape[:2], np.uint8)
    inside[top:, side : side + width] = 1
    if backdrop is not None:
        place = _haze(picture(backdrop).image, 20)
        place = cv2.resize(place, wide.shape[1::-1]) * np.clip(
            shown.image[:40].mean() / place.mean(), 0.4, 1.5
        )
        far = np.clip(cv2.distanceTransform(1 - inside, cv2.DIST_L2, 5) / 150, 0, 1)
        beyond += far[..., None] * (place - beyond)
    edge = np.clip(cv2.distanceTransform(inside, cv2.DIST_L2, 5) / 50, 0, 1)
    edge = (edge**2 * (3 - 2 * edge))[..., None]
    x1, y1, x2, y2 = shown.face
    face = Face(shown.identity, (x1 + side, y1 + top, x2 + side, y2 + top))
    return np.clip(beyond + edge * (wide - beyond), 0, 255).astype(np.uint8), face


def _bust(name: str, start: Pose, end: Pose) -> Layer:
    """A head that fades into the dark around it, placed by the middle of its face."""
    shown = picture(name)
    x1, y1, x2, y2 = shown.face
    middle = ((x1 + x2) / 2, (y1 + y2) / 2)
    alpha = np.zeros(shown.image.shape[:2], np.float32)
    axes = (int(0.8 * (x2 - x1)), int(0.9 * (y2 - y1)))
    cv2.ellipse(alpha, (int(middle[0]), int(middle[1])), axes, 0, 0, 360, 1.0, -1)
    alpha[[0, -1]], alpha[:, [0, -1]] = 0, 0
    rim = cv2.distanceTransform((alpha > 0).astype(np.uint8), cv2.DIST_L2, 5)
    alpha = np.clip(rim / 45, 0, 1).astype(np.float32)
    faces = (Face(shown.identity, shown.face),)
    return Layer(shown.image, start, end, middle, alpha, faces=faces, shake=2, turn=0.05)


def _haze(image: Image, sigma: float) -> Image:
    """Blur strongly, on a quarter of the lines."""
    small = cv2.resize(image, None, fx=0.25, fy=0.25, interpolation=cv2.INTER_AREA)
    small = cv2.GaussianBlur(small, (0, 0), sigma / 4)
    return cv2.resize(small, image.shape[1::-1], interpolation=cv2.INTER_CUBIC).astype(np.uint8)


def _into(
    canvas: Image, shown: Picture, corner: tuple[int, int], size: tuple[int, int]
) -> tuple[Face, tuple[int, int, int, int]]:
    """Paste the part around a face into a frame of ``size`` at ``corner``."""
    x1, y1, x2, y2 = shown.face
    height, width = shown.image.shape[:2]
    zoom = max(size[0] / width, size[1] / height, 0.52 * size[1] / (y2 - y1))
    part = (size[0] / zoom, size[1] / zoom)
    left = float(np.clip((x1 + x2) / 2 - part[0] / 2, 0, width - part[0]))
    top = float(np.clip((y1 + y2) / 2 - 0.5 * part[1], 0, height - part[1]))
    matrix = np.array([[zoom, 0, -left * zoom], [0, zoom, -top * zoom]], np.float32)
    view = cv2.warpAffine(shown.image, matrix, size, flags=cv2.INTER_AREA)
    x, y = corner
    canvas[y : y + size[1], x : x + size[0]] = view
    box = (
        x + (x1 - left) * zoom,
        y + (y1 - top) * zoom,
        x + (x2 - left) * zoom,
        y + (y2 - top) * zoom,
    )
    return Face(shown.identity, box), (x, y, x + size[0], y + size[1])


def _carriage(sitters: list[Picture]) -> tuple[Image, tuple[Face, ...]]:
    """The side of a railway carriage with somebody at each window."""
    rng = np.random.default_rng(1)
    image = np.full((HEIGHT, 2000, 3), 52, np.uint8)
    image[:40], image[40:52], image[392:402] = 16, 84, 96
    for x in range(0, 2000, 20):
        image[402:, x : x + 2] = 34
    faces = []
    for number, sitter in enumerate(sitters):
        x, y, width, height = 120 + 470 * number, 86, 270, 286
        cv2.rectangle(image, (x - 14, y - 14), (x + width + 14, y + height + 14), (92,) * 3, -1)
        cv2.rectangle(image, (x - 5, y - 5), (x + width + 5, y + height + 5), (18,) * 3, -1)
        face, (x1, y1, x2, y2) = _into(image, sitter, (x, y), (width, height))
        faces.append(face)
        glass = image[y1:y2, x1:x2].astype(np.float32)
        shine = np.zeros((height, width), np.float32)
        cv2.line(shine, (40, height), (width - 30, 0), 1.0, 34)
        cv2.line(shine, (110, height), (width + 30, 0), 1.0, 10)
        glass += 22 * cv2.GaussianBlur(shine, (0, 0), 5)[..., None]
        image[y1:y2, x1:x2] = np.clip(glass, 0, 255)
    dirt = cv2.GaussianBlur(rng.normal(0, 1, image.shape[:2]), (0, 0), 9)
    lit = image + (60 * dirt[..., None]) * (image < 100)
    return np.clip(lit, 0, 255).astype(np.uint8), tuple(faces)


def _page(sitters: list[str]) -> tuple[Image, tuple[Face, ...]]:
    """A page of an album with six prints."""
    rng = np.random.default_rng(2)
    paper = cv2.GaussianBlur(rng.normal(0, 1, (760, 1300)), (0, 0), 2)
    page = np.clip(92 + 14 * paper, 0, 255).astype(np.uint8)
    page = np.repeat(page[..., None], 3, axis=2)
    faces = []
    for number, name in enumerate(sitters):
        x, y = 90 + 400 * (number % 3), 60 + 345 * (number // 3)
        shown = picture(name)
        cv2.rectangle(page, (x - 12, y - 8), (x + 232, y + 300), (58,) * 3, -1)
        cv2.rectangle(page, (x - 14, y - 14), (x + 224, y + 294), (214,) * 3, -1)
        faces.append(_into(page, shown, (x, y), (210, 250))[0])
        _write(page, shown.identity.title(), (x + 105, y + 282), 0.8, 40)
    return page, tuple(faces)


def _control_room(shown: list[Picture]) -> tuple[Image, tuple[Face, ...]]:
    """Two screens in a dark room."""
    room = np.full((620, 1120, 3), 20, np.uint8)
    room[470:] = 34
    faces = []
    for number, who in enumerate(shown):
        x, y = 130 + 450 * number, 110
        cv2.rectangle(room, (x - 26, y - 24), (x + 426, y + 330), (56, 54, 52), -1)
        cv2.rectangle(room, (x - 8, y - 8), (x + 408, y + 308), (8, 8, 8), -1)
        face, (x1, y1, x2, y2) = _into(room, who, (x, y), (400, 300))
        faces.append(face)
        room[y1:y2:3, x1:x2] = (room[y1:y2:3, x1:x2] * 0.82).astype(np.uint8)
        glow = cv2.GaussianBlur(room[y1:y2, x1:x2], (0, 0), 40)
        room[500:600, x1:x2] = np.maximum(room[500:600, x1:x2], glow[-100:][::-1] // 4)
    for x in range(140, 1000, 60):
        cv2.circle(room, (x, 470), 4, ((200, 60, 40), (60, 180, 70), (220, 170, 60))[x % 3], -1)
    return room, tuple(faces)


def _silhouettes() -> tuple[Image, Floats]:
    """The backs of the row in front: heads over seats, dark, at the lower edge."""
    alpha = np.zeros((HEIGHT, WIDTH), np.float32)
    for x in range(35, WIDTH, 196):
        cv2.ellipse(alpha, (x, 372), (44, 58), 0, 0, 360, 1.0, -1)
        cv2.ellipse(alpha, (x, 470), (92, 78), 0, 0, 360, 1.0, -1)
    for x in range(133, WIDTH, 196):
        cv2.ellipse(alpha, (x, 480), (92, 122), 0, 0, 360, 1.0, -1)
    return np.full((HEIGHT, WIDTH, 3), 3, np.uint8), alpha


def _passer_by(start: Pose, end: Pose) -> Layer:
    """Somebody near the camera, dark and out of focus."""
    alpha = np.zeros((560, 420), np.float32)
    cv2.ellipse(alpha, (210, 150), (84, 110), 0, 0, 360, 1.0, -1)
    cv2.ellipse(alpha, (210, 470), (190, 210), 0, 0, 360, 1.0, -1)
    dark = np.full((560, 420, 3), 4, np.uint8)
    return Layer(dark, start, end, alpha=alpha, pace=steady, blur=(5, 5))


def _card(name: str, seconds: float, *lines: str) -> Shot:
    """A title card."""
    card = np.full((HEIGHT, WIDTH, 3), 14, np.uint8)
    for inset, weight in ((26, 3), (38, 1)):
        corners = (inset, inset), (WIDTH - inset, HEIGHT - inset)
        cv2.rectangle(card, *corners, (190,) * 3, weight, cv2.LINE_AA)
    for row, line in enumerate(lines):
        _write(card, line, (WIDTH // 2, 225 + 70 * row), 1.6 - 0.5 * row, 225)
    layer = Layer(card, Pose(scale=1.02), Pose(scale=1.05), blur=(0.6, 0.6))
    return Shot(name, seconds, (layer,), SEPIA, fade=(0.4, 0.3))


def _write(image: Image, text: str, middle: tuple[int, int], size: float, grey: int) -> None:
    """Letter a line whose baseline has its middle at ``middle``."""
    font = cv2.FONT_HERSHEY_TRIPLEX
    (width, _), _ = cv2.getTextSize(text, font, size, 2)
    corner = (middle[0] - width // 2, middle[1])
    cv2.putText(image, text, corner, font, size, (grey,) * 3, 2, cv2.LINE_AA)
