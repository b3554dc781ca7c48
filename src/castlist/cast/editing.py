"""Corrects a finished workspace: each decision is written to the log, then the cast is made anew.

Characters are told by their ids or names, tracks by their numbers, as `cast.json` has them now;
what goes into the log are anchors, which outlive both.
"""

from __future__ import annotations

from collections.abc import Callable, Collection, Iterable, Sequence
from pathlib import Path

from castlist.cast.anchors import Anchor, anchor
from castlist.cast.decisions import Decisions
from castlist.cast.edits import Edit, Kind, Log, holding
from castlist.cast.parts import Cut, cut_tracks
from castlist.cast.replay import decisions, recast
from castlist.cast.types import Cast, CastTrack, Character
from castlist.errors import CastlistError
from castlist.tracks.types import Tracks
from castlist.workspace import Workspace

WAIT = 10.0
"""Seconds to wait for another editor of the same workspace."""


class Editor:
    """Makes corrections. Each method returns the cast as it is then.

    Args:
        folder: A workspace that a run has finished.

    Attributes:
        cast: The cast as it was left by the last correction.

    Raises:
        WorkspaceError: It isn't finished.
    """

    def __init__(self, folder: str | Path) -> None:
        self._cast_path = Path(folder) / "cast.json"
        self.cast = Cast.load(self._cast_path)
        self._workspace = Workspace(Path(folder))
        self._log = Log.of(self._workspace.folder)

    def rename(self, who: str, name: str) -> Cast:
        """Name a character; an empty name takes theirs away."""
        return self._tell(Kind.NAME, who, name.strip())

    def note(self, who: str, text: str) -> Cast:
        """Note something of a character; an empty text takes the note away."""
        return self._tell(Kind.NOTE, who, text.strip())

    def hide(self, who: str) -> Cast:
        """Take a character for an extra."""
        return self._tell(Kind.HIDE, who)

    def show(self, who: str) -> Cast:
        """Take a character for no extra any more."""
        return self._tell(Kind.SHOW, who)

    def merge(self, into: str, others: Collection[str]) -> Cast:
        """Make characters one; the first one's name holds, or else the next one's."""

        def edit(state: _State) -> Edit:
            whole = [state.character(one) for one in (into, *others)]
            if len({character.id for character in whole}) < 2:
                raise CastlistError("a merge takes two characters at least")
            name = next((character.name for character in whole if character.name), None)
            first, *rest = (state.anchors(character.tracks) for character in whole)
            same = tuple(one for anchors in rest for one in anchors)
            return Edit(kind=Kind.MERGE, who=first, same=same, text=name)

        return self._make(edit)

    def split(self, who: str, tracks: Collection[int]) -> Cast:
        """Make some tracks of a character another character."""

        def edit(state: _State) -> Edit:
            own = state.character(who).tracks
            if not tracks or not set(tracks) < set(own):
                raise CastlistError(f"name some tracks of {who}, but not all: {_list(own)}")
            rest = [number for number in own if number not in tracks]
            return Edit(kind=Kind.SPLIT, who=state.anchors(tracks), other=state.anchors(rest))

        return self._make(edit)

    def move(self, tracks: Collection[int], to: str) -> Cast:
        """Give tracks to another character; they belong to none whom they were given to."""

        def edit(state: _State) -> Edit:
            target = state.character(to)
            moved = [number for number in tracks if number not in target.tracks]
            if not moved:
                raise CastlistError(f"these tracks are {to}'s already")
            left = {state.track(number).character for number in moved}
            rest = [
                number
                for character in state.cast.characters
                if character.id in left
                for number in character.tracks
                if number not in moved
            ]
            return Edit(
                kind=Kind.MOVE,
                who=state.anchors(moved),
                same=state.anchors(target.tracks),
                other=state.anchors(rest),
            )

        return self._make(edit)

    def confirm(self, tracks: Collection[int]) -> Cast:
        """Say that tracks are where they belong."""

        def edit(state: _State) -> Edit:
            owners = {state.track(number).character for number in tracks}
            if len(owners) != 1 or None in owners:
                raise CastlistError("name tracks of one character")
            own = state.character(str(owners.pop())).tracks
            rest = [number for number in own if number not in tracks]
            return Edit(kind=Kind.CONFIRM, who=state.anchors(tracks), same=state.anchors(rest))

        return self._make(edit)

    def never(self, a: str | int, b: str | int) -> Cast:
        """Say that two tracks, or characters, are never one person."""

        def edit(state: _State) -> Edit:
            one, two = state.tracks_of(a), state.tracks_of(b)
            if set(one) & set(two):
                raise CastlistError("these two share a track; split the character first")
            return Edit(kind=Kind.NEVER, who=state.anchors(one), other=state.anchors(two))

        return self._make(edit)

    def no_face(self, track: int) -> Cast:
        """Say that a track is no face."""
        return self._make(lambda state: Edit(kind=Kind.NO_FACE, who=state.anchors([track])))

    def changes(self, track: int, frame: int) -> Cast:
        """Say that from a frame on a track is another person."""

        def edit(state: _State) -> Edit:
            entry = state.track(track)
            if not entry.start_frame < frame <= entry.end_frame:
                raise CastlistError(
                    f"track {track} lasts from frame {entry.start_frame} to {entry.end_frame}; "
                    "name one after its first"
                )
            whole, before, after = state.anchors_about(track, frame)
            return Edit(kind=Kind.CHANGES, who=whole, same=before, other=after, frame=frame)

        return self._make(edit)

    def undo(self) -> Cast:
        """Take the last decision back."""

        def edit(state: _State) -> Edit:
            if not holding(state.edits)[0]:
                raise CastlistError("there is nothing to undo")
            return Edit(kind=Kind.UNDO)

        return self._make(edit)

    def redo(self) -> Cast:
        """Have the decision that was taken back last hold again."""

        def edit(state: _State) -> Edit:
            if not holding(state.edits)[1]:
                raise CastlistError("there is nothing to redo")
            return Edit(kind=Kind.REDO)

        return self._make(edit)

    def log(self) -> list[Edit]:
        """Return all entries of the log, in order."""
        return self._log.read()

    def _tell(self, kind: Kind, who: str, text: str | None = None) -> Cast:
        def edit(state: _State) -> Edit:
            return Edit(kind=kind, who=state.anchors(state.character(who).tracks), text=text)

        return self._make(edit)

    def _make(self, edit: Callable[[_State], Edit]) -> Cast:
        """Write an entry, made of the cast as it is, and make the cast anew."""
        folder = self._workspace.folder
        with self._workspace.locked(WAIT):
            tracks, cast = Tracks.load(self._workspace.tracks), Cast.load(self._cast_path)
            state = _State(cast, self._log.read(), decisions(folder, tracks))
            self._log.append(edit(state))
            self.cast = recast(folder, cast.film, cast.settings, cast.timings)
            self.cast.save(self._cast_path)
        return self.cast


