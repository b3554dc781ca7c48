"""The one decoding pass over a film: every frame to the shot detector, some to the face detector.

The shot detector runs in a thread of its own, some frames ahead of the face detector. A frame waits
until no cut can be put before it any more; so faces are looked for shot by shot, and only a few
frames are held whatever the film's length. What is found is written part by part, and a scan that
was killed goes on behind its last part.
"""

from __future__ import annotations

from collections import deque
from concurrent.futures import Future, ThreadPoolExecutor
from pathlib import Path

import numpy as np

from castlist.faces import store
from castlist.faces.scan import FaceScanner, Scanned, waiting_size
from castlist.film.reader import Film
from castlist.film.shots import CutFinder, build_shots
from castlist.film.timeline import Timeline
from castlist.film.types import Frame, Shots
from castlist.hooks import Hook, silent

PART_FRAMES = 1500
"""Frames in a part: about a minute of film, what a kill costs at most."""

AHEAD = 8
"""Frames that the shot detector may be ahead, so that neither detector waits for the other."""


def scan_film(
    film: Film, cut_finder: CutFinder, scanner: FaceScanner, folder: Path, hook: Hook = silent
) -> tuple[Timeline, Shots]:
    """Read a film once, writing its faces to parts in `folder`.

    Args:
        film: The film, opened.
        cut_finder: Finds the shots.
        scanner: Finds the faces.
        folder: Where the parts go.
        hook: Told of "scan", frames done, frames in all.

    Raises:
        FilmError: The film can't be read.
    """
    pts: list[int] = []
    end_pts = 0
    cuts: set[int] = set()
    waiting: deque[Frame] = deque()
    sought: deque[Future[list[int]]] = deque()  # of the newest frames: the cuts found there
    writer = _PartWriter(folder)

    def release(frame: Frame) -> None:
        writer.add(scanner.push(frame, starts_shot=frame.index == 0 or frame.index in cuts))
        hook("scan", frame.index + 1, film.info.frames)

    with ThreadPoolExecutor(1, "castlist-shots") as beside:
        for frame in film.frames(waiting_size(film.info)):
            pts.append(frame.pts)
            end_pts = frame.pts + frame.duration
            waiting.append(frame)
            sought.append(beside.submit(cut_finder.push, frame))
            if len(sought) > AHEAD:
                cuts.update(sought.popleft().result())
            if len(waiting) > AHEAD + cut_finder.delay:
                release(waiting.popleft())
        for cuts_found in sought:
            cuts.update(cuts_found.result())
        cuts.update(cut_finder.finish())
    while waiting:
        release(waiting.popleft())
    writer.add(scanner.finish())
    writer.close()
    timeline = Timeline(np.array(pts, np.int64), end_pts)
    return timeline, build_shots(cuts, timeline.pts, end_pts)


class _PartWriter:
    """Gathers what is found until it makes a part."""

    def __init__(self, folder: Path) -> None:
        self._folder = folder
        self._gathered: list[Scanned] = []

    def add(self, found: list[Scanned]) -> None:
        self._gathered += found
        if self._gathered and self._last - int(self._gathered[0].frames[0]) >= PART_FRAMES:
            self.close()

    def close(self) -> None:
        if self._gathered:
            store.write_part(self._folder, self._last, self._gathered)
            self._gathered = []

    @property
    def _last(self) -> int:
        return int(self._gathered[-1].frames[-1])
