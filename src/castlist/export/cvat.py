"""CVAT's XML for videos, 1.1: a track a face track, labelled with its character.

Boxes on which the face was found are key frames; the others were filled in between, and are marked
as occluded where the face couldn't be seen. Unknown tracks have the label "unknown".
"""

from __future__ import annotations

from xml.etree.ElementTree import Element, SubElement, indent, tostring

from castlist.export.boxes import UNKNOWN, Boxes, of_tracks
from castlist.export.finished import Finished, label

_SIDES = ("xtl", "ytl", "xbr", "ybr")


def text(film: Finished) -> str:
    """Return the XML; frames count from 0. The task needs the labels that `meta` lists."""
    names = [*dict.fromkeys(label(character) for character in film.characters), UNKNOWN]
    root = Element("annotations")
    SubElement(root, "version").text = "1.1"
    task = SubElement(SubElement(root, "meta"), "task")
    SubElement(task, "name").text = film.film_name
    SubElement(task, "size").text = str(len(film.timeline))
    SubElement(task, "mode").text = "interpolation"
    labels = SubElement(task, "labels")
    for name in names:
        entry = SubElement(labels, "label")
        SubElement(entry, "name").text = name
        SubElement(entry, "attributes")
    size = SubElement(task, "original_size")
    SubElement(size, "width").text = str(film.cast.film["width"])
    SubElement(size, "height").text = str(film.cast.film["height"])
    for boxes in of_tracks(film):
        if len(boxes.frames):
            _track(root, boxes, last_frame=len(film.timeline) - 1)
    indent(root, " ")
    return '<?xml version="1.0" encoding="utf-8"?>\n' + (tostring(root, encoding="unicode") + "\n")


def _track(root: Element, boxes: Boxes, last_frame: int) -> None:
    name = label(boxes.character) if boxes.character else UNKNOWN
    track = SubElement(root, "track", id=str(boxes.track.id), label=name, source="auto")
    frames, ends = boxes.frames.tolist(), {boxes.frames[0], boxes.frames[-1]}
    rows = zip(
        *(frames, boxes.corners.tolist(), boxes.detected.tolist(), boxes.gap.tolist()), strict=True
    )
    for frame, corners, detected, gap in rows:
        _box(track, frame, corners, key=detected or frame in ends, gap=gap)
    if frames[-1] < last_frame:  # without it CVAT would go on showing the last box
        _box(track, frames[-1] + 1, boxes.corners[-1].tolist(), key=True, gap=False, outside=True)


def _box(
    track: Element,
    frame: int,
    corners: list[float],
    *,
    key: bool,
    gap: bool,
    outside: bool = False,
) -> None:
    sides = (f"{side:.2f}" for side in corners)
    told = {"frame": str(frame), "outside": str(int(outside)), "occluded": str(int(gap))}
    told |= {"keyframe": str(int(key)), **dict(zip(_SIDES, sides, strict=True)), "z_order": "0"}
    SubElement(track, "box", told)
