"""Tiny films made on the spot: each frame carries its own number as bars of black and white."""

from __future__ import annotations

import os
from collections.abc import Callable, Iterable, Iterator
from contextlib import contextmanager
from fractions import Fraction
from pathlib import Path
from typing import Any

import av
import numpy as np

WIDTH, HEIGHT, BITS = 192, 96, 8


def coded(index: int, width: int = WIDTH, height: int = HEIGHT) -> np.ndarray:
    """A picture whose upper half is eight bars, the bits of its number; grey below."""
    picture = np.full((height, width, 3), 128, np.uint8)
    for bit in range(BITS):
        bar = slice(bit * width // BITS, (bit + 1) * width // BITS)
        picture[: height // 2, bar] = 235 if index >> bit & 1 else 20
    return picture


def number_of(picture: np.ndarray) -> int:
    """Read the number back off a picture of any size."""
    height, width = picture.shape[:2]
    row = picture[: height // 3].mean(axis=(0, 2))
    centres = [row[round((bit + 0.5) * width / BITS)] for bit in range(BITS)]
    return sum(1 << bit for bit, value in enumerate(centres) if value > 128)


@contextmanager
def usual_priority() -> Iterator[None]:
    """Give the thread back its priority: to root, SVT-AV1 leaves it a real-time one.

    Browsers and workers that a test starts later would inherit it, and nothing else would run.
    """
    if not hasattr(os, "sched_setscheduler"):
        yield
        return
    usual = os.sched_getscheduler(0), os.sched_getparam(0)
    try:
        yield
    finally:
        os.sched_setscheduler(0, *usual)


def write_film(
    path: Path,
    pictures: Iterable[Any],
    *,
    codec: str = "libx264",
    pixels: str = "yuv420p",
    rate: Fraction | int = 25,
    pts: list[int] | None = None,
    options: dict[str, str] | None = None,
    container_options: dict[str, str] | None = None,
    prepare: Callable[[Any], None] = lambda stream: None,
) -> Path:
    """Encode pictures (RGB arrays or frames) to a film; ``pts`` in units of 1/rate."""
    with usual_priority(), av.open(str(path), "w", options=container_options or {}) as container:
        stream = container.add_stream(codec, rate=rate, options=options or {})
        stream.pix_fmt = pixels
        for index, picture in enumerate(pictures):
            frame = picture
            if isinstance(picture, np.ndarray):
                frame = av.VideoFrame.from_ndarray(picture).reformat(format=pixels)
            if index == 0:
                stream.width, stream.height = frame.width, frame.height
                stream.codec_context.time_base = 1 / Fraction(rate)
                prepare(stream)
            frame.pts = pts[index] if pts else index
            frame.time_base = 1 / Fraction(rate)
            container.mux(stream.encode(frame))
        container.mux(stream.encode())
    return path
