"""Overlap of boxes, against a loop over all pairs."""

import numpy as np
from hypothesis import given
from hypothesis import strategies as st
from plain_boxes import CORNERS, boxes_from, plain_iou

from castlist.faces.boxes import iou


@given(CORNERS, CORNERS, st.integers(0, 99))
def test_iou_is_that_of_a_double_loop(corners_a, corners_b, seed):
    a, b = boxes_from(corners_a, seed), boxes_from(corners_b, seed + 1)
    expected = np.array([[plain_iou(x, y) for y in b] for x in a]).reshape(len(a), len(b))
    np.testing.assert_allclose(iou(a, b), expected, rtol=1e-5, atol=1e-7)


def test_iou_of_touching_nested_and_empty_boxes():
    box = np.array([[0, 0, 4, 4]], np.float32)
    others = np.array([[4, 0, 8, 4], [1, 1, 3, 3], [2, 2, 2, 2], [0, 0, 4, 4]], np.float32)
    np.testing.assert_allclose(iou(box, others), [[0, 0.25, 0, 1]])
