"""Whether corrections outlive a re-run: a simulated user makes 200 of them, then all is made anew.

The user knows the film's truth and corrects castlist's cast at random: merges, splits, moves, cuts,
names, notes, and takes some of it back; a share of the corrections is wrong on purpose, so that
there is always something to mend. Then the film is run with another encoder and seed. Each track of
the first run is looked up in the second one by all of its boxes, not by what the log keeps of it,
and what was said of it has to hold: who is one person, who isn't, names, notes, extras, no faces.

    python benchmarks/corrections.py FILM [--edits 200] [--encoder dlib-resnet29] [--wrong 0.2]
"""

from __future__ import annotations

import argparse
import random
import shutil
import sys
import tempfile
from collections import Counter
from collections.abc import Callable
from itertools import product
from pathlib import Path

import numpy as np

import castlist
from castlist.benchmark.track_score import matches
from castlist.benchmark.truth import TrueTrack, read_truth
from castlist.cast.anchors import Anchor
from castlist.cast.changes import of_first_parts
from castlist.cast.editing import Editor
from castlist.cast.edits import Edit, Kind, holding
from castlist.cast.parts import cut_tracks, cuts_of
from castlist.cast.types import Cast, Character
from castlist.errors import CastlistError
from castlist.faces.boxes import iou
from castlist.settings import Settings
from castlist.tracks.types import Tracks


def listed(folder: Path) -> tuple[Cast, Tracks]:
    """Read a cast, and its tracks as it numbers them."""
    cast = Cast.load(folder / "cast.json")
    return cast, cut_tracks(Tracks.load(folder / "tracks.parquet"), cuts_of(cast))


def identities(truth: list[TrueTrack], tracks: Tracks) -> dict[int, str]:
    """Return who each track is: whom most of its boxes match."""
    votes: dict[int, Counter[str]] = {}
    for labelled, mine in matches(truth, tracks):
        votes.setdefault(mine, Counter())[truth[labelled].identity] += 1
    return {track: count.most_common(1)[0][0] for track, count in votes.items()}


def counterparts(before: Tracks, after: Tracks) -> dict[int, int]:
    """Return for each track the one of another run that covers most of its boxes, if half."""
    found = {}
    for track in range(len(before)):
        votes: Counter[int] = Counter()
        rows = np.flatnonzero(before.track == track)
        for row in rows:
            here = np.flatnonzero(after.frame == before.frame[row])
            overlap = iou(before.boxes[[row]], after.boxes[here])[0]
            if len(here) and overlap.max() >= 0.5:
                votes[int(after.track[here[overlap.argmax()]])] += 1
        best, count = max(votes.items(), key=lambda own: own[1], default=(-1, 0))
        if 2 * count >= len(rows):
            found[track] = best
    return found


