"""The errors that castlist raises on purpose; each message names the file and what to do."""

from __future__ import annotations


class CastlistError(Exception):
    """Base of all of castlist's own errors; the command line prints it and exits with 2."""


class FilmError(CastlistError):
    """The film can't be read: missing, empty, no picture in it, damaged, or not a film."""


class WorkspaceError(CastlistError):
    """A workspace or one of its files is missing, damaged, or made by an incompatible version."""


class ModelError(CastlistError):
    """A model is unknown, its weights are absent, or the file isn't the one that was named."""


class MissingExtraError(CastlistError):
    """An optional part of castlist isn't installed."""

    def __init__(self, extra: str, purpose: str) -> None:
        super().__init__(
            f"{purpose} needs an optional part of castlist: pip install 'castlist[{extra}]'"
        )
        self.extra = extra
