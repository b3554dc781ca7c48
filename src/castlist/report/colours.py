"""Distinct colours for characters, one for light and one for dark pages; no page knowledge.

Colours are taken farthest-first in OKLab (Ottosson 2020, bottosson.github.io/posts/oklab), so
the n-th colour never depends on how many follow: a character keeps its colour when others are
added after it. A colour keeps its hue in both schemes; only its lightness changes.
"""

from __future__ import annotations

import numpy as np
from numpy.typing import NDArray

Floats = NDArray[np.float64]

COUNT = 60
"""Colours that are told apart; further characters start over."""

SURFACES = ("#ffffff", "#1b1d22")
"""What the bars stand on in the light and the dark scheme; the style sheet uses the same."""

CONTRAST = 3.0
"""Least contrast with the surface (WCAG 2.1, 1.4.11: graphical objects)."""

_LIGHTNESS = ((0.46, 0.56, 0.65), (0.63, 0.73, 0.83))
_CHROMA = (0.065, 0.11, 0.155)
_HUES = np.arange(0, 360, 5)

_LAB_TO_LMS = np.array(
    [
        [1.0, 0.3963377774, 0.2158037573],
        [1.0, -0.1055613458, -0.0638541728],
        [1.0, -0.0894841775, -1.2914855480],
    ]
)
_LMS_TO_RGB = np.array(
    [
        [4.0767416621, -3.3077115913, 0.2309699292],
        [-1.2684380046, 2.6097574011, -0.3413193965],
        [-0.0041960863, -0.7034186147, 1.7076147010],
    ]
)


def palette() -> list[tuple[str, str]]:
    """Return COUNT pairs (colour on light, colour on dark), as ``#rrggbb``, most distinct first."""
    steps, chroma, hue = np.meshgrid(range(len(_LIGHTNESS[0])), _CHROMA, _HUES, indexing="ij")
    labs = [_oklab(np.take(row, steps).ravel(), chroma.ravel(), hue.ravel()) for row in _LIGHTNESS]
    linear = [(lab @ _LAB_TO_LMS.T) ** 3 @ _LMS_TO_RGB.T for lab in labs]
    usable = np.logical_and.reduce(
        [
            ((rgb >= 0) & (rgb <= 1)).all(axis=1)
            & (contrast(rgb.clip(0, 1), linear_rgb(surface)) >= CONTRAST)
            for rgb, surface in zip(linear, SURFACES, strict=True)
        ]
    )
    labs = [lab[usable] for lab in labs]
    linear = [rgb[usable] for rgb in linear]

    chosen = [_calm_blue(labs[0])]
    nearest = np.full(len(labs[0]), np.inf)
    while len(chosen) < COUNT:
        for lab in labs:
            nearest = np.minimum(nearest, np.linalg.norm(lab - lab[chosen[-1]], axis=1))
        chosen.append(int(nearest.argmax()))
    return [(_hex(linear[0][i]), _hex(linear[1][i])) for i in chosen]


def contrast(one: Floats, other: Floats) -> Floats:
    """Return the WCAG contrast ratio of linear RGB colours, shape (..., 3), from 1 to 21."""
    weights = np.array([0.2126, 0.7152, 0.0722])
    a, b = one @ weights + 0.05, other @ weights + 0.05
    return np.asarray(np.maximum(a, b) / np.minimum(a, b))


def linear_rgb(colour: str) -> Floats:
    """Return the linear-light RGB, shape (3,), of ``#rrggbb``."""
    srgb = np.frombuffer(bytes.fromhex(colour[1:]), np.uint8) / 255
    return np.asarray(np.where(srgb <= 0.04045, srgb / 12.92, ((srgb + 0.055) / 1.055) ** 2.4))


def _oklab(lightness: Floats, chroma: Floats, hue: Floats) -> Floats:
    angle = np.deg2rad(hue)
    return np.stack([lightness, chroma * np.cos(angle), chroma * np.sin(angle)], axis=1)


def _calm_blue(lab: Floats) -> int:
    """Where the walk starts: the usable colour next to a mid blue."""
    blue = _oklab(np.array([0.56]), np.array([0.11]), np.array([250.0]))
    return int(np.linalg.norm(lab - blue, axis=1).argmin())


def _hex(rgb: Floats) -> str:
    srgb = np.where(rgb <= 0.0031308, rgb * 12.92, 1.055 * rgb ** (1 / 2.4) - 0.055)
    return f"#{np.rint(srgb * 255).astype(np.uint8).tobytes().hex()}"
