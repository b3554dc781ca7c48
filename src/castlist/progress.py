"""Progress bars for the command line: one a stage, quiet where nobody watches."""

from __future__ import annotations

from types import TracebackType
from typing import Self

from rich.console import Console
from rich.progress import (
    BarColumn,
    Progress,
    ProgressColumn,
    Task,
    TaskID,
    TaskProgressColumn,
    TextColumn,
    TimeRemainingColumn,
)
from rich.text import Text

UNITS = {
    "reading": "bytes",
    "scan": "frames",
    "tracks": "crops",
    "adapt": "steps",
    "fetch": "bytes",
    "render": "frames",
}


class Bars:
    """A hook that draws a bar for each stage. Use it as a context manager.

    Args:
        console: Where; nothing is drawn if it isn't a terminal.
    """

    def __init__(self, console: Console) -> None:
        self._progress = Progress(
            TextColumn("{task.description}"),
            BarColumn(),
            TaskProgressColumn(),
            _Rate(),
            TimeRemainingColumn(),
            console=console,
            disable=not console.is_terminal,
        )
        self._tasks: dict[str, TaskID] = {}

    def __call__(self, stage: str, done: int, total: int | None) -> None:
        """Draw how far a stage is."""
        if stage not in self._tasks:
            unit = UNITS.get(stage, "")
            self._tasks[stage] = self._progress.add_task(stage, total=None, unit=unit)
        if total is not None and done > total:
            total = done  # containers only estimate how many frames they hold
        self._progress.update(self._tasks[stage], completed=done, total=total)

    def __enter__(self) -> Self:
        self._progress.start()
        return self

    def __exit__(
        self,
        kind: type[BaseException] | None,
        error: BaseException | None,
        trace: TracebackType | None,
    ) -> None:
        self._progress.stop()


class _Rate(ProgressColumn):
    def render(self, task: Task) -> Text:
        speed = task.finished_speed or task.speed
        return Text(f"{speed:.0f} {task.fields['unit']}/s" if speed else "")
