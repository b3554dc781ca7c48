"""From HDR code values to an SDR picture that a face detector knows how to read.

A fixed curve, the same for every frame, so that faces keep their look within a film. It isn't a
colourist's tone mapping: mastering metadata, Dolby Vision and HDR10+ are ignored.

Formulas: PQ from SMPTE ST 2084, HLG with its OOTF from ITU-R BT.2100, diffuse white at 203 cd/m2
from ITU-R BT.2408, BT.2020 to BT.709 primaries from ITU-R BT.2087, display gamma 2.4 from BT.1886.
"""

from __future__ import annotations

from functools import cache

import numpy as np
from numpy.typing import NDArray

from castlist.film.types import Image

Light = NDArray[np.float32]

DIFFUSE_WHITE = 203.0
"""cd/m2 of a white sheet of paper in an HDR film (BT.2408)."""

WHITE_SIGNAL = 0.8
"""Share of the SDR signal range that diffuse white is given; highlights share the rest."""

GAMMA = 2.4
_HLG_PEAK = 1000.0  # cd/m2, at which BT.2100 sets HLG's system gamma to 1.2
_HLG_GAMMA = 1.2
_LUMINANCE_2020 = np.array([0.2627, 0.6780, 0.0593], dtype=np.float32)
_TO_709 = np.array(
    [[1.6605, -0.5876, -0.0728], [-0.1246, 1.1329, -0.0083], [-0.0182, -0.1006, 1.1187]],
    dtype=np.float32,
)
_CODES = 1 << 12  # entries of the tables: HDR film has 10 or 12 bits


def to_sdr(codes: NDArray[np.uint16], transfer: str) -> Image:
    """Map HDR RGB to SDR RGB.

    Args:
        codes: BT.2020 RGB code values, full range, 16 bits, shape (height, width, 3).
        transfer: "pq" or "hlg".

    Returns:
        BT.709 RGB for a display of gamma 2.4, uint8, same shape.
    """
    light: Light = _linear_table(transfer)[codes >> 4]
    if transfer == "hlg":
        luminance = light @ _LUMINANCE_2020
        light *= (luminance ** (_HLG_GAMMA - 1.0))[..., None]
        light *= _HLG_PEAK / DIFFUSE_WHITE
    light = light @ _TO_709.T
    return _encode(shoulder(np.maximum(light, 0.0) * WHITE_SIGNAL**GAMMA))


def shoulder(light: Light) -> Light:
    """Leave what is darker than diffuse white alone and bend what is brighter under 1.

    The bend ``k + (1 - k) t / (1 + t)`` starts with slope 1 at diffuse white and reaches 1 for
    infinite light only, so nothing clips.
    """
    knee = np.float32(WHITE_SIGNAL**GAMMA)
    excess: Light = np.maximum(light - knee, 0) / (1 - knee)
    bent: Light = np.minimum(light, knee) + (1 - knee) * excess / (1 + excess)
    return bent


def pq_to_light(signal: NDArray[np.float64]) -> NDArray[np.float64]:
    """Return cd/m2 of a PQ signal in [0, 1] (SMPTE ST 2084)."""
    m1, m2 = 2610 / 16384, 2523 / 4096 * 128
    c1, c2, c3 = 3424 / 4096, 2413 / 4096 * 32, 2392 / 4096 * 32
    power = signal ** (1 / m2)
    return 10000.0 * (np.maximum(power - c1, 0.0) / (c2 - c3 * power)) ** (1 / m1)


def hlg_to_scene(signal: NDArray[np.float64]) -> NDArray[np.float64]:
    """Return the scene's light in [0, 1] of an HLG signal in [0, 1] (BT.2100, inverse OETF)."""
    a, b, c = 0.17883277, 0.28466892, 0.55991073
    return np.where(signal <= 0.5, signal**2 / 3.0, (np.exp((signal - c) / a) + b) / 12.0)


@cache
def _linear_table(transfer: str) -> Light:
    """Light of each code: relative to diffuse white for PQ, the scene's for HLG."""
    signal = np.linspace(0.0, 1.0, _CODES)
    light = pq_to_light(signal) / DIFFUSE_WHITE if transfer == "pq" else hlg_to_scene(signal)
    return light.astype(np.float32)


@cache
def _gamma_table() -> Image:
    # Indexed by the square root of light: fine steps in the dark, where gamma is steep.
    root = np.linspace(0.0, 1.0, _CODES)
    return np.round(255.0 * root ** (2.0 / GAMMA)).astype(np.uint8)


def _encode(light: Light) -> Image:
    index = (np.sqrt(light) * (_CODES - 1) + 0.5).astype(np.uint16)
    return _gamma_table()[index]
