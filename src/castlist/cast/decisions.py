"""What the user's decisions come to on the tracks of a run: who is who whatever was clustered.

Decisions are taken up in order, and a later one holds against an earlier one. They leave *groups*
of tracks that are one person, pairs of tracks that are two, tracks that are no faces, and what is
told of characters. `links` hands groups and pairs to the next clustering; `labels` imposes them on
clusters that are there. What can't be found again in this run is a conflict and is told.
"""

from __future__ import annotations

from collections.abc import Collection, Iterable, Mapping, Sequence
from dataclasses import dataclass, field
from itertools import combinations, pairwise, product

import numpy as np
from numpy.typing import NDArray

from castlist.cast.anchors import Anchor, Finder, anchor
from castlist.cast.changes import cuts_for, of_first_parts, sides_of
from castlist.cast.edits import TELLING, Edit, Kind
from castlist.cast.ids import Step
from castlist.cast.parts import Cut, cut_tracks
from castlist.cluster.labels import UNKNOWN, majority
from castlist.faces.types import Ints
from castlist.tracks.types import Tracks

ONE_BY_ONE = frozenset({Kind.CONFIRM, Kind.MOVE, Kind.SPLIT, Kind.NO_FACE})
"""Decisions on single tracks, each of which was looked at."""
NAMING = frozenset({Kind.NAME, Kind.MERGE})
"""What gives a name."""
LEAVING = frozenset({Kind.MOVE, Kind.SPLIT, Kind.NO_FACE})
"""What takes tracks away from the character that had them."""


@dataclass(frozen=True)
class Told:
    """What the user told of a character.

    Attributes:
        name: What they are called, or None.
        note: What is to be remembered, or None.
        hidden: Whether they are an extra.
    """

    name: str | None = None
    note: str | None = None
    hidden: bool = False


@dataclass(frozen=True)
class Decisions:
    """The decisions that hold, on the tracks of one run.

    Attributes:
        tracks: The tracks, cut where the user cut them.
        cuts: Where that is.
        groups: Tracks that are one person, each group a person; a track is in one at most.
        apart: Pairs of tracks that are two people: who was decided on, and who not to be with.
        no_faces: Tracks that are no faces.
        sure: Tracks of which it was said one by one where they belong.
        sayings: What was told of characters: on which tracks, by which decision.
        steps: The decisions on who is who, in order.
        conflicts: Sentences on what couldn't be taken up.
    """

    tracks: Tracks
    cuts: list[Cut]
    groups: list[list[int]]
    apart: list[tuple[int, int]]
    no_faces: list[int]
    sure: list[int]
    sayings: list[tuple[Edit, list[int]]] = field(repr=False)
    steps: list[Step] = field(repr=False)
    conflicts: list[str]

    @property
    def named(self) -> list[tuple[str, list[int]]]:
        """Who has a name, and on which tracks it was given."""
        return [(edit.text, own) for edit, own in self.sayings if edit.text and edit.kind in NAMING]

    @property
    def parts(self) -> list[tuple[int, int]]:
        """Of each part that was cut off the run's track and its first frame."""
        return [(cut.track, cut.frame) for cut in self.cuts]

    def links(self, sharing: Ints) -> tuple[Ints, Ints]:
        """Return what clustering has to heed.

        Args:
            sharing: Pairs of tracks that share a frame, (P, 2), of the cut tracks.

        Returns:
            Pairs of tracks that are one person, (M, 2), and pairs that are two, (Q, 2). What the
            user says holds against the rule that nobody is seen twice on a frame.
        """
        group = {track: n for n, members in enumerate(self.groups) for track in members}
        must = [pair for members in self.groups for pair in pairwise(members)]
        named = [
            (a[0], b[0]) for (one, a), (other, b) in combinations(self.named, 2) if one != other
        ]
        free = [
            (a, b) for a, b in [*sharing.tolist(), *named] if group.get(a, -1) != group.get(b, -2)
        ]
        cannot = sorted({(min(pair), max(pair)) for pair in [*self.apart, *free]})
        return np.array(must, np.int64).reshape(-1, 2), np.array(cannot, np.int64).reshape(-1, 2)

    def labels(self, clustered: Ints) -> Ints:
        """Impose the decisions on clusters.

        Args:
            clustered: Shape (T,): cluster of each of the cut tracks, -1 for unknown.

        Returns:
            Shape (T,): likewise; tracks that are no faces are unknown.
        """
        labels = clustered.astype(np.int64).copy()
        fresh = int(labels.max(initial=UNKNOWN)) + 1
        group = {track: members for members in self.groups for track in members}
        for members in self.groups:
            home = majority(clustered[members])
            if home is None:
                home, fresh = fresh, fresh + 1
            labels[members] = home
        for who, other in self.apart:
            if labels[who] == labels[other] > UNKNOWN:
                labels[group.get(who, [who])] = fresh
                fresh += 1
        labels[self.no_faces] = UNKNOWN
        self._keep_names(labels, group)
        return labels

    def _keep_names(self, labels: Ints, group: Mapping[int, list[int]]) -> None:
        """Have people of different names be two, and nobody with a name be lost.

        In a cluster with two of them, the one of fewer tracks leaves with those.
        """
        fresh = int(labels.max(initial=UNKNOWN)) + 1
        here: dict[int, list[tuple[str, list[int]]]] = {}
        for name, tracks in self.named:
            home = majority(labels[tracks])
            if home is None:
                labels[tracks] = fresh
                fresh += 1
            else:
                here.setdefault(home, []).append((name, [t for t in tracks if labels[t] == home]))
        for people in here.values():
            stays, most = max(people, key=lambda own: len(own[1]))
            kept = {mate for track in most for mate in group.get(track, [track])}
            for name, tracks in people:
                leaving = {mate for track in tracks for mate in group.get(track, [track])}
                if name != stays and not leaving & kept:
                    labels[list(leaving)] = fresh
                    fresh += 1

    def told(self, labels: Ints) -> tuple[dict[int, Told], list[str]]:
        """Return what was told of each cluster, and the conflicts of that and of the decisions.

        A saying goes to the cluster of most of the tracks of which it was said. That it is an
        extra is said of a cluster only if most of it are those tracks, and nobody else with a name.
        """
        found: dict[int, Told] = {}  # of each cluster
        named: dict[int, tuple[str, set[int]]] = {}
        conflicts = list(self.conflicts)
        for edit, tracks in self.sayings:
            label = majority(labels[tracks])
            if label is None:
                conflicts.append(f"{_words(edit)}: all of their tracks are unknown now")
                continue
            if edit.kind is Kind.HIDE and not self._is_extra(labels == label, tracks):
                conflicts.append(
                    f"{_words(edit)}: these are tracks of somebody else now, who is shown"
                )
                continue
            found[label] = _saying(edit, found.get(label, Told()))
            if edit.kind in NAMING:
                name, of = named.get(label, ("", set()))
                if name and edit.text and name != edit.text and not of & set(tracks):
                    conflicts.append(f"{name} and {edit.text} are one character now")
                named[label] = (edit.text or "", set(tracks))
        return found, list(dict.fromkeys(conflicts))

    def _is_extra(self, cluster: NDArray[np.bool_], tracks: list[int]) -> bool:
        """Tell whether a cluster, (T,), is the extra of which these tracks were."""
        named = any(cluster[own].any() and not {*own} & {*tracks} for _, own in self.named)
        return not named and 2 * int(cluster[tracks].sum()) >= int(cluster.sum())


