"""What the page shows, gathered from a finished workspace: facts and file names, no markup.

The pictures are named here, in the order of their numbers, and packed elsewhere.
"""

from __future__ import annotations

import math
from collections import defaultdict
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from fractions import Fraction
from pathlib import Path
from typing import Any

import numpy as np

import castlist
from castlist.cast.parts import cut_crops, cuts_of
from castlist.cast.types import Cast, CastTrack
from castlist.cluster.labels import load_labels
from castlist.errors import WorkspaceError
from castlist.faces.types import Ints
from castlist.film.types import Shots
from castlist.report import adaptation, colours
from castlist.tracks.types import Crops

SAMPLES_PER_TRACK = 8
SAMPLES = 8000
"""Most crops on the page, unless the tracks alone are more: a track always keeps one."""

STRIP = 6
"""Sample crops of a character in the gallery, each from another track."""


@dataclass(frozen=True)
class Contents:
    """All that goes onto the page.

    Attributes:
        facts: What the page's script reads, ready for JSON. Pictures are numbers there.
        tiles: Sampled crops, paths inside the workspace; a picture's number is its place here.
        portraits: Portraits of the characters, likewise.
    """

    facts: dict[str, Any]
    tiles: list[str]
    portraits: list[str]


@dataclass(frozen=True)
class Crop:
    """One crop of a track, as the page samples it."""

    frame: int
    file: str
    quality: float


def gather(workspace: Path, *, served: bool = False) -> Contents:
    """Read ``cast.json`` and the tables of a workspace that the page shows.

    Args:
        workspace: The folder.
        served: Whether pictures are handed out as they are asked for: then no track has fewer for
            there being many, and they lie by cluster, whoever the tracks belong to by now.

    Raises:
        WorkspaceError: One of them is missing, damaged or of another version.
    """
    cast = Cast.load(workspace / "cast.json")
    try:
        shots = Shots.load(workspace / "shots.parquet")
        crops = Crops.load(workspace / "crops.parquet")
        cut = cut_crops(crops, _run_tracks(cast), cuts_of(cast))
        clusters = load_labels(workspace / "clusters.parquet") if served else None
        contents = assemble(cast, shots, cut, clusters)
        contents.facts["adaptation"] = adaptation.describe(workspace, crops.track)
        return contents
    except (KeyError, TypeError, ValueError, ArithmeticError) as error:
        raise WorkspaceError(
            f"{workspace / 'cast.json'}: doesn't fit the tables beside it, or lacks what the "
            f"report shows ({type(error).__name__}: {error}); run castlist on the film again"
        ) from error


def _run_tracks(cast: Cast) -> int:
    """Return how many tracks the run found; parts that the user cut off are behind them."""
    return sum(track.part_of is None for track in cast.tracks)


def assemble(cast: Cast, shots: Shots, crops: Crops, clusters: Ints | None = None) -> Contents:
    """Number the pictures and lay out the facts.

    Args:
        cast: The cast list. ``settings["models"]``, if there, is a dict from a part ("encoder")
            to a dict with "name" and "licence", and is shown as a sentence.
        shots: The film's shots.
        crops: The crops sampled from its tracks.
        clusters: Where pictures are served, shape (T,): cluster of each of the run's tracks.
    """
    film = cast.film
    base, rate = Fraction(film["time_base"]), Fraction(film["frame_rate"])
    zero = int(shots.start_pts[0]) if len(shots) else 0  # the film's clock may start anywhere
    faces = [track for track in cast.tracks if track.id not in cast.no_faces]
    tracks = sorted(faces, key=lambda track: (track.start, track.id))
    taken = _by_track(crops)
    limit = SAMPLES if clusters is None else len(crops)
    samples = choose({track.id: taken[track.id] for track in tracks}, limit=limit)
    covers = {track: max(own, key=_quality, default=None) for track, own in samples.items()}
    strips = [
        strip([covers[track.id] for track in tracks if track.character == character.id])
        for character in cast.characters
    ]
    portraits = [character.portrait for character in cast.characters if character.portrait]
    if clusters is None:
        tiles = _tile_order(cast, tracks, strips, samples)
    else:
        lying = sorted(tracks, key=lambda track: (clusters[_whole(track)], _whole(track)))
        tiles = [crop.file for track in lying for crop in samples[track.id]]
    number = {file: place for place, file in enumerate(tiles)}
    palette = colours.palette()
    settings = dict(cast.settings)
    models = settings.pop("models", {})

    facts = {
        "version": castlist.__version__,
        "film": {
            "name": Path(film["path"]).name,
            "duration": float(film["duration"]),
            "frames": int(film["frames"]),
            "rate": [rate.numerator, rate.denominator],
            "width": int(film["width"]),
            "height": int(film["height"]),
        },
        "shots": {
            "start": [_seconds((pts - zero) * base) for pts in shots.start_pts.tolist()],
            "end": [_seconds((pts - zero) * base) for pts in shots.end_pts.tolist()],
            "first": shots.first_frame.tolist(),
            "last": shots.last_frame.tolist(),
        },
        "characters": [
            {
                "id": character.id,
                "name": character.name,
                "note": character.note,
                "hidden": character.hidden,
                "colour": palette[place % len(palette)],
                "seconds": _seconds(character.screen_time),
                "portrait": portraits.index(character.portrait) if character.portrait else None,
                "strip": [number[crop.file] for crop in strips[place]],
            }
            for place, character in enumerate(cast.characters)
        ],
        "tracks": [
            {
                "id": track.id,
                "character": track.character,
                "shot": track.shot,
                "start": _seconds(track.start),
                "end": _seconds(track.end),
                "first": track.start_frame,
                "last": track.end_frame,
                "quality": _finite(track.quality),
                "tiles": [number[crop.file] for crop in samples[track.id]],
                "frames": [crop.frame for crop in samples[track.id]],
                "cover": number[cover.file] if (cover := covers[track.id]) else None,
            }
            for track in tracks
        ],
        "conflicts": cast.conflicts,
        "settings": _flat(settings),
        "models": [
            [part, str(model["name"]), str(model["licence"])] for part, model in models.items()
        ],
        "timings": [[stage, float(seconds)] for stage, seconds in cast.timings.items()],
    }
    return Contents(facts, tiles, portraits)