class User:
    """Corrects a cast.

    Args:
        folder: The workspace.
        truth: The film's labelled tracks.
        wrong: Share of the corrections that are made without looking.
        chance: Of all choices.

    Attributes:
        editor: Of the workspace.
        refused: Corrections that made no sense.
    """

    def __init__(
        self, folder: Path, truth: list[TrueTrack], wrong: float, chance: random.Random
    ) -> None:
        self.editor = Editor(folder)
        self.refused = 0
        self._folder, self._truth, self._wrong, self._chance = folder, truth, wrong, chance
        self._names = 0
        self._who: dict[int, str] = {}

    def correct(self) -> None:
        """Make one correction; one that makes no sense is refused, and another one is tried."""
        ways: list[Callable[[], object]] = [
            self._name, self._note, self._hide, self._merge, self._merge, self._split, self._move,
            self._move, self._confirm, self._never, self._no_face, self._cut, self._take_back,
        ]  # fmt: skip
        before = len(self.editor.log())
        while len(self.editor.log()) == before:
            _, tracks = listed(self._folder)
            self._who = identities(self._truth, tracks)
            try:
                self._chance.choice(ways)()
            except CastlistError:
                self.refused += 1

    @property
    def _blind(self) -> bool:
        return self._chance.random() < self._wrong

    def _any(self) -> Character:
        return self._chance.choice(self.editor.cast.characters)

    def _person(self, character: Character) -> str:
        """Return who most of a character's tracks are."""
        votes = Counter(self._who.get(track, "?") for track in character.tracks)
        return votes.most_common(1)[0][0]

    def _name(self) -> None:
        self._names += 1
        self.editor.rename(self._any().id, self._chance.choice(["", *[f"Name {self._names}"] * 3]))

    def _note(self) -> None:
        self.editor.note(self._any().id, f"note {self._chance.random():.6f}")

    def _hide(self) -> None:
        one = self._any()
        (self.editor.show if one.hidden else self.editor.hide)(one.id)

    def _merge(self) -> None:
        one = self._any()
        like = [
            other.id
            for other in self.editor.cast.characters
            if other.id != one.id and (self._blind or self._person(other) == self._person(one))
        ]
        self.editor.merge(one.id, [self._chance.choice(like or [one.id])])

    def _split(self) -> None:
        one = self._any()
        person = self._person(one)
        others = [track for track in one.tracks if self._who.get(track, "?") != person]
        if self._blind:
            others = self._chance.sample(one.tracks, self._chance.randint(0, len(one.tracks)))
        self.editor.split(one.id, others)

    def _move(self) -> None:
        track = self._chance.choice(self.editor.cast.tracks)
        person = self._who.get(track.id, "?")
        to = [
            character.id
            for character in self.editor.cast.characters
            if self._blind or self._person(character) == person
        ]
        self.editor.move([track.id], self._chance.choice(to or ["nobody"]))

    def _confirm(self) -> None:
        one = self._any()
        mine = [track for track in one.tracks if self._who.get(track, "?") == self._person(one)]
        self.editor.confirm(mine[:3])

    def _never(self) -> None:
        one, other = self._any(), self._any()
        if self._person(one) != self._person(other) or self._blind:
            self.editor.never(one.id, other.id)

    def _no_face(self) -> None:
        nothing = [t.id for t in self.editor.cast.tracks if self._who.get(t.id) == "nonface"]
        if self._blind:
            nothing = [self._chance.choice(self.editor.cast.tracks).id]
        if nothing:
            self.editor.no_face(self._chance.choice(nothing))

    def _cut(self) -> None:
        track = self._chance.choice(self.editor.cast.tracks)
        if self._blind and track.end_frame > track.start_frame:
            frame = self._chance.randint(track.start_frame + 1, track.end_frame)
            self.editor.changes(track.id, frame)

    def _take_back(self) -> None:
        (self.editor.undo if self._chance.random() < 0.7 else self.editor.redo)()


Pairs = set[tuple[int, int]]


def said(log: list[Edit], cast: Cast, tracks: Tracks) -> tuple[Pairs, Pairs]:
    """Return the pairs of tracks that are one person, and that are two, since the user said so.

    Of a pair counts what was said last, and only if the cast agrees with it: tracks come and go
    with others of which something was said.
    """
    owner = {track.id: track.character for track in cast.tracks}
    last: dict[tuple[int, int], bool] = {}
    for edit in of_first_parts(holding(log)[0]):
        who, mates, others = (
            [nearest(tracks, one) for one in part] for part in (edit.who, edit.same, edit.other)
        )
        if edit.kind in (Kind.MERGE, Kind.MOVE, Kind.SPLIT, Kind.CONFIRM):
            last.update(
                {(min(a, b), max(a, b)): True for a, b in product(who, [*who, *mates]) if a != b}
            )
        last.update({(min(a, b), max(a, b)): False for a, b in product(who, others) if a != b})
    held = {p for p, one in last.items() if one and owner[p[0]] == owner[p[1]] is not None}
    two = {
        (a, b)
        for (a, b), one in last.items()
        if not one and owner[a] != owner[b] and None not in (owner[a], owner[b])
    }
    return held, two


