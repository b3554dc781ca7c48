"""Kills `castlist run` at random moments, runs the same command again, and compares the result.

Each trial begins with an empty workspace, is killed (SIGKILL) at a random moment of a run's
length, is run again to the end, and must give the cast.json of an undisturbed run, timings aside.

    python benchmarks/kills.py FILM [--kills 20] [--seed 0]
"""

from __future__ import annotations

import argparse
import json
import random
import subprocess
import sys
import tempfile
import time
from collections import Counter
from pathlib import Path
from typing import Any

from castlist.pipeline import STAGES

END = "the end"  # all stages were finished


def start(film: Path, workspace: Path) -> subprocess.Popen[bytes]:
    """Start a run."""
    command = [sys.executable, "-m", "castlist", "run", str(film), "--out", str(workspace)]
    return subprocess.Popen(command, stdout=subprocess.DEVNULL, stderr=subprocess.DEVNULL)


def cast(workspace: Path) -> dict[str, Any]:
    """Read a cast list, without what a kill may change."""
    data: dict[str, Any] = json.loads((workspace / "cast.json").read_text("utf-8"))
    del data["timings"]
    return data


def reached(workspace: Path) -> tuple[str, str]:
    """Tell which stage a killed run was in, and what it left of those that leave parts."""
    manifest = workspace / "manifest.json"
    finished = json.loads(manifest.read_text("utf-8"))["stages"] if manifest.exists() else {}
    interrupted = next((stage for stage in STAGES if stage not in finished), END)
    parts = len(list(workspace.glob("scan.parts/*/*.parquet")))
    rounds = len(list(workspace.glob("adapt.parts/*/*.safetensors")))
    return interrupted, f"{parts} parts of the scan, {rounds} rounds of adaptation"


def main() -> int:
    """Run the trials; the exit code is the number of those that went wrong."""
    parser = argparse.ArgumentParser(description=__doc__.split("\n")[0])
    parser.add_argument("film", type=Path)
    parser.add_argument("--kills", type=int, default=20)
    parser.add_argument("--seed", type=int, default=0)
    arguments = parser.parse_args()
    chance = random.Random(arguments.seed)
    wrong, hit = 0, Counter[str]()
    with tempfile.TemporaryDirectory() as folder:
        whole = Path(folder) / "undisturbed"
        began = time.perf_counter()
        if start(arguments.film, whole).wait():
            print("the undisturbed run failed")
            return 1
        length = time.perf_counter() - began
        expected = cast(whole)
        for trial in range(arguments.kills):
            workspace = Path(folder) / str(trial)
            moment = chance.uniform(0.02, 1.0) * length
            run = start(arguments.film, workspace)
            time.sleep(moment)
            run.kill()
            run.wait()
            interrupted, left = reached(workspace)
            hit[interrupted] += 1
            code = start(arguments.film, workspace).wait()
            same = code == 0 and cast(workspace) == expected
            wrong += not same
            print(
                f"{trial + 1:3d} killed after {moment:6.2f} of {length:.2f} s, in {interrupted} "
                f"with {left}: {'same' if same else 'DIFFERENT'}",
                flush=True,
            )
    print("killed in " + ", ".join(f"{stage} {hit[stage]}" for stage in (*STAGES, END)))
    print(f"{arguments.kills - wrong} of {arguments.kills} the same")
    return wrong


if __name__ == "__main__":
    sys.exit(main())
