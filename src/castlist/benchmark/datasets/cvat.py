"""CVAT's XML for videos, 1.1: a track a face track, its label the person.

Where there is a single label, such as "face", the attribute `identity` of a box says who it is, and
without one each track is a person of its own. CVAT writes every frame of a track; where it hides
the face (`outside`) there is no box. Boxes between key frames are taken as they are written, none
is filled in.
"""

from __future__ import annotations

from pathlib import Path
from xml.etree import ElementTree

from castlist.benchmark.datasets.boxes import UNKNOWN, Row, truth
from castlist.benchmark.reading import reading
from castlist.benchmark.truth import Truth


def read(path: Path, film: Path) -> Truth:
    """Read the XML.

    Raises:
        CastlistError: It isn't of that form.
    """
    with reading(path, "CVAT's XML for videos"):
        root = ElementTree.parse(path).getroot()
        if root.tag != "annotations":
            raise ValueError(f"its root is {root.tag}, not annotations")
        labels = {one.findtext("name") for one in root.iter("label")}  # the task's, used or not
        labels |= {track.attrib["label"] for track in root.iter("track")}
        rows = []
        for track in root.iter("track"):
            label = track.attrib["label"] if len(labels) > 1 else f"person {track.attrib['id']}"
            for box in track.iter("box"):
                if box.attrib["outside"] == "1":
                    continue
                who = box.findtext("attribute[@name='identity']") or label
                x1, y1, x2, y2 = (float(box.attrib[s]) for s in ("xtl", "ytl", "xbr", "ybr"))
                who = "unsure" if who == UNKNOWN else who
                frame = int(box.attrib["frame"])
                rows.append(Row(track.attrib["id"], who, frame, (x1, y1, x2, y2)))
        return truth(film, rows)
