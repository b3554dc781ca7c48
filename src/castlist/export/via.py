"""A project of VGG's video annotator, VIA 3: appearances as segments, and boxes.

VIA slows down with many boxes, so only those are written on which the face was found; those that
were filled in between are left out. Its times are seconds.
"""

from __future__ import annotations

import json
from typing import Any

from castlist.export.boxes import UNKNOWN, decimals, of_tracks
from castlist.export.finished import Finished, label, seconds

_SEGMENT, _BOX = "1", "2"  # the two attributes: of a stretch of time, of a region in a frame
_SELECT, _VIDEO, _LOCAL, _RECTANGLE = 4, 4, 1, 2


def text(film: Finished) -> str:
    """Return the project's JSON; open the film by hand when VIA asks for it."""
    options = {character.id: label(character) for character in film.characters}
    metadata: dict[str, Any] = {}

    def add(times: list[float], region: list[float], attribute: str, option: str) -> None:
        entry = {"vid": "1", "flg": 0, "z": times, "xy": region, "av": {attribute: option}}
        metadata[f"1_{len(metadata) + 1}"] = entry

    for a in film.appearances:
        times = [seconds(film.start(a.first)), seconds(film.end(a.last))]
        add(times, [], _SEGMENT, a.character.id)
    for boxes in of_tracks(film):
        option = boxes.character.id if boxes.character else UNKNOWN
        found = boxes.detected
        for frame, (x1, y1, x2, y2) in zip(
            boxes.frames[found].tolist(), boxes.corners[found].tolist(), strict=True
        ):
            region = [decimals(side) for side in (x1, y1, x2 - x1, y2 - y1)]
            add([seconds(film.start(frame))], [_RECTANGLE, *region], _BOX, option)
    name = film.film.name
    data = {
        "project": {
            "pid": "__VIA_PROJECT_ID__",
            "rev": "__VIA_PROJECT_REV_ID__",
            "rev_timestamp": "__VIA_PROJECT_REV_TIMESTAMP__",
            "pname": film.film_name,
            "creator": "castlist",
            "created": 0,
            "vid_list": ["1"],
        },
        "config": {
            "file": {"loc_prefix": {"1": "", "2": "", "3": "", "4": ""}},
            "ui": {
                "file_content_align": "center",
                "file_metadata_editor_visible": True,
                "spatial_metadata_editor_visible": True,
                "temporal_segment_metadata_editor_visible": True,
                "spatial_region_label_attribute_id": _BOX,
                "gtimeline_visible_row_count": str(max(1, min(len(options), 12))),
            },
        },
        "attribute": {
            _SEGMENT: _attribute("on screen", "FILE1_Z2_XY0", options),
            _BOX: _attribute("character", "FILE1_Z1_XY1", options | {UNKNOWN: UNKNOWN}),
        },
        "file": {"1": {"fid": "1", "fname": name, "type": _VIDEO, "loc": _LOCAL, "src": name}},
        "metadata": metadata,
        "view": {"1": {"fid_list": ["1"]}},
    }
    return json.dumps(data, ensure_ascii=False) + "\n"


def _attribute(name: str, anchor: str, options: dict[str, str]) -> dict[str, Any]:
    told = {"aname": name, "anchor_id": anchor, "type": _SELECT, "desc": ""}
    return told | {"options": options, "default_option_id": ""}
