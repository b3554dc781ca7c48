"""Appearances: the stretches in which a character is on screen, and who shares them with whom.

Tracks of one character in one shot that overlap or touch are one appearance; a cut always ends
one. Which tracks are whose isn't questioned here.
"""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Iterable, Iterator
from dataclasses import dataclass
from itertools import combinations

from castlist.cast.types import CastTrack, Character


@dataclass(frozen=True)
class Appearance:
    """A maximal stretch of frames of one shot in which a character is on screen.

    Attributes:
        character: Who.
        shot: The shot in which it lies.
        first: Its first frame.
        last: Its last frame, inclusive.
        tracks: Numbers of the tracks that make it up, in order of time.
    """

    character: Character
    shot: int
    first: int
    last: int
    tracks: tuple[int, ...]


def appearances(characters: Iterable[Character], tracks: Iterable[CastTrack]) -> list[Appearance]:
    """Return the appearances of these characters, in order of time, then of the characters."""
    by_character: dict[str | None, list[CastTrack]] = defaultdict(list)
    for track in sorted(tracks, key=lambda track: (track.start_frame, track.id)):
        by_character[track.character].append(track)
    found = [
        appearance
        for character in characters
        for appearance in _joined(character, by_character[character.id])
    ]
    return sorted(found, key=lambda appearance: appearance.first)  # stable: characters in order


def _joined(character: Character, tracks: list[CastTrack]) -> Iterator[Appearance]:
    """Join tracks, which are in order of their first frames, shot by shot."""
    group: list[CastTrack] = []
    last = -1
    for track in tracks:
        if group and (track.shot != group[-1].shot or track.start_frame > last + 1):
            yield _appearance(character, group, last)
            group = []
        last = max(last, track.end_frame) if group else track.end_frame
        group.append(track)
    if group:
        yield _appearance(character, group, last)


def _appearance(character: Character, tracks: list[CastTrack], last: int) -> Appearance:
    numbers = tuple(track.id for track in tracks)
    return Appearance(character, tracks[0].shot, tracks[0].start_frame, last, numbers)


@dataclass(frozen=True)
class CoAppearance:
    """What two characters share.

    Attributes:
        one: The one listed first in the cast.
        other: The other.
        shots: Shots in which both appear, in order.
        frames: Stretches of frames on which both are seen: first, last (inclusive).
    """

    one: Character
    other: Character
    shots: tuple[int, ...]
    frames: tuple[tuple[int, int], ...]


def co_appearances(
    characters: Iterable[Character], found: Iterable[Appearance]
) -> list[CoAppearance]:
    """Return the pairs of characters that share a shot, in the order of the characters."""
    place = {character.id: number for number, character in enumerate(characters)}
    by_shot: dict[int, list[Appearance]] = defaultdict(list)
    for appearance in found:
        by_shot[appearance.shot].append(appearance)
    shots: dict[tuple[str, str], set[int]] = defaultdict(set)
    frames: dict[tuple[str, str], list[tuple[int, int]]] = defaultdict(list)
    people: dict[str, Character] = {}
    for shot, here in sorted(by_shot.items()):
        here = sorted(here, key=lambda a: (place[a.character.id], a.first))
        for a, b in combinations(here, 2):
            if a.character.id == b.character.id:
                continue
            pair = (a.character.id, b.character.id)
            people |= {pair[0]: a.character, pair[1]: b.character}
            shots[pair].add(shot)
            first, last = max(a.first, b.first), min(a.last, b.last)
            if first <= last:
                frames[pair].append((first, last))
    return [
        CoAppearance(
            people[one],
            people[other],
            tuple(sorted(shots[one, other])),
            tuple(sorted(frames[one, other])),
        )
        for one, other in sorted(shots, key=lambda pair: (place[pair[0]], place[pair[1]]))
    ]