def decide(edits: Sequence[Edit], tracks: Tracks) -> Decisions:
    """Work out what decisions come to on the tracks of a run.

    Args:
        edits: The decisions that hold, in order.
        tracks: Of the run, not cut.
    """
    conflicts: list[str] = []
    edits = of_first_parts(edits)
    cuts = cuts_for(edits, tracks)
    whole = [*range(len(tracks)), *(cut.track for cut in cuts)]  # the run's track of each part
    tracks = cut_tracks(tracks, cuts)
    finder = Finder(tracks)
    people = _People()
    sayings: list[tuple[Edit, list[int]]] = []
    steps: list[Step] = []
    sure: set[int] = set()
    meeting = _Meeting(tracks, finder)
    for edit in edits:
        who, same, other = (finder.find_all(part) for part in (edit.who, edit.same, edit.other))
        if edit.kind is Kind.CHANGES:
            meant = {whole[track] for track in (*who, *same, *other)}
            sides = sides_of(edit, tracks, [n for n, one in enumerate(whole) if one in meant])
            sides += [(a, b) for a, b in product(same, other) if whole[a] != whole[b]]
            for before, after in sides:
                people.change(before, after)
                steps.append((edit.kind, [after], [], [before]))
            if not sides:
                conflicts.append(f"{_words(edit)}: nobody can be found before it, or after")
            continue
        lost = len(set(edit.who + edit.same + edit.other)) - len({*who, *same, *other})
        if lost > 0 and (not who or edit.kind not in TELLING):
            conflicts.append(f"{_words(edit)}: {lost} of its tracks can't be told apart or found")
        if not who:
            continue
        if edit.kind in LEAVING:
            sayings = _without(sayings, who)
        if edit.kind is Kind.MERGE:
            sayings = _as_first(sayings, who, same)
        if edit.kind is Kind.MOVE:  # what was said of them is said of who comes to them
            sayings = [(one, own + who if {*own} <= {*same} else own) for one, own in sayings]
        if edit.kind in TELLING or (edit.kind is Kind.MERGE and edit.text):
            sayings = [*_unsaid(sayings, edit.kind, [*who, *same]), (edit, [*who, *same])]
        if edit.kind not in TELLING:
            mates = meeting.named_anew((*edit.who, *edit.same), people)
            people.take(edit.kind, who, same, other)
            meeting.note(mates, people)
            steps.append((edit.kind, who, same, other))
        if edit.kind in ONE_BY_ONE:
            sure.update(who)
    for track in meeting.torn:
        sayings = _with_mates(sayings, track, people.mates(track))
    conflicts += [
        f"track {track} is what was said to be two people; what was said last holds"
        for track in sorted(meeting.torn)
    ]
    return Decisions(
        tracks=tracks,
        cuts=cuts,
        groups=people.groups(),
        apart=people.pairs(),
        no_faces=sorted(people.no_faces),
        sure=sorted(sure),
        sayings=sayings,
        steps=steps,
        conflicts=conflicts,
    )


