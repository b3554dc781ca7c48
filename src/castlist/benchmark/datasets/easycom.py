"""EasyCom's face boxes (Donley et al., 2021): a JSON a minute, a list of frames.

A frame is `{"Frame_Number": 1, "Participants": [{"Participant_ID": 2, "x1": ..., "y1": ..., "x2":
..., "y2": ...}]}`. There are no tracks: boxes of a participant are linked while they overlap from
one frame to the next.

The layout is written from memory of the data set's description and couldn't be verified on a file,
nor could it that frames count from 1; a file of another form is refused.
"""

from __future__ import annotations

import json
from pathlib import Path

from castlist.benchmark.datasets.boxes import Row, truth
from castlist.benchmark.reading import reading
from castlist.benchmark.truth import Truth


def read(path: Path, film: Path) -> Truth:
    """Read the boxes of one film.

    Raises:
        CastlistError: The file isn't of that form.
    """
    with reading(path, "EasyCom's face boxes"):
        rows, frames = [], json.loads(path.read_text("utf-8"))
        if not isinstance(frames, list):
            raise ValueError("it isn't a list of frames")
        for frame in frames:
            for one in frame["Participants"]:
                x1, y1, x2, y2 = (float(one[side]) for side in ("x1", "y1", "x2", "y2"))
                who = f"participant {int(one['Participant_ID'])}"
                rows.append(Row(None, who, int(frame["Frame_Number"]) - 1, (x1, y1, x2, y2)))
        return truth(film, rows)
