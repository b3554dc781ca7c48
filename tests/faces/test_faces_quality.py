"""Quality of a face: large, sharp and frontal ones are good, and each part does its own."""

import cv2
import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from castlist.faces import quality
from castlist.faces.align import CROP_LANDMARKS, CROP_SIZE


@pytest.fixture
def crop() -> np.ndarray:
    """Smooth shapes with fine detail on them."""
    rng = np.random.default_rng(0)
    coarse = cv2.GaussianBlur(rng.normal(0, 1, (CROP_SIZE, CROP_SIZE, 3)), (0, 0), 20)
    coarse = 120 + coarse * 40 / coarse.std()
    fine = cv2.GaussianBlur(rng.normal(0, 60, (CROP_SIZE, CROP_SIZE, 3)), (0, 0), 1.5)
    return np.clip(coarse + fine, 0, 255).astype(np.uint8)


def test_size_is_measured_between_the_eyes_and_down_to_the_mouth():
    points = np.array([[0, 0], [20, 0], [10, 10], [5, 30], [15, 30]], np.float32)
    assert quality.size(points) == pytest.approx(30 / 40)
    assert quality.size(points * [3, 1]) == 1  # 60 across
    assert quality.size(points * 0) == 0


def test_blur_takes_sharpness(crop):
    blurred = [cv2.GaussianBlur(crop, (0, 0), sigma) for sigma in (2, 4, 8)]
    measured = [quality.sharpness(c) for c in (crop, *blurred)]
    assert measured == sorted(measured, reverse=True)
    assert measured[0] > 0.5
    assert measured[-1] < 0.1


def test_contrast_does_not_count(crop):
    pale = (crop // 3 + 80).astype(np.uint8)
    assert quality.sharpness(pale) == pytest.approx(quality.sharpness(crop), rel=0.3)


def test_surroundings_do_not_count(crop):
    framed = crop.copy()
    framed[:20], framed[-20:], framed[:, :20], framed[:, -20:] = 0, 255, 0, 255
    assert quality.sharpness(framed) == quality.sharpness(crop)


def test_flat_crop_has_no_sharpness():
    assert quality.sharpness(np.full((CROP_SIZE, CROP_SIZE, 3), 77, np.uint8)) == 0


@given(st.floats(-180, 180), st.floats(0.1, 10), st.floats(-500, 500), st.floats(-500, 500))
def test_frontal_face_is_frontal_however_it_lies(degrees, scale, x, y):
    a = np.deg2rad(degrees)
    turn = scale * np.array([[np.cos(a), -np.sin(a)], [np.sin(a), np.cos(a)]])
    assert quality.frontality(CROP_LANDMARKS @ turn.T + [x, y]) == pytest.approx(1)


def test_turning_the_head_takes_frontality():
    depth = np.array([0, 0, 0.5, 0.15, 0.15]) * (CROP_LANDMARKS[1, 0] - CROP_LANDMARKS[0, 0])
    middle = CROP_LANDMARKS[:, 0].mean()
    measured = []
    for degrees in (0, 20, 40, 60, 80):
        turned = CROP_LANDMARKS.copy()
        a = np.deg2rad(degrees)
        turned[:, 0] = middle + (turned[:, 0] - middle) * np.cos(a) + depth * np.sin(a)
        measured.append(quality.frontality(turned))
    assert measured == sorted(measured, reverse=True)
    assert measured[0] == pytest.approx(1)
    assert measured[-1] < 0.1


def test_the_part_inside_is_counted_in_pixels():
    whole = (CROP_SIZE, CROP_SIZE)
    assert quality.inside(CROP_LANDMARKS, whole) == 1
    left_half_cut_off = CROP_LANDMARKS - [CROP_SIZE / 2, 0]
    assert quality.inside(left_half_cut_off, whole) == pytest.approx(0.5)
    right_quarter_cut_off = CROP_LANDMARKS * 3
    assert quality.inside(right_quarter_cut_off, (CROP_SIZE * 9 // 4, 1000)) == pytest.approx(0.75)
    assert quality.inside(CROP_LANDMARKS + 1000, whole) == 0


def test_contrast_falls_with_the_light(crop):
    vivid = np.clip(crop.astype(int) * 3 - 256, 0, 255).astype(np.uint8)
    assert quality.contrast(vivid) == 1
    assert quality.contrast(crop // 4) == pytest.approx(quality.contrast(crop) / 4, rel=0.1)
    assert quality.contrast(np.zeros_like(crop)) == 0


def test_quality_is_what_is_clear_of_what_can_be_seen(crop):
    points = (CROP_LANDMARKS / 2.5).astype(np.float32)
    points[2] += [3, 2]
    dark, cut_off = crop // 8, (60, 200)
    parts = [quality.size(points), quality.sharpness(dark), quality.frontality(points)]
    seen = quality.contrast(dark), quality.inside(points, cut_off)
    assert all(0 < part < 1 for part in (parts[0], parts[2], *seen))
    expected = np.prod(parts) ** (1 / 3) * np.prod(seen)
    assert quality.quality(dark, points, cut_off) == pytest.approx(expected)
