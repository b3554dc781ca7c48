"""The user's corrections: an append-only log, `edits.jsonl`. Nothing is ever deleted from it.

Each entry is one line and one decision. Undoing is an entry too. What the decisions come to on the
tracks of a run is worked out in `cast.decisions`; here they are only written and read.
"""

from __future__ import annotations

import json
import logging
import os
import time
import uuid
from collections.abc import Iterable, Sequence
from dataclasses import asdict, dataclass, field
from enum import StrEnum
from pathlib import Path
from typing import Any

import filelock

from castlist.cast.anchors import Anchor, Sight
from castlist.errors import CastlistError, WorkspaceError

log = logging.getLogger(__name__)

WAIT = 10.0
"""Seconds to wait for another writer."""


class Kind(StrEnum):
    """What was decided."""

    NAME = "name"
    """Who they are called `text`; without a text, nothing any more."""
    NOTE = "note"
    """`text` is to be remembered of them."""
    HIDE = "hide"
    """They are an extra."""
    SHOW = "show"
    """They are none after all."""
    MERGE = "merge"
    """These are one person with those, called `text`."""
    SPLIT = "split"
    """These are one person, and another one than those."""
    MOVE = "move"
    """This is one person with those, and none of the others."""
    CONFIRM = "confirm"
    """This is one person with those, as was supposed."""
    NEVER = "never"
    """These are never one person with those."""
    NO_FACE = "no-face"
    """This is no face."""
    CHANGES = "changes"
    """From `frame` on this is another person: not who is seen before, but who is seen after."""
    UNDO = "undo"
    """The last decision that holds doesn't hold."""
    REDO = "redo"
    """The one undone last holds after all."""


TELLING = frozenset({Kind.NAME, Kind.NOTE, Kind.HIDE, Kind.SHOW})
"""What says something of characters, but not who is who."""


@dataclass(frozen=True, kw_only=True)
class Edit:
    """One decision.

    Attributes:
        kind: What was decided.
        who: Of which tracks.
        same: Tracks that are one person with them.
        other: Tracks that are never one person with them.
        text: A name or note.
        frame: Where a track changes person.
        id: Of this entry, like no other's.
        at: When it was made, ISO 8601 in UTC.
    """

    kind: Kind
    who: tuple[Anchor, ...] = ()
    same: tuple[Anchor, ...] = ()
    other: tuple[Anchor, ...] = ()
    text: str | None = None
    frame: int | None = None
    id: str = field(default_factory=lambda: uuid.uuid4().hex)
    at: str = field(default_factory=lambda: time.strftime("%Y-%m-%dT%H:%M:%SZ", time.gmtime()))

    def to_dict(self) -> dict[str, Any]:
        """Return the entry as it is stored: what is empty is left out."""
        return {name: value for name, value in asdict(self).items() if value not in (None, ())}

    @staticmethod
    def from_dict(data: dict[str, Any]) -> Edit:
        """Make an entry of what was stored.

        Raises:
            ValueError: Its kind isn't known, or it isn't whole.
        """
        try:
            anchors = {
                name: tuple(map(_anchor, data.get(name, ()))) for name in ("who", "same", "other")
            }
            return Edit(**{**data, **anchors, "kind": Kind(data["kind"])})
        except (KeyError, TypeError, AttributeError) as error:
            raise ValueError(f"not an entry: {error!r}") from error


class Log:
    """The file `edits.jsonl`. Several may write to it at once; no entry is lost.

    Args:
        path: The file; it need not be there.
    """

    def __init__(self, path: Path) -> None:
        self._path = path
        self._lock = filelock.FileLock(path.with_name(f".{path.name}.lock"), timeout=WAIT)

    @staticmethod
    def of(folder: Path) -> Log:
        """Return the log of a workspace."""
        return Log(folder / "edits.jsonl")

    def __len__(self) -> int:
        """Return how many entries there are, without reading what they say."""
        try:
            return self._path.read_bytes().count(b"\n")
        except FileNotFoundError:
            return 0

    def append(self, edit: Edit) -> None:
        """Write an entry; it is on the disk when this returns.

        Raises:
            CastlistError: Nothing can be written there, or another writer doesn't end.
        """
        line = json.dumps(edit.to_dict(), ensure_ascii=False) + "\n"
        try:
            with self._lock, self._path.open("ab") as file:
                whole = _whole(self._path.read_bytes())
                file.truncate(whole)  # what a writer that was killed left of its line
                file.write(line.encode("utf-8", "replace"))
                file.flush()
                os.fsync(file.fileno())
        except filelock.Timeout as error:
            raise CastlistError(f"{self._path}: another castlist is writing there") from error
        except OSError as error:
            raise CastlistError(f"{self._path}: can't be written ({error.strerror})") from error

    def read(self) -> list[Edit]:
        """Return all entries, in order.

        Raises:
            WorkspaceError: The file is damaged, or holds entries of a newer castlist.
        """
        try:
            content = self._path.read_bytes()
        except FileNotFoundError:
            return []
        except OSError as error:
            raise WorkspaceError(f"{self._path}: can't be read ({error.strerror})") from error
        whole = _whole(content)
        if whole < len(content):
            log.warning("%s: its last line is cut off and passed over", self._path)
        found = []
        for number, line in enumerate(content[:whole].splitlines(), start=1):
            try:
                found.append(Edit.from_dict(json.loads(line)))
            except ValueError as error:
                raise WorkspaceError(
                    f"{self._path}, line {number}: can't be understood ({error}); a newer castlist "
                    "may have written it. Nothing was changed"
                ) from error
        return found


def _anchor(data: dict[str, Any]) -> Anchor:
    middle, start, end = (
        Sight(sight["frame"], tuple(sight["box"]))
        for sight in (data, data.get("start", data), data.get("end", data))  # older logs lack them
    )
    return Anchor(middle.frame, middle.box, start, end)


def _whole(content: bytes) -> int:
    """Return the length of all lines that are whole."""
    return content.rfind(b"\n") + 1


def holding(edits: Iterable[Edit]) -> tuple[list[Edit], list[Edit]]:
    """Return the decisions that hold, in order, and those undone that redo would bring back."""
    held: list[Edit] = []
    undone: list[Edit] = []
    for edit in edits:
        if edit.kind is Kind.UNDO:
            if held:
                undone.append(held.pop())
        elif edit.kind is Kind.REDO:
            if undone:
                held.append(undone.pop())
        else:
            held.append(edit)
            undone.clear()
    return held, undone


def linking(edits: Sequence[Edit]) -> list[dict[str, Any]]:
    """Return of decisions what clustering and adaptation depend on: who is who, not the names."""
    kept = ("kind", "who", "same", "other", "frame")
    return [
        {name: value for name, value in edit.to_dict().items() if name in kept}
        for edit in edits
        if edit.kind not in TELLING
    ]
