"""Cut a face out of a picture upright: five landmarks moved onto fixed places of a square crop.

All of castlist's crops are canonical: ``CROP_SIZE`` pixels square, RGB, the landmarks laid by
least squares on ``CROP_LANDMARKS``. Encoders resample them to chips of their own. Faces are
neither found nor judged here.
"""

from __future__ import annotations

import cv2
import numpy as np
from numpy.typing import ArrayLike, NDArray

from castlist.film.types import Image

CROP_SIZE = 192
"""Side of a canonical crop, in pixels."""

ARCFACE_112: NDArray[np.float64] = np.array(
    [
        [38.2946, 51.6963],
        [73.5318, 51.5014],
        [56.0252, 71.7366],
        [41.5493, 92.3655],
        [70.7299, 92.2041],
    ]
)
"""Left eye, right eye, nose tip, left and right mouth corner (left as seen in the picture) as
(x, y) in the 112-pixel chip that insightface published for ArcFace."""

CROP_LANDMARKS: NDArray[np.float64] = (ARCFACE_112 + 14) * (CROP_SIZE / 140)
"""The same five in a canonical crop: the ArcFace chip with a margin of an eighth all around."""


def similarity(source: ArrayLike, target: ArrayLike) -> NDArray[np.float64]:
    """Return the similarity that moves ``source`` onto ``target`` with the least squared error.

    Rotation, one scale and a translation, never a reflection: Umeyama (1991) in the plane, where
    it is a complex factor ``a`` that minimises ``|a s - t|`` over centred points.

    Args:
        source: Points (n, 2), n >= 2.
        target: Points (n, 2).

    Returns:
        Matrix (2, 3): ``matrix @ (x, y, 1)`` is the moved point.

    Raises:
        ValueError: The shapes don't fit, a number isn't finite, or all source points coincide.
    """
    source, target = np.asarray(source, np.float64), np.asarray(target, np.float64)
    if source.shape != target.shape or source.ndim != 2 or source.shape[1] != 2:
        raise ValueError(f"two equal lists of points wanted, not {source.shape}, {target.shape}")
    if not (np.isfinite(source).all() and np.isfinite(target).all()):
        raise ValueError("a landmark isn't a finite number")
    from_mean, to_mean = source.mean(axis=0), target.mean(axis=0)
    s, t = (source - from_mean) @ [1, 1j], (target - to_mean) @ [1, 1j]
    spread = np.vdot(s, s).real
    if spread < 1e-12:
        raise ValueError("all landmarks lie on one point")
    a = np.vdot(s, t) / spread
    turn = np.array([[a.real, -a.imag], [a.imag, a.real]])
    return np.column_stack([turn, to_mean - turn @ from_mean])


def align(picture: Image, landmarks: ArrayLike) -> Image:
    """Cut the face with these landmarks out of the picture as a canonical crop.

    What lies outside the picture is black, as in the chips that face-ID networks were trained on.
    Large faces are averaged down before they are turned, so that they don't alias.

    Args:
        picture: RGB, shape (height, width, 3), uint8.
        landmarks: Shape (5, 2), (x, y) in pixels of the picture (a pixel's centre is an integer).

    Returns:
        RGB crop (``CROP_SIZE``, ``CROP_SIZE``, 3), uint8.

    Raises:
        ValueError: The landmarks aren't five finite points, or all lie on one point.
    """
    matrix = similarity(landmarks, CROP_LANDMARKS)
    scale = float(np.hypot(matrix[0, 0], matrix[1, 0]))
    if scale < 1:
        picture, matrix = _shrink(picture, matrix, scale)
    return np.asarray(
        cv2.warpAffine(picture, matrix, (CROP_SIZE, CROP_SIZE), flags=cv2.INTER_LINEAR), np.uint8
    )


def _shrink(
    picture: Image, matrix: NDArray[np.float64], scale: float
) -> tuple[Image, NDArray[np.float64]]:
    """Average the part of the picture under the crop down to the crop's scale."""
    corners = np.array([[x, y, 1.0] for x in (-2, CROP_SIZE + 1) for y in (-2, CROP_SIZE + 1)])
    under = corners @ cv2.invertAffineTransform(matrix).T
    height, width = picture.shape[:2]
    x1, y1 = np.clip(np.floor(under.min(axis=0)), 0, [width - 1, height - 1]).astype(int)
    x2, y2 = np.clip(np.ceil(under.max(axis=0)) + 1, [x1 + 1, y1 + 1], [width, height]).astype(int)
    part = picture[y1:y2, x1:x2]
    size = np.maximum(np.rint(np.array([x2 - x1, y2 - y1]) * scale), 1).astype(int)
    small = cv2.resize(part, (int(size[0]), int(size[1])), interpolation=cv2.INTER_AREA)
    step = np.array([x2 - x1, y2 - y1]) / size  # pixels of the picture in one of the small picture
    first = np.array([x1, y1]) + (step - 1) / 2  # where the first small pixel's centre lies
    turn = matrix[:, :2]
    return np.asarray(small, np.uint8), np.column_stack([turn * step, matrix[:, 2] + turn @ first])
