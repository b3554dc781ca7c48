"""A project of VGG's video annotator, VIA 3: rectangles at moments, each with who it is.

VIA has times in seconds, which the film's frame rate turns into frames; no tracks, so boxes of one
person are linked where they overlap and are no more than half a second apart. Segments without a
box are passed over. The person is the option of the attribute that is given to rectangles; of
several such attributes, of the one called "character", "identity" or "name"; where nobody has
answered it is `unsure`. A project of several videos is read for the one called as the film is.
"""

from __future__ import annotations

import json
from pathlib import Path
from typing import Any

from castlist.benchmark.datasets.boxes import UNKNOWN, Row, corners, truth, video_of
from castlist.benchmark.reading import reading
from castlist.benchmark.truth import Truth
from castlist.film.reader import Film

_RECTANGLE = 2
_OF_REGIONS = "FILE1_Z1_XY1"  # the anchor of attributes of a region at a moment


def read(path: Path, film: Path) -> Truth:
    """Read the project.

    Raises:
        CastlistError: It isn't of that form, has no video of the film's name, or the film can't be
            read.
    """
    with Film.open(film) as opened:
        rate = float(opened.info.frame_rate)
    with reading(path, "a project of VIA 3"):
        data = json.loads(path.read_text("utf-8"))
        number, options = _attribute(data["attribute"])
        files, views = data["file"], data["view"]
        names = {vid: str(files[str(view["fid_list"][0])]["fname"]) for vid, view in views.items()}
        video, rows = video_of(film, names), []
        for entry in data["metadata"].values():
            if str(entry["vid"]) != video or len(entry["z"]) != 1 or not entry["xy"]:
                continue
            shape, *sides = entry["xy"]
            if shape != _RECTANGLE:
                raise ValueError(f"it has a region of shape {shape}, and not of rectangles alone")
            told = entry["av"].get(number)
            who = str(options.get(told, told)) if told else UNKNOWN
            who = "unsure" if who == UNKNOWN else who
            rows.append(Row(None, who, round(entry["z"][0] * rate), corners(*sides)))
        return truth(film, rows, gap=max(1, round(rate / 2)))


def _attribute(attributes: dict[str, Any]) -> tuple[str, dict[str, str]]:
    """Return number and options of the attribute that says who it is."""
    found = {n: a for n, a in attributes.items() if a["anchor_id"] == _OF_REGIONS}
    if len(found) > 1:
        wanted = ("character", "identity", "name")
        found = {n: a for n, a in found.items() if a["aname"].lower() in wanted}
    if len(found) != 1:
        raise ValueError("no attribute of its regions says who it is")
    ((number, attribute),) = found.items()
    return number, attribute["options"]