def nearest(tracks: Tracks, one: Anchor) -> int:
    """Return the track that shows a face."""
    here = np.flatnonzero(tracks.frame == one.frame)
    overlap = iou(np.array([one.box], np.float32), tracks.boxes[here])[0]
    return int(tracks.track[here[overlap.argmax()]])


def compare(
    log: list[Edit], old: tuple[Cast, Tracks], new: tuple[Cast, Tracks]
) -> dict[str, list[bool]]:
    """Return for each thing that was said, by its kind, whether it holds in the new cast."""
    (before, tracks), (after, _) = old, new
    now = counterparts(tracks, new[1])
    owner = {track.id: track.character for track in after.tracks}
    length = np.bincount(tracks.track)
    same, two = said(log, before, tracks)
    held: dict[str, list[bool]] = {
        "one person": [owner[now[a]] == owner[now[b]] for a, b in same if {a, b} <= now.keys()],
        "two people": [
            owner[now[a]] != owner[now[b]]
            for a, b in two
            if {a, b} <= now.keys() and owner[now[a]] is not None
        ],
        "no face": [now[track] in after.no_faces for track in before.no_faces if track in now],
        "cut": [
            now[track.id] != now[track.part_of]
            for track in before.tracks
            if track.part_of is not None and {track.id, track.part_of} <= now.keys()
        ],
    }
    characters = {character.id: character for character in after.characters}
    for one in before.characters:
        votes: Counter[str] = Counter()
        for track in one.tracks:
            if owner.get(now.get(track, -1)):
                votes[str(owner[now[track]])] += int(length[track])
        most = characters[votes.most_common(1)[0][0]] if votes else None
        for what in ("name", "note", "hidden"):
            if value := getattr(one, what):
                there = most is not None and getattr(most, what) == value
                held.setdefault(what, []).append(there)
    held["all names there"] = [
        one.name in {other.name for other in after.characters}
        for one in before.characters
        if one.name
    ]
    return held


def main() -> int:
    """Correct, run anew, compare; the exit code is the number of things that don't hold."""
    parser = argparse.ArgumentParser(description=__doc__.split("\n")[0])
    parser.add_argument("film", type=Path, help="with its NAME.truth.json beside it")
    parser.add_argument("--edits", type=int, default=200)
    parser.add_argument("--wrong", type=float, default=0.2)
    parser.add_argument("--seed", type=int, default=0)
    parser.add_argument("--adapt", action="store_true", help="adapt the networks to the film")
    parser.add_argument("--encoder", default="dlib-resnet29", help="of the second run")
    parser.add_argument("--work", type=Path, help="where the first run is kept, to be used again")
    arguments = parser.parse_args()
    with tempfile.TemporaryDirectory() as temporary:
        first = (arguments.work or Path(temporary)) / "first.castlist"
        castlist.run(arguments.film, out=first, settings=Settings(adapt=arguments.adapt))
        folder = Path(shutil.copytree(first, Path(temporary) / "corrected.castlist"))
        truth = read_truth(arguments.film.with_suffix(".truth.json")).tracks
        user = User(folder, truth, arguments.wrong, random.Random(arguments.seed))
        for _ in range(arguments.edits):
            user.correct()
        log, old = user.editor.log(), listed(folder)
        settings = Settings(encoder=arguments.encoder, seed=1, adapt=arguments.adapt)
        castlist.run(arguments.film, out=folder, settings=settings)
        new = listed(folder)
        held = compare(log, old, new)
    print(f"{len(log)} corrections, {len(holding(log)[0])} of them hold, {user.refused} refused")
    for place, (cast, _) in (("before", old), ("after", new)):
        names = sum(character.name is not None for character in cast.characters)
        print(
            f"{place:6} {len(cast.tracks)} tracks, {len(cast.characters)} characters, "
            f"{names} named, {len(cast.conflicts)} conflicts"
        )
    for conflict in new[0].conflicts:
        print(f"       {conflict}")
    for what, each in held.items():
        print(f"{what:16} {sum(each):6} of {len(each):6} hold")
    return min(99, sum(not one for each in held.values() for one in each))


if __name__ == "__main__":
    sys.exit(main())
