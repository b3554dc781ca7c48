"""How fast a whole `castlist run` is against the plain way, and against the film itself.

The plain way is a loop that decodes every frame with OpenCV, detects faces on every frame with
the same detector and embeds each face with the same encoder, in float32. castlist runs twice,
without adapting the network (which is what the plain way leaves out as well) and with it. All run
here, one after the other, each in a process of its own. With a NAME.truth.json beside the film the
recall of each is printed too: a comparison counts only at equal recall.

    python benchmarks/speed.py FILM... [--repeat 3]
"""

from __future__ import annotations

import argparse
import json
import resource
import subprocess
import sys
import tempfile
import time
from collections.abc import Callable
from functools import partial
from pathlib import Path
from typing import Any

import numpy as np


def plain(film: Path) -> dict[str, Any]:
    """Run the plain loop; return its boxes, a row (frame, x1, y1, x2, y2) each."""
    import cv2
    import torch

    from castlist.encoders import load
    from castlist.faces.align import align
    from castlist.faces.detector import CenterFace

    detector, encoder = CenterFace(), load()
    video = cv2.VideoCapture(str(film))
    boxes, frame = [], 0
    while True:
        more, picture = video.read()
        if not more:
            break
        picture = cv2.cvtColor(picture, cv2.COLOR_BGR2RGB)
        height, width = picture.shape[:2]
        size = detector.size_for(width, height)
        seen = cv2.resize(picture, size, interpolation=cv2.INTER_AREA)
        faces = detector(seen).scaled(np.divide([width, height], size, dtype=np.float32))
        if len(faces):
            crops = [align(picture, points) for points in faces.landmarks]
            with torch.inference_mode():
                encoder(torch.from_numpy(np.stack(crops)).permute(0, 3, 1, 2))
        boxes += [[frame, *box] for box in faces.boxes.tolist()]
        frame += 1
    return {"frames": frame, "boxes": boxes, "fps": video.get(cv2.CAP_PROP_FPS)}


def castlist_run(film: Path, *, adapt: bool) -> dict[str, Any]:
    """Run castlist from nothing to the report."""
    import castlist
    from castlist.settings import Settings
    from castlist.tracks.types import Tracks

    with tempfile.TemporaryDirectory() as folder:
        cast = castlist.run(film, out=folder, settings=Settings(adapt=adapt))
        assert cast is not None
        tracks = Tracks.load(Path(folder) / "tracks.parquet")
    rows = np.column_stack([tracks.frame, tracks.boxes])
    duration = float(cast.film["duration"])
    return {"frames": cast.film["frames"], "boxes": rows.tolist(), "duration": duration}


WAYS: dict[str, Callable[[Path], dict[str, Any]]] = {
    "plain": plain,
    "no-adapt": partial(castlist_run, adapt=False),
    "castlist": partial(castlist_run, adapt=True),
}


def recall(film: Path, boxes: list[list[float]]) -> float | None:
    """Share of the labelled boxes that one of these matches at IoU 0.5."""
    from castlist.benchmark.track_score import score_tracks
    from castlist.benchmark.truth import read_truth
    from castlist.tracks.types import Tracks

    truth = film.with_suffix(".truth.json")
    if not truth.exists():
        return None
    rows = np.array(boxes, np.float64).reshape(-1, 5)
    frame, nothing = rows[:, 0].astype(np.int64), np.zeros(len(rows), bool)
    each = np.arange(len(rows))
    tracks = Tracks(
        each, each, frame, frame, rows[:, 1:].astype(np.float32), each, nothing, nothing
    )
    return score_tracks(read_truth(truth).tracks, tracks).recall


def measure(way: str, film: Path) -> dict[str, Any]:
    """Run one way in a process of its own: wall and processor seconds, start-up included."""
    start, before = time.perf_counter(), resource.getrusage(resource.RUSAGE_CHILDREN)
    done = subprocess.run(
        [sys.executable, __file__, str(film), "--way", way],
        check=True,
        capture_output=True,
        text=True,
    )
    after = resource.getrusage(resource.RUSAGE_CHILDREN)
    seconds = time.perf_counter() - start
    processor = after.ru_utime + after.ru_stime - before.ru_utime - before.ru_stime
    return {"seconds": seconds, "processor": processor, **json.loads(done.stdout)}


def main() -> None:
    """Measure each film and print a line for each way."""
    parser = argparse.ArgumentParser(description=__doc__.split("\n")[0])
    parser.add_argument("films", nargs="+", type=Path)
    parser.add_argument("--repeat", type=int, default=1, help="the fastest of so many runs counts")
    parser.add_argument("--way", choices=WAYS, help=argparse.SUPPRESS)
    arguments = parser.parse_args()
    if arguments.way:
        print(json.dumps(WAYS[arguments.way](arguments.films[0])))
        return
    print("film                 way       seconds  processor  frames/s  x film  recall  faster")
    for film in arguments.films:
        best: dict[str, dict[str, Any]] = {}
        for _ in range(arguments.repeat):
            for way in WAYS:
                result = measure(way, film)
                if way not in best or result["seconds"] < best[way]["seconds"]:
                    best[way] = result
        duration = best["castlist"]["duration"]
        for way, result in best.items():
            found = recall(film, result["boxes"])
            print(
                f"{film.stem[:20]:20} {way:9} {result['seconds']:7.1f} {result['processor']:10.1f} "
                f"{result['frames'] / result['seconds']:9.1f} {duration / result['seconds']:7.2f} "
                f"{'' if found is None else f'{found:.4f}':>7} "
                f"{best['plain']['seconds'] / result['seconds']:7.2f}",
                flush=True,
            )


if __name__ == "__main__":
    main()
