"""Who is one person and who isn't, as decisions are taken up one after the other."""

from __future__ import annotations

from collections.abc import Collection
from itertools import product

from castlist.cast.edits import Kind


class People:
    """Who is one person and who isn't, as far as it was decided."""

    def __init__(self) -> None:
        self._group: dict[int, set[int]] = {}  # of each track: all that are one person with it
        self._apart: dict[tuple[int, int], None] = {}  # in order
        self.no_faces: set[int] = set()

    def take(self, kind: Kind, who: list[int], same: list[int], other: list[int]) -> None:
        """Take up a decision."""
        self.no_faces -= {*who, *same}
        if kind is Kind.NO_FACE:
            self._leave(who)
            self.no_faces |= set(who)
            return
        if kind in (Kind.SPLIT, Kind.MOVE):
            self._leave(who)
        if kind is not Kind.NEVER:
            self._join([*who, *same])
        self.part(who, other)

    def change(self, before: int, after: int) -> None:
        """Note that who comes after is another person."""
        if before in self._group.get(after, ()):
            self._leave([after])
        self.part([after], [before])

    def mates(self, track: int) -> set[int]:
        """Return the tracks that are one person with this one."""
        return self._group.get(track, set()) - {track}

    def are_one(self, a: int, b: int) -> bool:
        """Tell whether two tracks are one person by what was said."""
        return b in self._group.get(a, ())

    def are_two(self, a: int, b: int) -> bool:
        """Tell whether tracks were said to be two people, or of each who they are, but not one."""
        if self.are_one(a, b):
            return False
        pairs = product({a} | self.mates(a), {b} | self.mates(b))
        said = any(pair in self._apart or pair[::-1] in self._apart for pair in pairs)
        return said or (a in self._group and b in self._group)

    def part(self, who: Collection[int], other: Collection[int]) -> None:
        """Note that these are never one person with those; who was both in this run is passed over.

        Those of a group who have to leave it stay together.
        """
        both = {*who} & {*other}
        others = [b for b in other if b not in both]
        for a in who:
            if a in both:
                continue
            if leaving := self._group.get(a, set()).intersection(others):
                self._leave(leaving)
                self._join(leaving)
            for b in others:
                self._apart.pop((b, a), None)
                self._apart[a, b] = None

    def groups(self) -> list[list[int]]:
        """Return the groups, each in order; one of a single track was set apart from others."""
        return [
            list(members) for members in sorted({tuple(sorted(g)) for g in self._group.values()})
        ]

    def pairs(self) -> list[tuple[int, int]]:
        """Return the pairs of tracks that are two people: who was decided on comes first."""
        return [pair for pair in self._apart if not self.no_faces & set(pair)]

    def _join(self, members: Collection[int]) -> None:
        """Have these be a group. What they were a group with stays behind, if it isn't named.

        Where a decision was made, it names all that are together with a track. In another run a
        track may show the faces of two: groups that meet in it are not one person for that.
        """
        whole = set(members)
        self._leave(members)
        for track in whole:
            self._group[track] = whole
        for pair in [pair for pair in self._apart if whole.issuperset(pair)]:
            del self._apart[pair]

    def _leave(self, tracks: Collection[int]) -> None:
        for track in tracks:
            for rest in self._group.pop(track, set()):
                if rest in self._group:
                    self._group[rest] = self._group[rest] - set(tracks)
