"""MOTChallenge's ground truth, a line a box: `frame,id,x,y,width,height,flag,class,visibility`.

Frames count from 1, and so do the pixels of MOTChallenge's own files, which is ignored: half a face
isn't lost by a pixel. Where the file has several classes, a class is a person and an id a track, as
castlist exports it. Where it has one, the id is the person. Boxes with flag 0 aren't scored.
"""

from __future__ import annotations

from pathlib import Path

from castlist.benchmark.datasets.boxes import Row, corners, truth
from castlist.benchmark.reading import reading
from castlist.benchmark.truth import Truth


def read(path: Path, film: Path) -> Truth:
    """Read a `gt.txt`.

    Raises:
        CastlistError: It isn't of that form.
    """
    with reading(path, "MOTChallenge's ground truth"):
        lines = [line.split(",") for line in path.read_text("utf-8").splitlines() if line.strip()]
        kinds = {int(line[7]) for line in lines if int(line[6])}
        rows = []
        for line in lines:
            frame, track, flag, kind = (int(line[place]) for place in (0, 1, 6, 7))
            x, y, width, height = (float(value) for value in line[2:6])
            who = f"person {kind if len(kinds) > 1 else track}" if flag else "unsure"
            key = (track, flag) if len(kinds) > 1 else None
            rows.append(Row(key, who, frame - 1, corners(x, y, width, height)))
        return truth(film, rows)
