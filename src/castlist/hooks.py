"""How progress leaves the stages: one callable, called often. It neither prints nor times."""

from __future__ import annotations

from typing import Protocol


class Hook(Protocol):
    """Told how far a stage is; ``total`` is None while nobody knows."""

    def __call__(self, stage: str, done: int, total: int | None) -> None:
        """Take note that `done` of `total` units of a stage are finished."""


def silent(stage: str, done: int, total: int | None) -> None:
    """Ignore all progress: the default hook."""
