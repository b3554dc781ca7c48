"""What a user can say of a cast list: the kinds of corrections, and each as a line of JSON.

Nothing is applied here. A track is named by where its face is seen in the film, a character by a
key that it is given when something is first said of it, and by the tracks that it had then. Neither
is a number, so what was said holds for any later run of the film.
"""

from __future__ import annotations

import json
from collections.abc import Callable, Mapping
from dataclasses import dataclass, fields
from typing import Any, ClassVar

from castlist.errors import WorkspaceError


@dataclass(frozen=True)
class Anchor:
    """A face at one moment.

    Attributes:
        frame: Frame of the film.
        box: x1, y1, x2, y2 in pixels of the film as shown.
    """

    frame: int
    box: tuple[float, float, float, float]


@dataclass(frozen=True)
class TrackRef:
    """A track, named by moments of it, in order of time."""

    anchors: tuple[Anchor, ...]

    @property
    def span(self) -> tuple[int, int]:
        """Its first and its last frame."""
        return self.anchors[0].frame, self.anchors[-1].frame


@dataclass(frozen=True)
class CharacterRef:
    """A character, as it was seen when something was said of it.

    Attributes:
        key: Given to it when something was first said of it.
        tracks: All tracks that it had.
    """

    key: str
    tracks: tuple[TrackRef, ...]


@dataclass(frozen=True)
class Name:
    """The character is called so; None takes the name away."""

    kind: ClassVar[str] = "name"
    character: CharacterRef
    name: str | None


@dataclass(frozen=True)
class Note:
    """Whatever the user wants to remember of the character; None takes the note away."""

    kind: ClassVar[str] = "note"
    character: CharacterRef
    note: str | None


@dataclass(frozen=True)
class Hide:
    """The character is an extra, or is none any more."""

    kind: ClassVar[str] = "hide"
    character: CharacterRef
    hidden: bool


@dataclass(frozen=True)
class Merge:
    """Two characters are one: all tracks seen in either are of one person, called as the first."""

    kind: ClassVar[str] = "merge"
    into: CharacterRef
    other: CharacterRef


@dataclass(frozen=True)
class Split:
    """Tracks are of one person, who is none of the characters that had them.

    Attributes:
        tracks: Of the new character.
        key: The new character's.
        left: The characters that had them, without them.
    """

    kind: ClassVar[str] = "split"
    tracks: tuple[TrackRef, ...]
    key: str
    left: tuple[CharacterRef, ...]


@dataclass(frozen=True)
class Move:
    """Tracks are of this character: moved there, or confirmed where they are.

    Attributes:
        tracks: Whatever character had them.
        to: Whose they are.
        left: The characters that had them, without them.
    """

    kind: ClassVar[str] = "move"
    tracks: tuple[TrackRef, ...]
    to: CharacterRef
    left: tuple[CharacterRef, ...]


@dataclass(frozen=True)
class Apart:
    """Two tracks are never of one person.

    Attributes:
        a: One track.
        b: The other.
        seen: The characters that have them.
    """

    kind: ClassVar[str] = "apart"
    a: TrackRef
    b: TrackRef
    seen: tuple[CharacterRef, ...]


@dataclass(frozen=True)
class Never:
    """Two characters are never one person."""

    kind: ClassVar[str] = "never"
    a: CharacterRef
    b: CharacterRef


@dataclass(frozen=True)
class NotFace:
    """Tracks show no face.

    Attributes:
        tracks: Whatever character had them.
        left: The characters that had them, without them.
    """

    kind: ClassVar[str] = "not_face"
    tracks: tuple[TrackRef, ...]
    left: tuple[CharacterRef, ...]


@dataclass(frozen=True)
class Changes:
    """A track shows one person up to a frame and another one from the next on.

    Attributes:
        before: The first person's last moment.
        after: The second person's first one.
        seen: The character that has the track, if one does.
    """

    kind: ClassVar[str] = "changes"
    before: Anchor
    after: Anchor
    seen: tuple[CharacterRef, ...]


@dataclass(frozen=True)
class Undo:
    """What was said last, and isn't undone yet, doesn't hold."""

    kind: ClassVar[str] = "undo"


