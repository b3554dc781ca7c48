"""A film of patterns."""

import numpy as np
import pytest


@pytest.fixture(scope="module")
def film():
    """Twelve tracks of four people: patterns of colour, each crop in another light."""
    rng = np.random.default_rng(0)
    faces = rng.integers(40, 216, (4, 3, 3, 3))
    track = np.repeat(np.arange(12), 4)
    crops = []
    for number in track:
        face = faces[number % 4] * rng.uniform(0.5, 1.3, 3) + rng.normal(0, 25, (3, 3, 3))
        crops.append(np.kron(face, np.ones((64, 64, 1))).clip(0, 255).astype(np.uint8))
    return np.stack(crops), track
