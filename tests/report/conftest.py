"""Workspaces of invented films: their crops are plain colours, one for each track."""

from __future__ import annotations

import json
from collections.abc import Callable
from pathlib import Path
from typing import Any

import cv2
import numpy as np
import pyarrow as pa
import pyarrow.parquet as pq
import pytest

RATE = (24000, 1001)
TIME_BASE = 24000
FRAME = 1001
"""Length of a frame in units of the time base."""
SHOT_FRAMES = 90
EVERY = 12


def colour_of(track: int) -> tuple[int, int, int]:
    """The colour of a track's crops, RGB; tracks next to each other differ clearly."""
    return (40 + track * 83 % 200, 40 + track * 47 % 200, 40 + track * 131 % 200)


def build_workspace(
    folder: Path, *, characters: int, tracks: int, shots: int, unknown: int = 0, **changes: Any
) -> Path:
    """Write a workspace; every track lies in a shot of its own turn, 60 frames of its 90.

    Args:
        folder: Made if it isn't there.
        characters: How many; character n has about tracks / 2**n tracks, at least one.
        tracks: All tracks, those of unknown people included.
        shots: How many; each 90 frames long.
        unknown: How many tracks, the last ones, nobody has.
        changes: Keys of ``cast.json`` that are replaced.
    """
    (folder / "crops").mkdir(parents=True)
    first = np.arange(shots) * SHOT_FRAMES
    pq.write_table(
        pa.table(
            {
                "shot": np.arange(shots),
                "first_frame": first,
                "last_frame": first + SHOT_FRAMES - 1,
                "start_pts": first * FRAME,
                "end_pts": (first + SHOT_FRAMES) * FRAME,
            }
        ),
        folder / "shots.parquet",
    )

    names = ("track", "frame", "pts", "file", "quality", "strength")
    rows: dict[str, list[Any]] = {name: [] for name in names}
    listed = []
    for track in range(tracks):
        shot = track * shots // max(tracks, 1)
        start = shot * SHOT_FRAMES + 10
        quality = round(0.3 + track * 37 % 61 / 100, 2)
        picture = np.full((192, 192, 3), colour_of(track)[::-1], np.uint8)
        encoded = cv2.imencode(".jpg", picture)[1].tobytes()
        for frame in range(start, start + 60, EVERY):
            file = f"crops/{track:06d}_{frame:06d}.jpg"
            (folder / file).write_bytes(encoded)
            for name, value in zip(
                rows, (track, frame, frame * FRAME, file, quality, 20 * quality), strict=True
            ):
                rows[name].append(value)
        known = track < tracks - unknown
        listed.append(
            {
                "id": track,
                "character": f"C{_owner(track, characters):02d}" if known else None,
                "shot": shot,
                "start": start * FRAME / TIME_BASE,
                "end": (start + 60) * FRAME / TIME_BASE,
                "start_frame": start,
                "end_frame": start + 59,
                "quality": quality,
            }
        )
    types = [pa.int64(), pa.int64(), pa.int64(), pa.string(), pa.float64(), pa.float64()]
    pq.write_table(
        pa.table(
            {
                name: pa.array(own, kind)
                for (name, own), kind in zip(rows.items(), types, strict=True)
            }
        ),
        folder / "crops.parquet",
    )

    people = []
    for number in range(1, characters + 1):
        own = [track for track in listed if track["character"] == f"C{number:02d}"]
        people.append(
            {
                "id": f"C{number:02d}",
                "name": None,
                "tracks": [track["id"] for track in own],
                "screen_time": sum(track["end"] - track["start"] for track in own),
                "first": own[0]["start"],
                "last": own[-1]["end"],
                "portrait": f"crops/{own[0]['id']:06d}_{own[0]['start_frame']:06d}.jpg",
            }
        )
    frames = shots * SHOT_FRAMES
    cast = {
        "castlist": 1,
        "film": {
            "path": "films/The Invented Film.mkv",
            "sha256": "0" * 64,
            "duration": frames * FRAME / TIME_BASE,
            "frames": frames,
            "frame_rate": f"{RATE[0]}/{RATE[1]}",
            "time_base": f"1/{TIME_BASE}",
            "width": 1920,
            "height": 1080,
            "rotation": 0,
        },
        "characters": people,
        "tracks": listed,
        "unknown": [track["id"] for track in listed if track["character"] is None],
        "settings": {
            "seed": 0,
            "faces": {"size": 640, "sides": ["left", "right"]},
            "models": {"encoder": {"name": "a network", "licence": "CC0"}},
        },
        "timings": {"faces": 30.0, "adapt": 15.0},
    } | changes
    (folder / "cast.json").write_text(json.dumps(cast), "utf-8")
    return folder


def _owner(track: int, characters: int) -> int:
    """Number of a track's character: the first ones have one each, then 1 has half the rest."""
    if track < characters:
        return track + 1
    number = 1
    while track % 2 and number < characters:
        track //= 2
        number += 1
    return number


@pytest.fixture(scope="session")
def make_workspace() -> Callable[..., Path]:
    """Build a workspace: ``make_workspace(folder, characters=, tracks=, shots=, unknown=)``."""
    return build_workspace


@pytest.fixture(scope="session")
def track_colour() -> Callable[[int], tuple[int, int, int]]:
    """Tell the RGB colour of a track's crops."""
    return colour_of
