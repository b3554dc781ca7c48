"""How well a face can be recognised, from its crop and landmarks alone. Nothing is rejected here.

Three numbers of 0 to 1, a face's quality being their geometric mean: size (pixels of the film
between the eyes and the mouth), sharpness (how much fine detail the crop holds), and frontality
(how far the nose lies from where it lies in a face that looks into the camera).
"""

from __future__ import annotations

import cv2
import numpy as np

from castlist.faces.align import CROP_LANDMARKS, similarity
from castlist.faces.types import Floats
from castlist.film.types import Image

FULL_SIZE = 40.0  # pixels from eyes to mouth (a face about 100 high) beyond which more adds nothing
FULL_DETAIL = 0.1  # what `sharpness` measures on a well-focused face of full size
DETAIL_SIDE = 96  # crops are compared at this size, on the face without its surroundings


def quality(crop: Image, landmarks: Floats) -> float:
    """Return the quality of one face.

    Args:
        crop: Canonical crop, (192, 192, 3).
        landmarks: (5, 2), in pixels of the film.
    """
    return float(np.cbrt(size(landmarks) * sharpness(crop) * frontality(landmarks)))


def size(landmarks: Floats) -> float:
    """Return 1 for a face with the resolution that encoders want, less for a smaller one."""
    eyes, mouth = landmarks[:2].mean(axis=0), landmarks[3:].mean(axis=0)
    across, down = np.linalg.norm(landmarks[1] - landmarks[0]), np.linalg.norm(mouth - eyes)
    return min(1.0, float(max(across, down)) / FULL_SIZE)


def sharpness(crop: Image) -> float:
    """Return 1 for a crop in focus, towards 0 for a blurred one, whatever its contrast.

    It is the variance of the Laplacian over the variance of the grey values.
    """
    margin = crop.shape[0] // 8
    grey = cv2.cvtColor(crop[margin:-margin, margin:-margin], cv2.COLOR_RGB2GRAY)
    grey = cv2.resize(grey, (DETAIL_SIDE, DETAIL_SIDE), interpolation=cv2.INTER_AREA)
    detail = cv2.Laplacian(grey.astype(np.float32), cv2.CV_32F).var()
    return min(1.0, float(detail / (grey.var() + 25.0)) / FULL_DETAIL)


def frontality(landmarks: Floats) -> float:
    """Return 1 for a face that looks into the camera, towards 0 for a profile.

    The landmarks are laid on those of a frontal face; what remains, in parts of the distance
    between the eyes there, is how far the head is turned or tilted.
    """
    moved = np.column_stack([landmarks, np.ones(5)]) @ similarity(landmarks, CROP_LANDMARKS).T
    eyes = np.linalg.norm(CROP_LANDMARKS[1] - CROP_LANDMARKS[0])
    apart = float(np.linalg.norm(moved - CROP_LANDMARKS, axis=1).mean() / eyes)
    return float(np.exp(-((apart / 0.2) ** 2)))
