"""How long and how much memory clustering takes for many tracks, against scipy's average linkage.

The tracks are film-like in their numbers only: people of a long tail, each track's mean embedding
scattered about its person's as the default encoder scatters them. scipy's linkage, which needs all
pairs in memory, is run on as many tracks as it can take.

    python benchmarks/scale.py [--tracks 5000 50000] [--scipy 5000]
"""

from __future__ import annotations

import argparse
import json
import resource
import subprocess
import sys
import time
from typing import Any

import numpy as np


def film(tracks: int, seed: int = 0) -> tuple[Any, Any, Any]:
    """Return embeddings (T, 128) of length 1, who they are, and pairs that share a frame."""
    rng = np.random.default_rng(seed)
    people = max(10, tracks // 80)
    share = 1 / np.arange(1, people + 1)
    who = rng.choice(people, tracks, p=share / share.sum())
    common = rng.normal(size=128) * 0.45  # so that strangers' cosines have a mean of 0.17
    centres = rng.normal(size=(people, 128)) + common
    x = centres[who] + 0.75 * rng.normal(size=(tracks, 128))
    pairs = rng.integers(0, tracks, (tracks, 2))
    pairs = pairs[who[pairs[:, 0]] != who[pairs[:, 1]]]
    return (x / np.linalg.norm(x, axis=1, keepdims=True)).astype(np.float32), who, pairs


def run(way: str, tracks: int) -> dict[str, Any]:
    """Cluster so many tracks in this process."""
    from castlist import models
    from castlist.benchmark.metrics import contingency, score
    from castlist.cluster.average import AverageClustering
    from castlist.cluster.likeness import Strangers

    x, who, pairs = film(tracks)
    start = time.perf_counter()
    if way == "castlist":
        strangers = Strangers(*models.model(models.DEFAULT_ENCODER).strangers)
        labels = AverageClustering(strangers).fit(x, track=np.arange(tracks), cannot_link=pairs)
        labels = labels.labels_
    else:
        from scipy.cluster.hierarchy import fcluster, linkage
        from scipy.spatial.distance import squareform

        distance = squareform(np.maximum(1 - x @ x.T, 0), checks=False)
        labels = fcluster(linkage(distance, "average"), len(np.unique(who)), "maxclust") - 1
    seconds = time.perf_counter() - start
    found = score(contingency(who, labels))
    peak = resource.getrusage(resource.RUSAGE_SELF).ru_maxrss / 1024
    return {"seconds": seconds, "peak": peak, "ratio": found.ratio, "b3_f": found.b3_f}


def main() -> None:
    """Measure each size and print a line for each way."""
    parser = argparse.ArgumentParser(description=__doc__.split("\n")[0])
    parser.add_argument("--tracks", type=int, nargs="+", default=[5000, 50000])
    parser.add_argument("--scipy", type=int, default=5000, help="most tracks for scipy")
    parser.add_argument("--way", choices=["castlist", "scipy"], help=argparse.SUPPRESS)
    arguments = parser.parse_args()
    if arguments.way:
        print(json.dumps(run(arguments.way, arguments.tracks[0])))
        return
    print("tracks  way       seconds  peak MB  ratio  B3 F", flush=True)
    for tracks in arguments.tracks:
        for way in ("castlist", "scipy"):
            if way == "scipy" and tracks > arguments.scipy:
                continue
            call = [sys.executable, __file__, "--way", way, "--tracks", str(tracks)]
            done = subprocess.run(call, check=True, capture_output=True, text=True)
            r = json.loads(done.stdout)
            told = f"{r['seconds']:7.1f} {r['peak']:8.0f} {r['ratio']:6.2f} {r['b3_f']:5.3f}"
            print(f"{tracks:6} {way:9} {told}", flush=True)


if __name__ == "__main__":
    main()
