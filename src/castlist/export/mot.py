"""MOTChallenge's ground truth: a line a box, `frame,id,x,y,width,height,flag,class,visibility`.

Frames, ids and classes count from 1, as the format has it: the id is the track's number plus 1, the
class the character's place in the cast. Boxes of unknown tracks have flag 0 (not to be scored) and
class -1. Visibility is 1, or 0 where the face couldn't be seen and the box is a guess.
"""

from __future__ import annotations

from castlist.export.boxes import of_tracks
from castlist.export.finished import Finished


def text(film: Finished) -> str:
    """Return `gt.txt`, in order of frame, then of track."""
    place = {character.id: number for number, character in enumerate(film.characters, start=1)}
    lines = []
    for boxes in of_tracks(film):
        known = boxes.character is not None
        kind = place[boxes.character.id] if boxes.character else -1
        for frame, (x1, y1, x2, y2), gap in zip(
            boxes.frames.tolist(), boxes.corners.tolist(), boxes.gap.tolist(), strict=True
        ):
            box = f"{x1:.2f},{y1:.2f},{x2 - x1:.2f},{y2 - y1:.2f}"
            number = boxes.track.id + 1
            line = f"{frame + 1},{number},{box},{int(known)},{kind},{int(not gap)}\n"
            lines.append((frame, number, line))
    return "".join(line for _, _, line in sorted(lines))
