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
from pathlib import Path
from typing import Any


def start(film: Path, workspace: Path) -> subprocess.Popen[bytes]:
    """Start a run."""
    command = [sys.executable, "-m", "castlist", "run", str(film), "--out", str(workspace)]
    return subprocess.Popen(command, stdout=subprocess.DEVNULL, stderr=subprocess.DEVNULL)


def cast(workspace: Path) -> dict[str, Any]:
    """Read a cast list, without what a kill may change."""
    data: dict[str, Any] = json.loads((workspace / "cast.json").read_text("utf-8"))
    del data["timings"]
    return data


def main() -> int:
    """Run the trials; the exit code is the number of those that went wrong."""
    parser = argparse.ArgumentParser(description=__doc__.split("\n")[0])
    parser.add_argument("film", type=Path)
    parser.add_argument("--kills", type=int, default=20)
    parser.add_argument("--seed", type=int, default=0)
    arguments = parser.parse_args()
    chance = random.Random(arguments.seed)
    wrong = 0
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
            stages = workspace / "manifest.json"
            finished = list(json.loads(stages.read_text())["stages"]) if stages.exists() else []
            parts = len(list(workspace.glob("detections.parts/*/*.parquet")))
            code = start(arguments.film, workspace).wait()
            same = code == 0 and cast(workspace) == expected
            wrong += not same
            print(
                f"{trial + 1:3d} killed after {moment:6.2f} of {length:.2f} s, "
                f"finished {', '.join(finished) or 'nothing'} and {parts} parts: "
                f"{'same' if same else 'DIFFERENT'}",
                flush=True,
            )
    print(f"{arguments.kills - wrong} of {arguments.kills} the same")
    return wrong


if __name__ == "__main__":
    sys.exit(main())
