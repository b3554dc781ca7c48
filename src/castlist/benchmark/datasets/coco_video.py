"""COCO for videos, as TAO and COCO-VID have it: videos, images, annotations, categories.

An image says its frame as `frame_id` or `frame_index`, counted from 0; an annotation its track as
`track_id` or `instance_id`. A category is a person, as castlist exports it; where there is a single
one, such as "face", each track is a person of its own. A file of several videos is read for the one
that is called as the film is.
"""

from __future__ import annotations

import json
from pathlib import Path
from typing import Any

from castlist.benchmark.datasets.boxes import UNKNOWN, Row, corners, truth, video_of
from castlist.benchmark.reading import reading
from castlist.benchmark.truth import Truth


def read(path: Path, film: Path) -> Truth:
    """Read the JSON.

    Raises:
        CastlistError: It isn't of that form, or has no video of the film's name.
    """
    with reading(path, "COCO for videos"):
        data = json.loads(path.read_text("utf-8"))
        video = video_of(film, {one["id"]: str(one["name"]) for one in data["videos"]})
        frames = {
            image["id"]: int(_either(image, "frame_id", "frame_index"))
            for image in data["images"]
            if image["video_id"] == video
        }
        names = {kind["id"]: str(kind["name"]) for kind in data["categories"]}
        rows = []
        for one in data["annotations"]:
            if one["image_id"] not in frames:
                continue
            track = _either(one, "track_id", "instance_id")
            who = names[one["category_id"]] if len(names) > 1 else f"person {track}"
            who = "unsure" if who == UNKNOWN else who
            rows.append(Row(track, who, frames[one["image_id"]], corners(*one["bbox"])))
        return truth(film, rows)


def _either(data: dict[str, Any], name: str, other: str) -> Any:
    return data[name] if name in data else data[other]
