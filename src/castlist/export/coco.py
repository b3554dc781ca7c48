"""COCO for videos, as TAO has it: videos, images (frames), tracks and annotations (boxes).

A category is a character; the last one, "unknown", is for tracks that belong to nobody. Only frames
with a box are listed as images; `frame_id` counts the film's frames from 0.
"""

from __future__ import annotations

import json
from typing import Any

import castlist
from castlist.export.boxes import UNKNOWN, decimals, of_tracks
from castlist.export.finished import Finished, label


def text(film: Finished) -> str:
    """Return the JSON; `file_name` is NAME/FRAME.jpg, with eight digits."""
    told = film.cast.film
    size = {"width": told["width"], "height": told["height"]}
    place = {character.id: number for number, character in enumerate(film.characters, start=1)}
    nobody = len(place) + 1
    tracks: list[dict[str, Any]] = []
    annotations: list[dict[str, Any]] = []
    for boxes in of_tracks(film):
        own = {"category_id": place[boxes.character.id] if boxes.character else nobody}
        own |= {"video_id": 1}
        tracks.append({"id": boxes.track.id + 1, **own})
        for frame, (x1, y1, x2, y2) in zip(
            boxes.frames.tolist(), boxes.corners.tolist(), strict=True
        ):
            annotations.append(
                {
                    "id": len(annotations) + 1,
                    "image_id": frame + 1,
                    "track_id": boxes.track.id + 1,
                    **own,
                    "bbox": [decimals(side) for side in (x1, y1, x2 - x1, y2 - y1)],
                    "area": decimals((x2 - x1) * (y2 - y1)),
                    "iscrowd": 0,
                }
            )
    frames = sorted({annotation["image_id"] - 1 for annotation in annotations})
    names = [label(character) for character in film.characters]
    data = {
        "info": {"description": f"faces by castlist {castlist.__version__}"},
        "videos": [{"id": 1, "name": film.film_name, **size}],
        "images": [
            {
                "id": frame + 1,
                "video_id": 1,
                "frame_id": frame,
                "file_name": f"{film.film_name}/{frame:08d}.jpg",
                **size,
            }
            for frame in frames
        ],
        "tracks": tracks,
        "annotations": annotations,
        "categories": [
            {"id": number, "name": name, "supercategory": "person"}
            for number, name in enumerate([*names, UNKNOWN], start=1)
        ],
    }
    return json.dumps(data, ensure_ascii=False) + "\n"
