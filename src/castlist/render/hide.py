"""Makes faces unrecognisable in a decoded frame, in its own planes. Whose they are isn't known.

A face is averaged over a few coarse cells and these are blended into each other. What is lost can't
be computed back: about 3 x 3 cells lie on a face, whatever its size.
"""

from __future__ import annotations

from typing import Any

import av
import cv2
import numpy as np
from numpy.typing import NDArray

_REACH = 0.78
"""Half-axes of the ellipse over the box's sides; 0.71 (1 / sqrt 2) just holds the box."""
_SOFT = 0.15
"""How much further the ellipse fades out, over its half-axes."""
_CELLS = 6
"""Cells along either side of what is averaged: the ellipse with its soft edge."""


def copied(frame: av.VideoFrame) -> av.VideoFrame:
    """Return a frame of planar pixels that is one's own; a decoder may still need the other.

    Only pixels, colours' meaning and time are taken along.
    """
    copy = av.VideoFrame(frame.width, frame.height, frame.format.name)
    for source, target in zip(planes(frame), planes(copy), strict=True):
        target[:] = source
    copy.colorspace, copy.color_range = frame.colorspace, frame.color_range
    copy.color_trc, copy.color_primaries = frame.color_trc, frame.color_primaries
    return copy


def hide(frame: av.VideoFrame, boxes: NDArray[np.float64]) -> None:
    """Blur the faces in these boxes, in place.

    Args:
        frame: Of planar pixels, 8 to 16 bits.
        boxes: Shape (n, 4): x1, y1, x2, y2 in its pixels, not turned; they may reach beyond.
    """
    for plane in planes(frame):
        scale = np.array([plane.shape[1] / frame.width, plane.shape[0] / frame.height] * 2)
        for box in boxes * scale:
            _hide(plane, box)


def planes(frame: av.VideoFrame) -> list[NDArray[Any]]:
    """Return views of a frame's planes, each of shape (height, width)."""
    kind = np.uint8 if frame.format.components[0].bits <= 8 else np.uint16
    views = []
    for plane in frame.planes:
        data: Any = plane  # a buffer
        rows = np.frombuffer(data, np.uint8).reshape(-1, plane.line_size)[: plane.height]
        views.append(rows.view(kind)[:, : plane.width])
    return views


def _hide(plane: NDArray[Any], box: NDArray[np.float64]) -> None:
    centre, half = (box[:2] + box[2:]) / 2, np.maximum((box[2:] - box[:2]) * _REACH, 1)
    reach = half * (1 + _SOFT)
    left, top = np.maximum(np.floor(centre - reach), 0).astype(int)
    right, bottom = np.minimum(np.ceil(centre + reach), plane.shape[::-1]).astype(int)
    if left >= right or top >= bottom:
        return
    part = plane[top:bottom, left:right]
    size = part.shape[::-1]
    cells = (min(_CELLS, size[0]), min(_CELLS, size[1]))
    coarse = cv2.resize(part, cells, interpolation=cv2.INTER_AREA)
    smooth = cv2.resize(coarse.astype(np.float32), size, interpolation=cv2.INTER_LINEAR)
    y, x = np.ogrid[top:bottom, left:right]
    distance = np.hypot((x + 0.5 - centre[0]) / half[0], (y + 0.5 - centre[1]) / half[1])
    weight = np.clip((1 + _SOFT - distance) / _SOFT, 0, 1)
    part[:] = np.rint(part + weight * (smooth - part)).astype(plane.dtype)
