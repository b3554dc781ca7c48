"""The formats of a film's truth, by what a file beside the film is called: one list, in order."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass
from pathlib import Path

from castlist.benchmark.datasets import coco_video, cvat, easycom, mot, own, via
from castlist.benchmark.datasets.boxes import film_beside
from castlist.benchmark.truth import ENDING, Truth


@dataclass(frozen=True)
class Format:
    """A format.

    Attributes:
        ending: What a file is called after the film's name.
        what: What it is.
        read: Reads a file, which is given first; the film second.
    """

    ending: str
    what: str
    read: Callable[[Path, Path], Truth]


FORMATS = (
    Format(".cvat.xml", "CVAT's XML for videos", cvat.read),
    Format(".coco.json", "COCO for videos", coco_video.read),
    Format(".via.json", "a project of VIA 3", via.read),
    Format(".mot.txt", "MOTChallenge's ground truth", mot.read),
    Format(".easycom.json", "EasyCom's face boxes", easycom.read),
)
"""All but castlist's own, `NAME.truth.json`, which comes before these."""


def read(path: Path) -> Truth:
    """Read a file of any format, told by its ending; others are taken for castlist's own.

    Raises:
        CastlistError: It isn't of that form, or its film isn't beside it.
    """
    for one in FORMATS:
        if path.name.endswith(one.ending):
            return one.read(path, film_beside(path, path.name.removesuffix(one.ending)))
    return own.read(path)


def find(folder: Path) -> list[Path]:
    """Return a file for each film of a folder that has one, in order of the film's name."""
    found: dict[str, Path] = {}
    for ending in (ENDING, *(one.ending for one in FORMATS)):
        for path in folder.glob(f"*{ending}"):
            found.setdefault(path.name.removesuffix(ending), path)
    return [found[name] for name in sorted(found)]
