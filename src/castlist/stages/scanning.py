"""The first stage: one decoding pass finds the shots, and faces on as many frames as they need."""

from __future__ import annotations

import os

from castlist.faces import store
from castlist.faces.detector import CenterFace
from castlist.faces.film_scan import scan_film
from castlist.faces.scan import SIDE_BY_SIDE, FaceScanner, stride_for
from castlist.film.reader import Film
from castlist.film.shots import CutFinder
from castlist.hooks import Hook
from castlist.workspace import Workspace


def scan(film: Film, workspace: Workspace, finder: CutFinder, key: str, hook: Hook) -> None:
    """Write the film's frames, shots and faces.

    Args:
        film: The film, opened.
        workspace: Its workspace.
        finder: Finds the shots.
        key: Of the stage; what a run with the same one left unfinished is gone on with.
        hook: Told of progress.
    """
    parts = workspace.parts_for("scan", key)
    scanner = FaceScanner(
        CenterFace(threads=max(1, (os.cpu_count() or 1) // SIDE_BY_SIDE)),
        film.info,
        stride=stride_for(float(film.info.frame_rate)),
        skip_until=max((part.last_frame for part in store.parts(parts)), default=-1),
    )
    timeline, shots = scan_film(film, finder, scanner, parts, hook)
    timeline.save(workspace.frames)
    shots.save(workspace.shots)
    store.join_parts(parts, workspace.detections)