@dataclass(frozen=True)
class Redo:
    """What was undone last holds again; only if nothing was said since."""

    kind: ClassVar[str] = "redo"


Decision = Name | Note | Hide | Merge | Split | Move | Apart | Never | NotFace | Changes
"""Something said of the cast."""
Edit = Decision | Undo | Redo
"""What an entry of the log holds."""

KINDS: dict[str, type[Edit]] = {
    kind.kind: kind
    for kind in (Name, Note, Hide, Merge, Split, Move, Apart, Never, NotFace, Changes, Undo, Redo)
}


@dataclass(frozen=True)
class Entry:
    """A line of the log.

    Attributes:
        seq: Its number, from 1.
        id: Unlike that of any other; the same entry handed in twice is kept once.
        parent: Number of the last entry that its writer had seen; 0 for none.
        time: When it was written, UTC, ISO 8601.
        edit: What was said.
    """

    seq: int
    id: str
    parent: int
    time: str
    edit: Edit


def to_line(entry: Entry) -> str:
    """Return an entry as a line of JSON, its end included."""
    head = {"seq": entry.seq, "id": entry.id, "parent": entry.parent, "time": entry.time}
    said = {f.name: _plain(getattr(entry.edit, f.name)) for f in fields(entry.edit)}
    line = {**head, "kind": entry.edit.kind, **said}
    return json.dumps(line, ensure_ascii=False, separators=(",", ":")) + "\n"


def from_line(line: str) -> Entry:
    """Read a line of the log.

    Raises:
        WorkspaceError: It isn't one, or is of a kind that only a newer castlist knows.
    """
    try:
        data = json.loads(line)
        head = [data.pop(name) for name in ("seq", "id", "parent", "time", "kind")]
    except (ValueError, KeyError, TypeError, AttributeError) as error:
        raise WorkspaceError(f"not an entry ({type(error).__name__}: {error})") from error
    seq, name, parent, moment, word = head
    kind = KINDS.get(word)
    if kind is None or data.keys() - {f.name for f in fields(kind)}:
        what = f"kind {word!r}" if kind is None else f"kind {word!r} with more to it"
        raise WorkspaceError(f"an entry of {what}; a newer castlist made it: update castlist")
    try:
        said = {f.name: _READ[str(f.type)](data[f.name]) for f in fields(kind)}
        return Entry(int(seq), str(name), int(parent), str(moment), kind(**said))
    except (KeyError, TypeError, ValueError, IndexError) as error:
        raise WorkspaceError(f"not a whole entry ({type(error).__name__}: {error})") from error


def _plain(value: Any) -> Any:
    """Return a value of an edit as JSON has it; an anchor is [frame, x1, y1, x2, y2]."""
    match value:
        case Anchor():
            return [value.frame, *value.box]
        case TrackRef():
            return [_plain(anchor) for anchor in value.anchors]
        case CharacterRef():
            return {"key": value.key, "tracks": _plain(value.tracks)}
        case tuple():
            return [_plain(part) for part in value]
    return value


def _anchor(data: Any) -> Anchor:
    frame, x1, y1, x2, y2 = data
    return Anchor(int(frame), (float(x1), float(y1), float(x2), float(y2)))


def _track(data: Any) -> TrackRef:
    if not data:
        raise ValueError("a track without a moment")
    return TrackRef(tuple(_anchor(anchor) for anchor in data))


def _tracks(data: Any) -> tuple[TrackRef, ...]:
    return tuple(_track(track) for track in data)


def _character(data: Any) -> CharacterRef:
    return CharacterRef(str(data["key"]), _tracks(data["tracks"]))


_READ: Mapping[str, Callable[[Any], Any]] = {
    "str": str,
    "bool": bool,
    "str | None": lambda data: None if data is None else str(data),
    "Anchor": _anchor,
    "TrackRef": _track,
    "CharacterRef": _character,
    "tuple[TrackRef, ...]": _tracks,
    "tuple[CharacterRef, ...]": lambda data: tuple(_character(part) for part in data),
}
"""How a field of an edit is read, by its type."""