class _State:
    """The cast, and the tracks by which its numbers are known."""

    def __init__(self, cast: Cast, edits: Sequence[Edit], corrections: Decisions) -> None:
        self.cast, self.edits = cast, edits
        self._corrections = corrections
        self._by_id = {track.id: track for track in cast.tracks}

    def character(self, who: str) -> Character:
        """Return the character with this id or name."""
        found = [c for c in self.cast.characters if who == c.id] or [
            c for c in self.cast.characters if who == c.name
        ]
        if len(found) != 1:
            known = ", ".join(character.id for character in self.cast.characters)
            problem = "several characters are called so" if found else "no such character"
            raise CastlistError(f"{who}: {problem}; there are {known or 'none'}")
        return found[0]

    def track(self, number: int) -> CastTrack:
        """Return the track with this number."""
        if number not in self._by_id:
            raise CastlistError(f"{number}: no such track; there are {len(self._by_id)}, from 0")
        return self._by_id[number]

    def tracks_of(self, one: str | int) -> list[int]:
        """Return the tracks of a character, or the track itself."""
        return [self.track(one).id] if isinstance(one, int) else self.character(one).tracks

    def anchors(self, numbers: Iterable[int]) -> tuple[Anchor, ...]:
        """Return what the tracks are known by."""
        return tuple(anchor(self._corrections.tracks, self.track(number).id) for number in numbers)

    def anchors_about(self, number: int, frame: int) -> list[tuple[Anchor]]:
        """Return what a track is known by: as it is, and its parts before and after a cut."""
        whole = self._corrections.tracks
        parted = cut_tracks(whole, [Cut(number, frame)])
        known = ((whole, number), (parted, number), (parted, len(whole)))
        return [(anchor(tracks, one),) for tracks, one in known]


def _list(numbers: Iterable[int]) -> str:
    return ", ".join(str(number) for number in numbers)
