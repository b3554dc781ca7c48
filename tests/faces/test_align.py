"""Laying a face onto the canonical crop: where landmarks land, and what is refused."""

import numpy as np
import pytest

from castlist.faces.align import ARCFACE_112, CROP_LANDMARKS, CROP_SIZE, align, similarity


def _move(points: np.ndarray, degrees: float, scale: float, shift: tuple[float, float]):
    a = np.deg2rad(degrees)
    turn = scale * np.array([[np.cos(a), -np.sin(a)], [np.sin(a), np.cos(a)]])
    return points @ turn.T + shift


def _dots(landmarks: np.ndarray, height: int, width: int, radius: float) -> np.ndarray:
    """A grey picture with a bright round dot on each landmark."""
    y, x = np.mgrid[:height, :width]
    distance = np.hypot(x[..., None] - landmarks[:, 0], y[..., None] - landmarks[:, 1])
    bright = np.clip(radius - distance + 0.5, 0, 1).max(axis=-1)
    return np.repeat((40 + 200 * bright)[..., None], 3, axis=2).round().astype(np.uint8)


def _centres(crop: np.ndarray) -> np.ndarray:
    """Centre of brightness around each place where a landmark should be."""
    y, x = np.mgrid[:CROP_SIZE, :CROP_SIZE]
    found = []
    for cx, cy in CROP_LANDMARKS:
        near = np.hypot(x - cx, y - cy) < 12
        weight = (crop[..., 0].astype(float) - 40).clip(0) * near
        found.append([(weight * x).sum() / weight.sum(), (weight * y).sum() / weight.sum()])
    return np.array(found)


def test_canonical_landmarks_are_the_arcface_template_with_a_margin():
    assert CROP_SIZE == 192
    np.testing.assert_allclose(CROP_LANDMARKS[0], [71.7183, 90.0978], atol=1e-4)
    # the 112-pixel chip lies in the middle of the crop: 14 of 140 units on each side
    np.testing.assert_allclose(CROP_LANDMARKS * 140 / 192 - 14, ARCFACE_112)


@pytest.mark.parametrize("degrees", [0, 35, -120, 180])
@pytest.mark.parametrize("scale", [0.1, 1.0, 7.5])
def test_similarity_recovers_a_known_motion(degrees, scale):
    moved = _move(ARCFACE_112, degrees, scale, (13.0, -8.0))
    matrix = similarity(ARCFACE_112, moved)
    np.testing.assert_allclose(ARCFACE_112 @ matrix[:, :2].T + matrix[:, 2], moved, atol=1e-9)


def test_similarity_is_the_least_squares_solution():
    rng = np.random.default_rng(0)
    source, target = rng.normal(size=(5, 2)), rng.normal(size=(5, 2))
    # the plain linear system in (a, b, tx, ty): x' = a x - b y + tx, y' = b x + a y + ty
    rows = [[x, -y, 1, 0] for x, y in source] + [[y, x, 0, 1] for x, y in source]
    (a, b, tx, ty), *_ = np.linalg.lstsq(np.array(rows), target.T.ravel(), rcond=None)
    np.testing.assert_allclose(similarity(source, target), [[a, -b, tx], [b, a, ty]], atol=1e-12)


def test_similarity_never_mirrors():
    matrix = similarity(ARCFACE_112, ARCFACE_112 * [-1, 1])
    assert np.linalg.det(matrix[:, :2]) > 0


@pytest.mark.parametrize(
    "points",
    [
        np.zeros((5, 2)),  # all on one point
        np.full((5, 2), np.nan),  # a detector's failure
        ARCFACE_112[:4],  # one is missing
        ARCFACE_112.T,  # turned
    ],
)
def test_bad_landmarks_are_refused(points):
    with pytest.raises(ValueError, match=r"point|finite"):
        align(np.zeros((100, 100, 3), np.uint8), points)


@pytest.mark.parametrize(
    ("degrees", "scale"),
    [
        (0, 0.3),  # a small face, enlarged
        (25, 1.0),  # about the crop's own size
        (-40, 2.7),  # large and turned
        (170, 6.3),  # very large, upside down
    ],
)
def test_landmarks_land_where_they_should(degrees, scale):
    placed = _move(CROP_LANDMARKS - CROP_LANDMARKS.mean(axis=0), degrees, scale, (0, 0))
    side = int(np.ceil(280 * scale)) + 20
    landmarks = placed + side / 2
    crop = align(_dots(landmarks, side, side, radius=5 * scale), landmarks)
    assert crop.shape == (192, 192, 3)
    assert crop.dtype == np.uint8
    np.testing.assert_allclose(_centres(crop), CROP_LANDMARKS, atol=0.2)


def test_identity_returns_the_picture_itself():
    picture = np.random.default_rng(1).integers(0, 256, (192, 192, 3), dtype=np.uint8)
    np.testing.assert_array_equal(align(picture, CROP_LANDMARKS), picture)


def test_large_faces_are_averaged_not_sampled():
    # a one-pixel chessboard of black and white: averaging gives grey, sampling gives noise
    y, x = np.mgrid[:1600, :1600]
    board = np.repeat(((x + y) % 2 * 255)[..., None], 3, axis=2).astype(np.uint8)
    crop = align(board, CROP_LANDMARKS * 7.3 + 100).astype(int)
    assert abs(crop - 127.5).max() < 16


def test_outside_the_picture_is_black_and_the_face_may_be_cut():
    white = np.full((300, 300, 3), 255, np.uint8)
    crop = align(white, CROP_LANDMARKS * 1.3 - [150, 0])
    assert (crop[:, :60] == 0).all()
    assert (crop[20:170, 130:180] == 255).all()
    # nothing of it in the picture at all
    assert (align(white, CROP_LANDMARKS * 2 + 5000) <= 255).all()
    assert align(white, CROP_LANDMARKS * 2 + 5000)[20:170, 20:170].max() == 0


def test_picture_isnt_changed():
    picture = np.random.default_rng(2).integers(0, 256, (400, 400, 3), dtype=np.uint8)
    before = picture.copy()
    align(picture, CROP_LANDMARKS * 2)
    np.testing.assert_array_equal(picture, before)
