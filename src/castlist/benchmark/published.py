"""`castlist benchmark publish`: labels and boxes that can be given away, without the film.

What is written names the film by its hash and its file's name. There is no picture in it, and no
folder of whoever labelled it. The form is that of `schema/truth.schema.json`.
"""

from __future__ import annotations

import json
from importlib.metadata import version
from pathlib import Path
from typing import Any

from castlist.atomic import atomic_path
from castlist.benchmark.truth import VERSION, Truth
from castlist.film.identity import content_hash
from castlist.film.reader import Film


def document(truth: Truth, annotator: str) -> dict[str, Any]:
    """Return what is published of a film's truth; the film is opened for its facts.

    Boxes are rounded to a tenth of a pixel; a track without any is left out. Tracks keep their id;
    those of other formats are counted from 0.

    Args:
        truth: The film and its labelled tracks.
        annotator: Who labelled: a name or a pseudonym.

    Raises:
        FilmError: The film can't be read.
    """
    with Film.open(truth.film) as film:
        info = film.info
    return {
        "castlist_truth": VERSION,
        "video": truth.film.name,
        "sha256": content_hash(truth.film),
        "width": info.width,
        "height": info.height,
        "frame_rate": f"{info.frame_rate.numerator}/{info.frame_rate.denominator}",
        "annotator": annotator,
        "tool": f"castlist {version('castlist')}",
        "tracks": [
            {
                "id": number if track.id is None else track.id,
                "identity": track.identity,
                "boxes": [
                    [frame, *(round(side, 1) for side in box)]
                    for frame, box in zip(track.frames.tolist(), track.boxes.tolist(), strict=True)
                ],
            }
            for number, track in enumerate(truth.tracks)
            if len(track.frames)
        ],
    }


def publish(truth: Truth, out: Path, annotator: str) -> None:
    """Write the document of a film's truth.

    Args:
        truth: The film and its labelled tracks.
        out: The file, `NAME.truth.json`.
        annotator: Who labelled.

    Raises:
        FilmError: The film can't be read.
    """
    text = json.dumps(document(truth, annotator), ensure_ascii=False)
    out.parent.mkdir(parents=True, exist_ok=True)
    with atomic_path(out) as path:
        path.write_text(text + "\n", "utf-8")
