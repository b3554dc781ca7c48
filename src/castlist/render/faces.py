"""Where faces have to be hidden on each frame of a film.

Boxes are those of the tracks, interpolated ones included. At either end of a track its box is held
for a third of a second, inside the shot, for a face may be there before it is found and after it is
lost. A face that was never found isn't known here.
"""

from __future__ import annotations

from collections.abc import Callable

import numpy as np
from numpy.typing import NDArray

from castlist.cast.types import CastTrack
from castlist.export.finished import Finished
from castlist.faces.types import Floats, Ints

_HELD = 3
"""A box is held for one over this many seconds."""


class FacesToHide:
    """The boxes to be hidden.

    Args:
        film: The finished workspace.
        hidden: Which tracks; unknown ones are asked about too.
    """

    def __init__(self, film: Finished, hidden: Callable[[CastTrack], bool]) -> None:
        held = round(film.edit.rate / _HELD)
        frames: list[Ints] = [np.empty(0, np.int64)]
        boxes: list[Floats] = [np.empty((0, 4), np.float32)]
        for track in film.cast.tracks:
            if hidden(track):
                rows = film.rows(track)
                first = max(int(film.shots.first_frame[track.shot]), track.start_frame - held)
                last = min(int(film.shots.last_frame[track.shot]), track.end_frame + held)
                span = np.arange(first, last + 1)
                nearest = np.clip(span, track.start_frame, track.end_frame) - track.start_frame
                frames.append(span)
                boxes.append(film.tracks.boxes[rows][nearest])
        frame = np.concatenate(frames)
        order = np.argsort(frame, kind="stable")
        self._frame, self._boxes = frame[order], np.concatenate(boxes)[order]

    def on(self, frame: int) -> NDArray[np.float64]:
        """Return the boxes on a frame, shape (n, 4), in pixels of the film as shown."""
        first, past = np.searchsorted(self._frame, [frame, frame + 1])
        return np.asarray(self._boxes[first:past], np.float64)
