"""Work spread over processes, piece by piece. What the work is isn't known here."""

from __future__ import annotations

import multiprocessing
import os
import threading
from collections.abc import Callable, Iterator, Sequence
from concurrent.futures import ProcessPoolExecutor, as_completed
from concurrent.futures.process import BrokenProcessPool
from typing import Any, TypeVar

from castlist.errors import CastlistError

Piece = TypeVar("Piece")
Result = TypeVar("Result")


def spread(work: Callable[[Piece], Result], pieces: Sequence[Piece], jobs: int) -> Iterator[Result]:
    """Yield what the work makes of each piece, in the order in which pieces are finished.

    Args:
        work: Handed to each process once, by pickle; with one job it is called in this process.
        pieces: Likewise handed on by pickle.
        jobs: Processes.

    Raises:
        CastlistError: The work raised one, or a process was killed.
    """
    if jobs <= 1 or len(pieces) <= 1:
        yield from map(work, pieces)
        return
    pool = ProcessPoolExecutor(
        min(jobs, len(pieces)), multiprocessing.get_context("spawn"), _prepare, (work,)
    )
    try:
        for done in as_completed([pool.submit(_do, piece) for piece in pieces]):
            yield done.result()
    except BrokenProcessPool as error:
        raise CastlistError(
            "a worker process was killed, perhaps for want of memory; the same command goes on "
            "from here, with fewer --jobs if need be"
        ) from error
    finally:
        pool.shutdown(cancel_futures=True)


_work: Callable[[Any], Any]  # of this worker process


def _prepare(work: Callable[[Any], Any]) -> None:
    global _work  # the only way from a pool's initializer to its tasks
    _work = work
    threading.Thread(target=_end_with_parent, daemon=True).start()


def _end_with_parent() -> None:
    """End this process when the one that started it is killed, which can't tell it to."""
    parent = multiprocessing.parent_process()
    assert parent is not None, "worker processes have one"
    parent.join()
    os._exit(1)


def _do(piece: Any) -> Any:
    try:
        return _work(piece)
    except CastlistError as error:  # its subclasses don't all survive being pickled
        raise CastlistError(str(error)) from None
