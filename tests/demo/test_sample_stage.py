"""The camera of the sample film: faces are where it says, and as hidden as it says."""

from __future__ import annotations

import cv2
import numpy as np
import pytest
from sample_stage import HEIGHT, WIDTH, Face, Layer, Look, Pose, Shot, Sighting, arrive, render

PLAIN = Look(grain=0, vignette=0)
BOX = (120.0, 80.0, 220.0, 220.0)
FACE = (Face("a", BOX),)


def _disc() -> Layer:
    """A white ellipse that fills BOX, on black."""
    image = np.zeros((300, 400, 3), np.uint8)
    cv2.ellipse(image, (170, 150), (50, 70), 0, 0, 360, (255, 255, 255), -1)
    return Layer(image, faces=FACE)


def _last(
    *layers: Layer, look: Look = PLAIN, height: int = HEIGHT
) -> tuple[object, list[Sighting]]:
    return list(render(Shot("s", 0.5, layers, look), height, [0]))[-1]


@pytest.mark.parametrize(
    ("pose", "height"),
    [
        (Pose(), 480),
        (Pose(x=300, y=200, scale=1.7), 480),
        (Pose(scale=0.6, angle=25), 480),
        (Pose(lean=0.6), 480),
        (Pose(scale=1.3, angle=-12, lean=-0.4), 720),
    ],
)
def test_box_is_where_the_face_is_drawn(pose: Pose, height: int) -> None:
    disc = _disc()
    image, [face] = _last(Layer(disc.image, pose, faces=FACE), height=height)
    y, x = np.nonzero(np.asarray(image)[..., 0] > 127)
    drawn = (x.min(), y.min(), x.max() + 1, y.max() + 1)
    assert np.abs(np.array(face.box) - drawn).max() <= 3
    assert face.visible == pytest.approx(1)


def test_layer_goes_from_its_start_to_its_end() -> None:
    layer = Layer(_disc().image, Pose(x=300), Pose(x=500), faces=FACE)
    boxes = [seen[0].box for _, seen in render(Shot("s", 1, (layer,), PLAIN), HEIGHT, [0])]
    lefts = [box[0] for box in boxes]
    assert lefts[0] == pytest.approx(300 - 200 + BOX[0])
    assert lefts[-1] == pytest.approx(500 - 200 + BOX[0])
    assert (np.diff(lefts) > 0).all()


def test_turned_head_takes_its_box_along() -> None:
    layer = Layer(_disc().image, faces=FACE, turn=0.2)
    frames = list(render(Shot("s", 2, (layer,), PLAIN), HEIGHT, [0]))
    middles = []
    for image, _ in frames:
        _, x = np.nonzero(image[..., 0] > 127)
        middles.append(x.mean())
    told = [(seen[0].box[0] + seen[0].box[2]) / 2 for _, seen in frames]
    assert np.ptp(told) > 10
    assert np.corrcoef(told, middles)[0, 1] > 0.98


@pytest.mark.parametrize(("x", "visible"), [(30.0, 0.5), (-200.0, None)])
def test_face_beyond_the_edge(x: float, visible: float | None) -> None:
    _, seen = _last(Layer(_disc().image, Pose(x=x), faces=FACE))
    if visible is None:
        assert seen == []
    else:
        assert seen[0].box[0] == 0
        assert seen[0].visible == pytest.approx(visible, abs=0.02)


def test_layer_in_front_hides_the_face() -> None:
    board = np.zeros((HEIGHT, WIDTH, 3), np.uint8)
    left = np.zeros((HEIGHT, WIDTH), np.float32)
    left[:, : WIDTH // 2 - 30] = 1  # the middle of the face is 30 points left of the stage's
    _, [half] = _last(_disc(), Layer(board, alpha=left))
    assert half.visible == pytest.approx(0.5, abs=0.02)
    _, seen = _last(_disc(), Layer(board))
    assert [face.visible for face in seen] == [0]


def test_clip_and_iris_and_fade_hide_the_face() -> None:
    nothing = np.zeros((HEIGHT, WIDTH), np.float32)
    _, [face] = _last(Layer(_disc().image, faces=FACE, clip=nothing))
    assert face.visible == 0
    shut = Shot("s", 0.5, (_disc(),), PLAIN, iris=(500, 0))
    first, *_, last = render(shut, HEIGHT, [0])
    assert (first[1][0].visible, last[1][0].visible) == (1, 0)
    dark = Shot("s", 0.5, (_disc(),), PLAIN, fade=(0.2, 0))
    first, *_, last = render(dark, HEIGHT, [0])
    assert (first[1][0].visible, last[1][0].visible) == (0, 1)
    assert first[0].max() == 0


def test_opaque_layer_goes_on_beyond_its_edges_and_others_do_not() -> None:
    small = np.full((10, 10, 3), 200, np.uint8)
    image, _ = _last(Layer(small))
    assert (np.asarray(image) == 200).all()
    image, _ = _last(Layer(small, alpha=np.ones((10, 10), np.float32)))
    assert np.asarray(image)[0, 0].tolist() == [0, 0, 0]


def test_fast_layer_is_smeared_along_its_way() -> None:
    image = np.zeros((HEIGHT, WIDTH, 3), np.uint8)
    image[200:280, 400:404] = 255
    slow, _ = next(render(Shot("s", 1, (Layer(image),), PLAIN), HEIGHT, [0]))
    moving = Layer(image, Pose(), Pose(x=WIDTH / 2 + 400), pace=arrive)
    fast, _ = next(render(Shot("s", 1, (moving,), PLAIN), HEIGHT, [0]))
    assert (fast[240, :, 0] > 10).sum() > 3 * (slow[240, :, 0] > 10).sum()
    assert (fast[:, 402, 0] > 10).sum() == (slow[:, 402, 0] > 10).sum()


def test_toned_film_knows_one_hue() -> None:
    colours = np.zeros((HEIGHT, WIDTH, 3), np.uint8)
    colours[:, :400], colours[:, 400:] = (200, 40, 40), (40, 40, 200)
    image, _ = _last(Layer(colours), look=Look(mono=True, tint=(1, 0.8, 0.5), grain=0, vignette=0))
    red, green, blue = np.moveaxis(np.asarray(image, np.float64), 2, 0)
    assert np.abs(green - 0.8 * red).max() <= 1
    assert np.abs(blue - 0.5 * red).max() <= 1


def test_grain_and_flicker_follow_the_seed() -> None:
    shot = Shot("s", 0.3, (_disc(),), Look(grain=9, flicker=0.1, weave=1))
    one, same, other = (
        np.stack([image for image, _ in render(shot, 240, [seed])]) for seed in (3, 3, 4)
    )
    assert (one == same).all()
    assert (one != other).any()
