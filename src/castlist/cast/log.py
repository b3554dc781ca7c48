"""The log of corrections, `edits.jsonl`: appended to, never changed. What it means isn't known.

An entry is on the disk before `append` returns, and two writers wait for each other. A writer that
was killed may leave half a line: it was never acknowledged, so it is passed over, and removed by
the next writer.
"""

from __future__ import annotations

import hashlib
import json
import logging
import os
import time
import uuid
from collections.abc import Sequence
from pathlib import Path

import filelock

from castlist.cast.edits import Decision, Edit, Entry, Redo, Undo, from_line, to_line
from castlist.errors import CastlistError, WorkspaceError

log = logging.getLogger(__name__)

FILE = "edits.jsonl"


class EditError(CastlistError):
    """What the user says can't be said: no such character, nothing to undo..."""


class Log:
    """The corrections of a workspace.

    Args:
        folder: The workspace.
    """

    def __init__(self, folder: Path) -> None:
        self.path = folder / FILE
        self._lock = filelock.FileLock(folder / f".{FILE}.lock")

    def entries(self) -> list[Entry]:
        """Return all entries, in order.

        Raises:
            WorkspaceError: A line is damaged, or of a kind that only a newer castlist knows.
        """
        return self._read()[0]

    def append(self, edit: Edit, *, name: str | None = None, parent: int | None = None) -> Entry:
        """Add an entry; it is on the disk when this returns.

        Args:
            edit: What is said.
            name: The entry's id; one that is in the log already is returned, nothing is added.
            parent: Number of the last entry that the user has seen; the last one by default. An
                undo or redo is refused if there is a later one.

        Raises:
            EditError: There is nothing to undo or redo, or not what the user thinks.
            WorkspaceError: The log can't be read or written.
        """
        with self._lock:
            entries, whole, gap = self._read()
            for known in entries:
                if known.id == name:
                    return known
            last = entries[-1].seq if entries else 0
            parent = last if parent is None else parent
            _check(edit, entries, parent)
            moment = time.strftime("%Y-%m-%dT%H:%M:%SZ", time.gmtime())
            entry = Entry(last + 1, name or new_id(), parent, moment, edit)
            try:
                self._write(gap + to_line(entry).encode(), whole)
            except OSError as error:
                raise WorkspaceError(f"{self.path}: can't be written ({error.strerror})") from error
            return entry

    def _write(self, line: bytes, whole: int) -> None:
        """Append a line behind the part of the file that is whole."""
        handle = os.open(self.path, os.O_RDWR | os.O_APPEND | os.O_CREAT, 0o644)
        try:
            if os.fstat(handle).st_size > whole:
                os.ftruncate(handle, whole)
            if os.write(handle, line) < len(line):
                raise OSError(0, "the disk is full")
            os.fsync(handle)
        finally:
            os.close(handle)

    def _read(self) -> tuple[list[Entry], int, bytes]:
        """Return the entries, the bytes of the file to be kept, and what must follow those."""
        try:
            content = self.path.read_bytes()
        except FileNotFoundError:
            return [], 0, b""
        except OSError as error:
            raise WorkspaceError(f"{self.path}: can't be read ({error.strerror})") from error
        entries: list[Entry] = []
        lines = content.split(b"\n")
        for number, line in enumerate(lines, start=1):
            unfinished = number == len(lines)
            if unfinished and not line:
                break
            try:
                entries.append(from_line(line.decode()))
            except (WorkspaceError, UnicodeDecodeError) as error:
                if unfinished and not _is_json(line):
                    log.warning("%s: its last line was never finished; passed over", self.path)
                    return entries, len(content) - len(line), b""
                raise WorkspaceError(f"{self.path}: line {number}: {error}") from error
        return entries, len(content), b"\n" if lines[-1] else b""


def decisions(entries: Sequence[Entry]) -> list[Entry]:
    """Return the entries that hold: those that aren't undone, without undo and redo."""
    return _stacks(entries)[0]


def digest(entries: Sequence[Entry]) -> str:
    """Return a digest of what holds; empty if nothing does."""
    holding = decisions(entries)
    if not holding:
        return ""
    text = "".join(to_line(Entry(0, entry.id, 0, "", entry.edit)) for entry in holding)
    return hashlib.sha256(text.encode()).hexdigest()[:20]


def new_id() -> str:
    """Return an id for an entry, or a key for a character, unlike any other."""
    return uuid.uuid4().hex[:12]


def _stacks(entries: Sequence[Entry]) -> tuple[list[Entry], list[Entry]]:
    """Return what holds, and what is undone and can be redone, the last of each at its end."""
    done: list[Entry] = []
    undone: list[Entry] = []
    for entry in entries:
        if isinstance(entry.edit, Undo):
            if done:
                undone.append(done.pop())
        elif isinstance(entry.edit, Redo):
            if undone:
                done.append(undone.pop())
        else:
            done.append(entry)
            undone.clear()
    return done, undone


def _check(edit: Edit, entries: Sequence[Entry], parent: int) -> None:
    """Refuse an undo or redo that would do nothing, or something that the user hasn't seen."""
    if isinstance(edit, Decision):
        return
    word = "undo" if isinstance(edit, Undo) else "redo"
    if not _stacks(entries)[isinstance(edit, Redo)]:
        raise EditError(f"nothing to {word}")
    if entries[-1].seq > parent:
        raise EditError(f"{word}: there are later corrections; look at them first")


def _is_json(line: bytes) -> bool:
    try:
        json.loads(line)
    except ValueError:
        return False
    return True
