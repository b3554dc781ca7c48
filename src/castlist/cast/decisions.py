"""What the user's decisions come to on the tracks of a run: who is who whatever was clustered.

Decisions are taken up in order, and a later one holds against an earlier one. They leave *groups*
of tracks that are one person, pairs of tracks that are two, tracks that are no faces, and what is
told of characters. `links` hands groups and pairs to the next clustering; `labels` imposes them on
clusters that are there. What can't be found again in this run is a conflict and is told.
"""

from __future__ import annotations

from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass, field
from itertools import combinations, pairwise, product

import numpy as np
from numpy.typing import NDArray

from castlist.cast.anchors import Finder
from castlist.cast.changes import cuts_for, of_first_parts, sides_of
from castlist.cast.edits import TELLING, Edit, Kind
from castlist.cast.ids import Step
from castlist.cast.parts import Cut, cut_tracks
from castlist.cast.people import People
from castlist.cast.pieces import cuts_between
from castlist.cast.told import Told
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
class Decisions:
    """The decisions that hold, on the tracks of one run.

    Attributes:
        tracks: The tracks, cut where the user cut them.
        cuts: Where that is, and where they were two tracks when the user spoke of them.
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
    def noted(self) -> list[tuple[str, list[int]]]:
        """What is noted of somebody, and on which tracks."""
        return [(e.text, own) for e, own in self.sayings if e.text and e.kind is Kind.NOTE]

    @property
    def parts(self) -> list[tuple[int, int]]:
        """Of each part that was cut off the run's track and its first frame."""
        return [(cut.track, cut.frame) for cut in self.cuts]

    def links(self, sharing: Ints, *, names: bool = True) -> tuple[Ints, Ints]:
        """Return what clustering has to heed.

        Args:
            sharing: Pairs of tracks that share a frame, (P, 2), of the cut tracks.
            names: Whether people of two names, or of two notes, are two by that.

        Returns:
            Pairs of tracks that are one person, (M, 2), and pairs that are two, (Q, 2). What the
            user says holds against the rule that nobody is seen twice on a frame.
        """
        group = {track: n for n, members in enumerate(self.groups) for track in members}
        must = [pair for members in self.groups for pair in pairwise(members)]
        told = [
            (a[0], b[0])
            for what in ((self.named, self.noted) if names else ())
            for (one, a), (other, b) in combinations(what, 2)
            if one != other
        ]
        free = [
            (a, b) for a, b in [*sharing.tolist(), *told] if group.get(a, -1) != group.get(b, -2)
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
        self._keep_extras(labels, group)
        for told in (self.noted, self.named):
            _keep_two(labels, group, told)
        return labels

    def _keep_extras(self, labels: Ints, group: Mapping[int, list[int]]) -> None:
        """Have extras leave the clusters of others, but for whom they are one person with."""
        for edit, tracks in self.sayings:
            if edit.kind is not Kind.HIDE:
                continue
            others = {
                label
                for label in np.unique(labels[tracks]).tolist()
                if not self._is_extra(labels == label, tracks)
            }
            leaving = {
                mate
                for track in tracks
                if labels[track] in others
                for mate in group.get(track, [track])
            }
            if leaving <= {*tracks}:
                labels[list(leaving)] = int(labels.max(initial=UNKNOWN)) + 1

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
            found[label] = found.get(label, Told()).after(edit)
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


def _keep_two(
    labels: Ints, group: Mapping[int, list[int]], told: list[tuple[str, list[int]]]
) -> None:
    """Have people of whom different things were told be two, and none of them be lost.

    In a cluster with two of them, the one of fewer tracks leaves with those.

    Args:
        labels: Cluster of each track, (T,); changed.
        group: Of each track that is one person with others: all of them.
        told: What was told, and on which tracks.
    """
    fresh = int(labels.max(initial=UNKNOWN)) + 1
    here: dict[int, list[tuple[str, list[int]]]] = {}
    for what, tracks in told:
        home = majority(labels[tracks])
        if home is None:
            labels[tracks] = fresh
            fresh += 1
        else:
            here.setdefault(home, []).append((what, [t for t in tracks if labels[t] == home]))
    for people in here.values():
        stays, most = max(people, key=lambda own: len(own[1]))
        kept = {mate for track in most for mate in group.get(track, [track])}
        for what, tracks in people:
            leaving = {mate for track in tracks for mate in group.get(track, [track])}
            if what != stays and not leaving & kept:
                labels[list(leaving)] = fresh
                fresh += 1


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
    finder = Finder(cut_tracks(tracks, cuts))
    if between := cuts_between(edits, finder):
        cuts += [Cut(whole[cut.track], cut.frame) for cut in between]
        whole += [whole[cut.track] for cut in between]
        finder = Finder(cut_tracks(tracks, cuts))
    tracks = finder.tracks
    people = People()
    sayings: list[tuple[Edit, list[int]]] = []
    steps: list[Step] = []
    sure: set[int] = set()
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
        anchors = set(edit.who + edit.same + edit.other)
        lost = sum(finder.find(one) is None for one in anchors)
        if lost > 0 and (not who or edit.kind not in TELLING):
            conflicts.append(f"{_words(edit)}: {lost} of its tracks can't be found")
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
            people.take(edit.kind, who, same, other)
            steps.append((edit.kind, who, same, other))
        if edit.kind in ONE_BY_ONE:
            sure.update(who)
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


def _words(edit: Edit) -> str:
    """Say which decision this is."""
    frames = ", ".join(str(anchor.frame) for anchor in edit.who[:3])
    return " ".join(filter(None, [edit.kind.value, edit.text, f"(frame {frames}; {edit.at})"]))
