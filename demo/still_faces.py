"""The sample film's photographs as labelled still faces, FOLDER/PERSON/NAME.png.

    python demo/still_faces.py build/stills

`castlist benchmark compose` makes track sets of such a folder.
"""

from __future__ import annotations

import sys
from pathlib import Path

import cv2
from sample_pictures import picture, portraits


def make_still_faces(folder: Path) -> None:
    """Write each photograph that shows somebody into a folder of that person."""
    for name in portraits():
        shown = picture(name)
        person = folder / shown.identity
        person.mkdir(parents=True, exist_ok=True)
        x1, y1, x2, y2 = shown.face
        height, width = shown.image.shape[:2]
        # Others may stand beside them: no further than a face's width is kept on each side.
        reach = x2 - x1
        left, right = max(0, round(x1 - reach)), min(width, round(x2 + reach))
        top, bottom = max(0, round(y1 - reach)), min(height, round(y2 + reach))
        cut = shown.image[top:bottom, left:right, ::-1]
        cv2.imwrite(str(person / f"{name.replace(' ', '_')}.png"), cut)


if __name__ == "__main__":
    if len(sys.argv) != 2:
        raise SystemExit(__doc__)
    make_still_faces(Path(sys.argv[1]))
