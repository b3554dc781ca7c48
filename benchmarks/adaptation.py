"""Seconds and peak memory of adapting to a film of many tracks, against changing crops every step.

The tracks are those of a workspace, over and over: the crops are read from its folder, as in a run.
The other way is the same training without views that several steps learn from: each step changes
crops of its own and sends them through the whole network.

    python benchmarks/adaptation.py film.castlist [--tracks 100 1000]
"""

from __future__ import annotations

import argparse
import json
import resource
import subprocess
import sys
import time
from dataclasses import fields, replace
from pathlib import Path
from typing import Any

import numpy as np


def run(workspace: Path, tracks: int, way: str) -> dict[str, Any]:
    """Adapt to so many tracks in this process."""
    from castlist.adapt import Adapter, Recipe
    from castlist.encoders import load
    from castlist.tracks.crops import CropPictures
    from castlist.tracks.embeddings import load_embeddings
    from castlist.tracks.types import Crops

    crops = Crops.load(workspace / "crops.parquet")
    raw = load_embeddings(workspace / "embeddings.safetensors")["base"] * crops.strength[:, None]
    _, track = np.unique(crops.track, return_inverse=True)
    own = int(track.max()) + 1
    times = -(-tracks // own)
    kept = np.flatnonzero(
        np.arange(times).repeat(len(track)) * own + np.tile(track, times) < tracks
    )
    rows = kept % len(track)
    many = Crops(*(getattr(crops, field.name)[rows] for field in fields(Crops)))
    recipe = Recipe()
    if way == "every step":
        recipe = replace(recipe, views=max(recipe.steps * recipe.batch, len(rows)))
    start = time.perf_counter()
    Adapter(load("sface"), recipe)(
        CropPictures(workspace, many),
        track[rows] + own * (kept // len(track)),
        frozen=raw[rows],
    )
    seconds = time.perf_counter() - start
    peak = resource.getrusage(resource.RUSAGE_SELF).ru_maxrss / 1024
    return {"crops": len(rows), "seconds": seconds, "peak": peak}


def main() -> None:
    """Measure each number of tracks and print a line for each way."""
    parser = argparse.ArgumentParser(description=__doc__.split("\n")[0])
    parser.add_argument("workspace", type=Path)
    parser.add_argument("--tracks", type=int, nargs="+", default=[100, 1000])
    parser.add_argument("--way", choices=["views", "every step"], help=argparse.SUPPRESS)
    arguments = parser.parse_args()
    if arguments.way:
        print(json.dumps(run(arguments.workspace, arguments.tracks[0], arguments.way)))
        return
    print("tracks   crops  way         seconds  of it  peak MB", flush=True)
    for tracks in arguments.tracks:
        first = None
        for way in ("every step", "views"):
            call = [sys.executable, __file__, str(arguments.workspace), "--way", way]
            done = subprocess.run(
                [*call, "--tracks", str(tracks)], check=True, capture_output=True, text=True
            )
            r = json.loads(done.stdout)
            first = first or r["seconds"]
            told = f"{r['seconds']:8.1f} {r['seconds'] / first:6.2f} {r['peak']:8.0f}"
            print(f"{tracks:6} {r['crops']:7} {way:10} {told}", flush=True)


if __name__ == "__main__":
    main()
