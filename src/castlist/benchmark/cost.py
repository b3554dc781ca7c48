"""What a piece of work costs: seconds on one thread, and memory beyond what was held before it.

Memory is the peak of the process's resident pages (Linux's VmHWM, set back at the start) less what
was resident at the start; where the system doesn't tell, nobody knows. What earlier work has freed
is given back to the system before, garbage and the pages that the C library keeps for later, or as
much of the new would fit in there and not be seen.
"""

from __future__ import annotations

import ctypes
import gc
import re
import time
from collections.abc import Iterator
from contextlib import contextmanager, suppress
from dataclasses import dataclass
from pathlib import Path

import torch
from threadpoolctl import threadpool_limits

_PROCESS = Path("/proc/self")
_RESET_PEAK = "5"  # proc(5), clear_refs


@dataclass
class Cost:
    """What a piece of work took.

    Attributes:
        seconds: By the clock.
        memory: Megabytes beyond what the process held at the start; None where nobody knows.
    """

    seconds: float = 0.0
    memory: float | None = None


@contextmanager
def measured() -> Iterator[Cost]:
    """Yield a cost that is filled in at the end of the block.

    An outer block sees the memory since the last inner one began.
    """
    cost = Cost()
    _give_back()
    held = _reset_peak()
    start = time.perf_counter()
    yield cost
    cost.seconds = time.perf_counter() - start
    cost.memory = None if held is None else max(0.0, _megabytes("VmHWM") - held)


@contextmanager
def one_thread() -> Iterator[None]:
    """Have the block compute on one thread: neither its result nor its time depends on cores."""
    threads = torch.get_num_threads()
    torch.set_num_threads(1)
    try:
        with threadpool_limits(1):
            yield
    finally:
        torch.set_num_threads(threads)


def _give_back() -> None:
    """Give the system back what nobody uses, as far as Python's and the C library's heaps can."""
    gc.collect()
    with suppress(AttributeError, TypeError):  # only glibc has it; Windows: no CDLL(None)
        ctypes.CDLL(None).malloc_trim(0)


def _reset_peak() -> float | None:
    """Have the peak counted from now; return the megabytes held now."""
    try:
        (_PROCESS / "clear_refs").write_text(_RESET_PEAK)
        return _megabytes("VmRSS")
    except OSError:
        return None


def _megabytes(name: str) -> float:
    found = re.search(rf"{name}:\s*(\d+) kB", (_PROCESS / "status").read_text())
    return int(found[1]) / 1024 if found else 0.0
