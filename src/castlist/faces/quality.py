"""How well a face can be recognised, from its crop and landmarks alone. Nothing is rejected here.

Five numbers of 0 to 1. A face's quality is the geometric mean of its size (pixels
between the eyes and the mouth), its sharpness (how much fine detail the crop holds) and its
frontality (how near the landmarks lie to those of a face that looks into the camera), times the
contrast and times the part of the crop that lies inside the picture.
"""

from __future__ import annotations

import cv2
import numpy as np
from numpy.typing import NDArray

from castlist.faces.align import CROP_LANDMARKS, CROP_SIZE, similarity
from castlist.faces.types import Floats
from castlist.film.types import Image

FULL_SIZE = 40.0  # pixels from eyes to mouth (a face about 100 high) beyond which more adds nothing
FULL_DETAIL = 0.1  # what `sharpness` measures on a well-focused face of full size
FULL_CONTRAST = 40.0  # standard deviation of the grey values of a face in good light
DETAIL_SIDE = 96  # crops are compared at this size, on the face without its surroundings


def quality(crop: Image, landmarks: Floats, picture_size: tuple[int, int]) -> float:
    """Return the quality of one face.

    Args:
        crop: Canonical crop, (192, 192, 3).
        landmarks: (5, 2), in pixels of the picture that the crop was cut from.
        picture_size: Width and height of that picture.
    """
    clear = np.cbrt(size(landmarks) * sharpness(crop) * frontality(landmarks))
    return float(clear * contrast(crop) * inside(landmarks, picture_size))


def size(landmarks: Floats) -> float:
    """Return 1 for a face with the resolution that encoders want, less for a smaller one."""
    eyes, mouth = landmarks[:2].mean(axis=0), landmarks[3:].mean(axis=0)
    across, down = np.linalg.norm(landmarks[1] - landmarks[0]), np.linalg.norm(mouth - eyes)
    return min(1.0, float(max(across, down)) / FULL_SIZE)


def sharpness(crop: Image) -> float:
    """Return 1 for a crop in focus, towards 0 for a blurred one, whatever its contrast.

    It is the variance of the Laplacian over the variance of the grey values.
    """
    grey = _face(crop)
    detail = cv2.Laplacian(grey, cv2.CV_32F).var()
    return min(1.0, float(detail / (grey.var() + 25.0)) / FULL_DETAIL)


def contrast(crop: Image) -> float:
    """Return 1 for a face in good light, towards 0 for one lost in the dark, in haze or glare."""
    return min(1.0, float(_face(crop).std()) / FULL_CONTRAST)


def inside(landmarks: Floats, picture_size: tuple[int, int]) -> float:
    """Return the part of the crop that lies inside the picture it was cut from."""
    steps = (np.arange(16) + 0.5) * (CROP_SIZE / 16)
    grid = np.stack([*np.meshgrid(steps, steps), np.ones((16, 16))], axis=-1)
    back = cv2.invertAffineTransform(similarity(landmarks, CROP_LANDMARKS))
    places = grid @ back.T  # (16, 16, 2): where the crop's pixels lie in the picture
    return float(((places >= 0) & (places < np.asarray(picture_size))).all(axis=2).mean())


def frontality(landmarks: Floats) -> float:
    """Return 1 for a face that looks into the camera, towards 0 for a profile.

    The landmarks are laid on those of a frontal face; what remains, in parts of the distance
    between the eyes there, is how far the head is turned or tilted.
    """
    moved = np.column_stack([landmarks, np.ones(5)]) @ similarity(landmarks, CROP_LANDMARKS).T
    eyes = np.linalg.norm(CROP_LANDMARKS[1] - CROP_LANDMARKS[0])
    apart = float(np.linalg.norm(moved - CROP_LANDMARKS, axis=1).mean() / eyes)
    return float(np.exp(-((apart / 0.2) ** 2)))


def _face(crop: Image) -> NDArray[np.float32]:
    """Return the grey values of the face without its surroundings, (96, 96)."""
    margin = crop.shape[0] // 8
    grey = cv2.cvtColor(crop[margin:-margin, margin:-margin], cv2.COLOR_RGB2GRAY)
    fine = grey.astype(np.float32)  # else rounding would pass for detail in a dark face
    small = cv2.resize(fine, (DETAIL_SIDE, DETAIL_SIDE), interpolation=cv2.INTER_AREA)
    return np.asarray(small, np.float32)
