"""castlist's own form of a film's truth, `NAME.truth.json`: see `schema/truth.schema.json`."""

from __future__ import annotations

import json
from collections.abc import Mapping
from dataclasses import replace
from pathlib import Path
from typing import Any

from castlist.benchmark.datasets.boxes import Row, true_track
from castlist.benchmark.reading import reading
from castlist.benchmark.truth import VERSION, TrueTrack, Truth
from castlist.benchmark.validate import is_count
from castlist.errors import CastlistError
from castlist.film.identity import content_hash


def read(path: Path) -> Truth:
    """Read a `NAME.truth.json`; tracks stay in its order, and those without a box are kept.

    Raises:
        CastlistError: The file isn't of that form, or another film lies beside it.
    """
    with reading(path, "a film's truth"):
        data = json.loads(path.read_text("utf-8"))
        if (version := _whole(data.get("castlist_truth", VERSION))) != VERSION:
            raise ValueError(f"of version {version}, this program knows {VERSION}")
        tracks = [_track(number, track) for number, track in enumerate(data["tracks"])]
        if len({track.id for track in tracks}) < len(tracks):
            raise ValueError("two of its tracks have the same id")
        film, sha256 = path.parent / data["video"], data.get("sha256")
    if sha256 is not None and film.is_file() and content_hash(film) != sha256:
        raise CastlistError(f"{path}: {film.name} beside it isn't the film that was labelled")
    return Truth(film, tracks, sha256)


def _track(number: int, track: Mapping[str, Any]) -> TrueTrack:
    """Return a track, which is told apart by where it stands if it has no id."""
    own, who = _whole(track.get("id", number)), track["identity"]
    if not isinstance(who, str):
        raise TypeError(f"track {own} is of {who!r}, which isn't a name")
    rows = [
        Row(own, who, _whole(frame), (float(x1), float(y1), float(x2), float(y2)))
        for frame, x1, y1, x2, y2 in track["boxes"]
    ]
    return replace(true_track(who, rows), id=own)


def _whole(value: Any) -> int:
    """Return a whole number from 0."""
    if not is_count(value, 0):
        raise ValueError(f"{value!r} isn't a whole number from 0")
    return int(value)
