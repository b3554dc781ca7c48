"""`castlist benchmark validate`: what is wrong with a film's truth, a sentence each.

`schema/truth.schema.json` describes the form; here it is checked by hand, so that each finding says
in which track it is, and with it what no schema can say: that boxes are boxes, that they lie in the
film, that nobody is in two places at once. Older files, without a version, need less. Nothing is
mended.
"""

from __future__ import annotations

import json
import re
from collections.abc import Iterator, Mapping
from pathlib import Path
from typing import Any, TypeGuard

from castlist.benchmark.truth import NOT_SCORED, VERSION
from castlist.film.identity import content_hash

SCHEMA = Path(__file__).with_name("schema") / "truth.schema.json"
"""The schema of the form, for other programs."""

OUTSIDE = 2.0  # pixels by which a box may reach over the picture's edge


def findings(path: Path) -> list[str]:
    """Return what is wrong with a `NAME.truth.json`; nothing if it is sound.

    If the film lies beside it, its hash is compared too.
    """
    try:
        data = json.loads(path.read_text("utf-8"))
    except OSError as error:
        return [f"{path}: can't be read ({error.strerror})."]
    except (ValueError, RecursionError) as error:
        return [f"{path}: isn't JSON: {error}."]
    if not isinstance(data, dict):
        return [f"{path}: isn't an object with video and tracks."]
    return [f"{path}: {finding}." for finding in _whole(data, path.parent)]


def _whole(data: Mapping[str, Any], folder: Path) -> Iterator[str]:
    """Yield what is wrong with a file."""
    versioned, version = "castlist_truth" in data, data.get("castlist_truth", VERSION)
    if not is_count(version, 1) or version != VERSION:
        yield f"castlist_truth is {version!r}; this program knows {VERSION}"
        return
    video = data.get("video")
    named = isinstance(video, str) and bool(re.fullmatch(r"[^/\\]+", video))
    if not named:
        yield "video isn't the name of a file without a folder"
    for key in ("width", "height", *(["frames"] if "frames" in data else [])):
        if (versioned or key in data) and not is_count(data.get(key), 1):
            yield f"{key} isn't a whole number from 1"
    if versioned:
        if not _matches(data.get("sha256"), "[0-9a-f]{64}"):
            yield "sha256 isn't 64 hexadecimal digits in lower case"
        elif named and _differs(folder / str(video), data["sha256"]):
            yield f"{video} beside it is another film: its sha256 differs"
        if not _matches(data.get("frame_rate"), "[1-9][0-9]*/[1-9][0-9]*"):
            yield "frame_rate isn't a fraction such as 24000/1001"
        for key in ("annotator", "tool"):
            if not _matches(data.get(key), ".+"):
                yield f"{key} doesn't say anything"
    tracks = data.get("tracks")
    if not isinstance(tracks, list):
        yield "tracks isn't a list"
        return
    yield from _tracks(tracks, data)


def _tracks(tracks: list[Any], data: Mapping[str, Any]) -> Iterator[str]:
    """Yield what is wrong with the tracks, each by itself and all together."""
    seen: set[int] = set()
    where: dict[tuple[str, int], int] = {}
    for number, track in enumerate(tracks):
        if not isinstance(track, dict) or not is_count(track.get("id"), 0):
            yield f"entry {number} of tracks has no id that is a whole number from 0"
            continue
        name = f"track {track['id']}"
        if track["id"] in seen:
            yield f"{name} is there twice"
        seen.add(track["id"])
        who = track.get("identity")
        if not _matches(who, r"\S(.*\S)?"):
            yield f"{name} has no identity, or one that begins or ends with a blank"
        boxes = track.get("boxes")
        if not isinstance(boxes, list) or not boxes:
            yield f"{name} has no boxes"
            continue
        frames: list[int] = []
        for box in boxes:
            if wrong := _wrong_box(box, data):
                yield f"{name}: {wrong}"
                continue
            if box[0] in frames[-1:]:
                yield f"{name} has two boxes on frame {box[0]}"
            elif frames and box[0] < frames[-1]:
                yield f"{name}: frame {box[0]} comes after frame {frames[-1]}"
            frames.append(box[0])
        if not isinstance(who, str) or who in NOT_SCORED:
            continue
        shared = [(where[who, frame], frame) for frame in frames if (who, frame) in where]
        for other in dict.fromkeys(other for other, _ in shared):
            first = next(frame for owner, frame in shared if owner == other)
            yield f"{name} and track {other} are both {who} on frame {first}"
        where |= {(who, frame): track["id"] for frame in frames}


def _wrong_box(box: Any, data: Mapping[str, Any]) -> str | None:
    """Say what is wrong with a box, if anything is."""
    if not isinstance(box, list) or len(box) != 5 or not all(map(_is_number, box)):
        return f"{str(box)[:60]} isn't a box: frame, x1, y1, x2, y2"
    frame, x1, y1, x2, y2 = box
    if not is_count(frame, 0):
        return f"frame {frame} isn't a whole number from 0"
    if is_count(data.get("frames"), 1) and frame >= data["frames"]:
        return f"frame {frame} isn't in the film, which has {data['frames']}"
    if x2 <= x1 or y2 <= y1:
        return f"the box on frame {frame} has no area"
    width, height = data.get("width"), data.get("height")
    if not (is_count(width, 1) and is_count(height, 1)):
        return None
    if min(x1, y1) < -OUTSIDE or x2 > width + OUTSIDE or y2 > height + OUTSIDE:
        return f"the box on frame {frame} reaches out of the picture"
    return None


def _is_number(value: Any) -> bool:
    """Tell whether a value is a number that is of any use: less than 2^53, as JSON's are."""
    return isinstance(value, int | float) and not isinstance(value, bool) and abs(value) < 2**53


def is_count(value: Any, least: int) -> TypeGuard[float]:
    """Tell whether a value is a whole number of JSON Schema, at least this: 3.0 is, true isn't."""
    return _is_number(value) and value % 1 == 0 and value >= least


def _matches(value: Any, pattern: str) -> bool:
    return isinstance(value, str) and bool(re.fullmatch(pattern, value))


def _differs(film: Path, sha256: str) -> bool:
    return film.is_file() and content_hash(film) != sha256
