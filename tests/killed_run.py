"""A run that kills itself: ``python killed_run.py FILM WORKSPACE STEPS`` gets SIGKILL after STEPS.

A step is a frame scanned or a change of a name on the disk. Without a kill it prints how many there
were. Parts of a scan are made short, so that a continued one has something to go on from.
"""

from __future__ import annotations

import os
import signal
import sys
from collections.abc import Callable
from typing import Any

from castlist import pipeline
from castlist.faces import film_scan

film_scan.PART_FRAMES = 40
film, workspace, last = sys.argv[1], sys.argv[2], int(sys.argv[3])
steps = 0


def step(*_: object) -> None:
    """Count, and die."""
    global steps
    if steps == last:
        os.kill(os.getpid(), signal.SIGKILL)
    steps += 1


def counted(real: Callable[..., Any]) -> Callable[..., Any]:
    """Step before each call."""

    def call(*args: Any, **more: Any) -> Any:
        step()
        return real(*args, **more)

    return call


for name in ("mkdir", "rename", "replace", "rmdir", "unlink"):
    setattr(os, name, counted(getattr(os, name)))
pipeline.run(film, out=workspace, hook=step)
sys.stdout.write(f"{steps}\n")