def choose(crops: Mapping[int, Sequence[Crop]], *, limit: int) -> dict[int, list[Crop]]:
    """Take up to SAMPLES_PER_TRACK crops of each track, spread evenly over it.

    Fewer per track where all tracks together would have more than ``limit``, but never none.
    """
    per_track = SAMPLES_PER_TRACK
    while per_track > 1 and sum(min(len(own), per_track) for own in crops.values()) > limit:
        per_track -= 1
    return {
        track: [own[i] for i in _evenly(len(own), per_track)] if own else []
        for track, own in crops.items()
    }


def strip(covers: Sequence[Crop | None]) -> list[Crop]:
    """Take up to STRIP crops, each the best of a like share of a character's tracks in time.

    Args:
        covers: The best crop of each of the character's tracks, in order of time.
    """
    shown = [cover for cover in covers if cover]
    shares = np.array_split(np.arange(len(shown)), min(STRIP, len(shown)) or 1)
    return [max((shown[i] for i in share), key=_quality) for share in shares if len(share)]


def _whole(track: CastTrack) -> int:
    """Return the run's track of which this is the whole or a part."""
    return track.id if track.part_of is None else track.part_of


def _tile_order(
    cast: Cast,
    tracks: Sequence[CastTrack],
    strips: Sequence[Sequence[Crop]],
    samples: Mapping[int, Sequence[Crop]],
) -> list[str]:
    """Put crops that are seen together next to each other, so that few sheets are decoded."""
    rank = {character.id: place for place, character in enumerate(cast.characters)}
    by_character = sorted(tracks, key=lambda track: rank.get(track.character or "", len(rank)))
    order = [crop.file for own in strips for crop in own]
    order += [crop.file for track in by_character for crop in samples[track.id]]
    return list(dict.fromkeys(order))


def _evenly(count: int, most: int) -> list[int]:
    if most == 1:
        return [count // 2]
    return [round(place) for place in np.linspace(0, count - 1, min(count, most))]


def _quality(crop: Crop) -> float:
    return crop.quality


def _seconds(time: Fraction | float) -> float:
    return round(float(time), 4)


def _finite(value: float | None) -> float:
    return round(value, 4) if value is not None and math.isfinite(value) else 0.0


def _flat(settings: Mapping[str, Any], prefix: str = "") -> list[list[str]]:
    """Lay nested settings out as [dotted name, value] pairs, both text."""
    rows: list[list[str]] = []
    for name, value in settings.items():
        if isinstance(value, dict):
            rows += _flat(value, f"{prefix}{name}.")
        elif isinstance(value, list):
            rows.append([prefix + name, ", ".join(map(str, value))])
        else:
            rows.append([prefix + name, str(value)])
    return rows


def _by_track(crops: Crops) -> Mapping[int, list[Crop]]:
    by_track: dict[int, list[Crop]] = defaultdict(list)
    columns = (crops.track, crops.frame, crops.file, crops.quality)
    for track, frame, file, quality in zip(*(own.tolist() for own in columns), strict=True):
        by_track[track].append(Crop(frame, file, _finite(quality)))
    return by_track
