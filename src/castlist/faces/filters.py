"""Which faces are worth following: the paper's filters before tracking (VideoClusterNet, 2.1).

Minimum area, the K largest of a frame, and blur. They keep a lead's small face in a wide shot
and drop the far crowd behind it. A frame's faces come in and fewer go out; nothing is tracked.
"""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

from castlist.faces.types import Faces


@dataclass(frozen=True, kw_only=True)
class Filters:
    """Limits below which a face isn't followed.

    Attributes:
        min_height: Least height of a face, as a part of the picture's height. Raising it drops
            more of the background.
        min_pixels: Least height of a face in pixels of the film: below it no network knows anyone.
        most: The K largest faces of a frame are kept.
        min_sharpness: Least sharpness of a crop, 0 to 1 (see `faces.quality`); blurred faces are
            left out, and the track goes on across them.
    """

    min_height: float = 0.045
    min_pixels: float = 16.0
    most: int = 10
    min_sharpness: float = 0.005

    def large_enough(self, faces: Faces, picture_height: int) -> NDArray[np.intp]:
        """Return the rows of the faces that pass by size, the largest first, at most K."""
        extent = faces.boxes[:, 2:] - faces.boxes[:, :2]
        least = max(self.min_height * picture_height, self.min_pixels)
        rows = np.flatnonzero(extent[:, 1] >= least)
        area = np.prod(extent[rows], axis=1)
        return rows[np.argsort(-area, kind="stable")[: self.most]]
