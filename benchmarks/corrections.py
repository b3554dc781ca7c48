"""Whether corrections survive: 200 random ones on a labelled film, then another network's run.

A simulated user knows the truth and names, merges, splits, moves, confirms and sets apart at
random, and takes back or brings back now and then. The film is then run anew, with another encoder
and seed. What is compared is independent of how corrections are kept: face by face, what the cast
says before and after.

    python benchmarks/corrections.py FILM [--encoder dlib-resnet29] [--edits 200] [--seed 0]
"""

from __future__ import annotations

import argparse
import tempfile
from collections import Counter
from pathlib import Path

import numpy as np

from castlist.benchmark.track_score import matches
from castlist.benchmark.truth import find_truths
from castlist.cast.anchors import Finder, anchor
from castlist.cast.editing import Editor
from castlist.cast.types import Cast
from castlist.errors import CastlistError
from castlist.pipeline import Settings, run
from castlist.tracks.types import Tracks


def identities(film: Path, tracks: Tracks) -> dict[int, str]:
    """Return who each track is, where the truth knows."""
    (truth,) = (one for one in find_truths(film.parent) if one.film.name == film.name)
    votes: dict[int, Counter[str]] = {}
    for labelled, mine in matches(truth.tracks, tracks):
        votes.setdefault(mine, Counter())[truth.tracks[labelled].identity] += 1
    return {track: own.most_common(1)[0][0] for track, own in votes.items()}


def correct(editor: Editor, who: dict[int, str], rng: np.random.Generator) -> None:
    """Make one correction, any that the truth allows."""
    characters = editor.cast.characters
    one = characters[rng.integers(len(characters))]
    names = Counter(who.get(track, "?") for track in one.tracks)
    name = names.most_common(1)[0][0]
    track = int(rng.choice(one.tracks))
    homes = {
        other.id
        for other in characters
        if Counter(who.get(t, "?") for t in other.tracks).most_common(1)[0][0]
        == who.get(track, "?" + str(track))
    } - {one.id}
    match rng.integers(9):
        case 0 if name != "?":
            editor.rename(one.id, name)
        case 1 if homes and who.get(track) == name:
            editor.merge(one.id, [sorted(homes)[0]])
        case 2 if len(names) > 1:
            editor.split(one.id, [t for t in one.tracks if who.get(t, "?") != name])
        case 3 if homes and who.get(track) != name:
            editor.move([track], sorted(homes)[0])
        case 4 if who.get(track) == name:
            editor.confirm([track])
        case 5:
            other = characters[rng.integers(len(characters))]
            if not {who.get(t) for t in one.tracks} & {who.get(t) for t in other.tracks}:
                editor.never(one.id, other.id)
        case 6:
            editor.note(one.id, f"note {rng.integers(1000)}")
        case 7:
            editor.undo()
        case 8:
            editor.redo()


def called(cast: Cast) -> dict[int, str | None]:
    """Return of each track the name of its character, or its id."""
    names = {character.id: character.name or character.id for character in cast.characters}
    return {track.id: names.get(track.character or "") for track in cast.tracks}


def main() -> None:
    """Print what held."""
    parser = argparse.ArgumentParser(description=__doc__.split("\n")[0])
    parser.add_argument("film", type=Path)
    parser.add_argument("--encoder", default="dlib-resnet29", help="of the second run")
    parser.add_argument("--edits", type=int, default=200)
    parser.add_argument("--seed", type=int, default=0)
    arguments = parser.parse_args()
    rng = np.random.default_rng(arguments.seed)
    with tempfile.TemporaryDirectory() as folder:
        run(arguments.film, out=folder, settings=Settings(adapt=False))
        tracks = Tracks.load(Path(folder) / "tracks.parquet")
        who, editor, made = identities(arguments.film, tracks), Editor(folder), 0
        while made < arguments.edits:
            before = len(editor.log())
            try:
                correct(editor, who, rng)
            except CastlistError:
                continue  # makes no sense just now
            made += len(editor.log()) - before
        first = called(editor.cast)
        second = Settings(adapt=False, encoder=arguments.encoder, seed=arguments.seed + 1)
        cast = run(arguments.film, out=folder, settings=second)
        assert cast is not None
        again, finder = called(cast), Finder(Tracks.load(Path(folder) / "tracks.parquet"))
        there = {n: finder.find(anchor(tracks, n)) for n in range(len(tracks))}
        pairs = [(n, m) for n, m in there.items() if m is not None]
        named = [(n, m) for n, m in pairs if first[n] and not str(first[n]).startswith("C")]
        kept = sum(first[n] == again[m] for n, m in named)
        same = [(a, b) for a in pairs for b in pairs if a[0] < b[0] and first[a[0]] == first[b[0]]]
        held = sum(again[a[1]] == again[b[1]] for a, b in same)
        people = len({who.get(n) for n, _ in pairs})
        print(
            f"{arguments.film.name}: {made} corrections, {len(tracks)} tracks, {len(pairs)} found "
            f"again of {people} people; names kept on {kept} of {len(named)} named tracks; "
            f"{held} of {len(same)} pairs of one character still are; "
            f"{len(cast.conflicts)} conflicts told"
        )
        for conflict in cast.conflicts[:5]:
            print("  ", conflict)


if __name__ == "__main__":
    main()