class _People:
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


_Sayings = list[tuple[Edit, list[int]]]


def _without(sayings: _Sayings, tracks: Iterable[int]) -> _Sayings:
    """Return the sayings on what they are still said of when tracks have left."""
    gone = set(tracks)
    left = [(edit, [track for track in own if track not in gone]) for edit, own in sayings]
    return [(edit, own) for edit, own in left if own]


def _as_first(sayings: _Sayings, who: list[int], same: list[int]) -> _Sayings:
    """Return the sayings when others are merged into somebody: they are an extra if that one is."""
    found = []
    for edit, own in sayings:
        if edit.kind in (Kind.HIDE, Kind.SHOW):
            own = [track for track in own if track not in same]
            own += same if {*own} & {*who} else []
        found.append((edit, own))
    return [(edit, own) for edit, own in found if own]


def _with_mates(sayings: _Sayings, track: int, mates: set[int]) -> _Sayings:
    """Return the sayings with the track only where it is said of those who are one with it."""
    return [
        (edit, own if own == [track] or mates & set(own) else [t for t in own if t != track])
        for edit, own in sayings
    ]


def _unsaid(sayings: _Sayings, kind: Kind, tracks: Iterable[int]) -> _Sayings:
    """Return the sayings that hold beside another one of that kind on these tracks.

    One that was said of mostly the same tracks doesn't; another one keeps its other tracks.
    """
    alike = next(kinds for kinds in (NAMING, {Kind.NOTE}, {Kind.HIDE, Kind.SHOW}) if kind in kinds)
    spoken = set(tracks)
    found = []
    for edit, own in sayings:
        rest = [track for track in own if edit.kind not in alike or track not in spoken]
        if 2 * len(rest) >= len(own):
            found.append((edit, rest))
    return found


class _Meeting:
    """Notes where two tracks of another run, of which different things were said, are one now."""

    def __init__(self, tracks: Tracks, finder: Finder) -> None:
        self.torn: set[int] = set()
        self._tracks, self._finder = tracks, finder
        self._last: dict[int, Anchor] = {}  # by which face it was last said whose a track is

    def named_anew(self, anchors: Iterable[Anchor], people: _People) -> dict[int, set[int]]:
        """Return the tracks that are named by another face than before, and who is with them."""
        found = {}
        for one in anchors:
            track = self._finder.find(one)
            if track is not None and self._last.setdefault(track, one) != one:
                self._last[track] = one
                found[track] = people.mates(track)
        return found

    def note(self, before: Mapping[int, set[int]], people: _People) -> None:
        """Note who isn't with them any more, unless the user has seen the track as it is now."""
        for track, mates in before.items():
            if self._last[track] == anchor(self._tracks, track):
                self.torn.discard(track)
            elif mates - people.mates(track):
                self.torn.add(track)


def _saying(edit: Edit, before: Told) -> Told:
    said: Mapping[Kind, Told] = {
        Kind.NAME: Told(edit.text or None, before.note, before.hidden),
        Kind.MERGE: Told(edit.text or before.name, before.note, before.hidden),
        Kind.NOTE: Told(before.name, edit.text or None, before.hidden),
        Kind.HIDE: Told(before.name, before.note, True),
        Kind.SHOW: Told(before.name, before.note, False),
    }
    return said[edit.kind]


def _words(edit: Edit) -> str:
    """Say which decision this is."""
    frames = ", ".join(str(anchor.frame) for anchor in edit.who[:3])
    return " ".join(filter(None, [edit.kind.value, edit.text, f"(frame {frames}; {edit.at})"]))
