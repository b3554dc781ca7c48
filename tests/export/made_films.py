"""Workspaces of a film that was never shot: 150 frames, three shots, three people, one unknown."""

from __future__ import annotations

from dataclasses import replace
from fractions import Fraction
from pathlib import Path
from typing import Any

import cv2
import numpy as np

from castlist.cast.build import build
from castlist.film.timeline import Timeline
from castlist.film.types import Shots
from castlist.tracks.types import Crops, Tracks, crop_file

FRAMES = 150
SHOTS = ((0, 39), (40, 99), (100, 149))

TRACKS = (  # whose, shot, first and last frame
    ("anna", 0, 5, 24),
    ("anna", 0, 25, 30),  # touches the one before: one appearance
    ("ben", 0, 10, 39),
    ("anna", 1, 40, 60),
    ("anna", 1, 70, 99),  # a gap before it: another appearance
    ("ben", 1, 50, 80),
    ("ben", 1, 75, 90),  # overlaps: one appearance
    (None, 2, 100, 120),
    ("carla", 2, 100, 149),
    ("anna", 2, 100, 110),  # touches that of the shot before, but there is a cut
)

APPEARANCES = (  # character, shot, first and last frame, tracks
    ("C01", 0, 5, 30, (0, 1)),
    ("C02", 0, 10, 39, (2,)),
    ("C01", 1, 40, 60, (3,)),
    ("C02", 1, 50, 90, (5, 6)),
    ("C01", 1, 70, 99, (4,)),
    ("C01", 2, 100, 110, (9,)),
    ("C03", 2, 100, 149, (8,)),
)
"""What they make, in order of time, then of screen time."""

NAMES = ("Anna", None, "Carla")

ODD_NAMES = (
    'Bell, "Anna"\n& <Co> | 😀',
    "يوسف --> بن|يعقوب",
    "Łukasz\tŻółć; 'x' \\ \x07% = {}",
)
"""Commas, quotes, line breaks, emoji, right to left, and what means something to a format."""


def make_workspace(
    folder: Path,
    *,
    rate: Fraction | int = 25,
    pts: list[int] | None = None,
    time_base: Fraction | None = None,
    names: tuple[str | None, ...] = NAMES,
    film: str = "films/Night & Day.mov",
    **facts: Any,
) -> Path:
    """Write a workspace.

    Args:
        folder: Made if it isn't there.
        rate: What the film's container says.
        pts: When each frame is shown, and when the last one ends; by default at an even rate.
        time_base: Seconds per unit of pts; by default a frame's length.
        names: Of the characters.
        film: The film's path, as it was told.
        facts: Further facts of the film in `cast.json`.
    """
    base = time_base or 1 / Fraction(rate)
    times = np.array(pts if pts else range(FRAMES + 1), np.int64)
    timeline = Timeline(times[:-1], int(times[-1]))
    first, last = np.array(SHOTS).T
    shots = Shots(first, last, times[first], times[last + 1])

    rows = [
        (number, shot, frame)
        for number, (_, shot, start, end) in enumerate(TRACKS)
        for frame in range(start, end + 1)
    ]
    track, shot, frame = np.array(rows).T
    x, y = 40.0 + 60 * track + 0.5 * frame, 20.0 + 10 * track
    boxes = np.stack([x, y, x + 48, y + 60.25], axis=1).astype(np.float32)
    detected = frame % 5 == 0
    tracks = Tracks(
        *(track, shot, frame, times[frame], boxes),
        *(np.full(len(rows), 0.9, np.float32), detected, frame % 15 == 7),
    )
    sampled = np.flatnonzero(frame % 12 == 0)
    crops = Crops(
        *(track[sampled], frame[sampled], times[frame[sampled]]),
        np.linspace(0.4, 0.9, len(sampled), dtype=np.float32),
        np.full(len(sampled), 20, np.float32),
        np.array([crop_file(t, f) for t, f in zip(track[sampled], frame[sampled], strict=True)]),
    )
    people = ["anna", "ben", "carla"]
    labels = np.array([people.index(who) if who else -1 for who, *_ in TRACKS])
    exact = Fraction(rate)
    told = {
        "path": film,
        "sha256": "0" * 64,
        "frame_rate": f"{exact.numerator}/{exact.denominator}",
        "time_base": f"{base.numerator}/{base.denominator}",
        "width": 640,
        "height": 360,
        "rotation": 0,
        **timeline.facts(base),
        **facts,
    }
    cast = build(told, base, timeline, tracks, crops, labels)
    characters = [replace(c, name=n) for c, n in zip(cast.characters, names, strict=True)]
    (folder / "crops").mkdir(parents=True)
    replace(cast, characters=characters).save(folder / "cast.json")
    tracks.save(folder / "tracks.parquet")
    crops.save(folder / "crops.parquet")
    shots.save(folder / "shots.parquet")
    timeline.save(folder / "frames.parquet")
    for number, file in zip(crops.track.tolist(), crops.file.tolist(), strict=True):
        grey = np.full((192, 192, 3), 40 + 20 * number, np.uint8)
        (folder / file).write_bytes(cv2.imencode(".jpg", grey)[1].tobytes())
    return folder
