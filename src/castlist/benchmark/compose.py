"""`castlist benchmark compose`: film-like track sets of any size from labelled still faces.

A film is made up of shots. Each has a light and a quality of its own and shows one person, or two
or three, whose tracks then share frames. Few people have most of the tracks, many have few: shares
fall with rank as Zipf's law has it. What comes out is a crops folder as `track_sets` reads it, with
`compose.json`, which says what it was made of. How a face is filmed is said in `stills`.
"""

from __future__ import annotations

import csv
import json
from collections import deque
from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from importlib.metadata import version
from pathlib import Path

import numpy as np

from castlist.atomic import atomic_path
from castlist.benchmark.stills import Cover, Look, Pose, Still, film, read_stills
from castlist.benchmark.track_sets import TABLE
from castlist.benchmark.truth import NOT_SCORED
from castlist.errors import CastlistError
from castlist.faces.types import Ints
from castlist.hooks import Hook, silent
from castlist.tracks.sampling import EVERY

NOTE = "compose.json"
"""What a composed set was made of; beside its table."""

FORMAT = 2  # of that; changes whenever other crops would come of the same settings
IN_SHOT = (0.6, 0.3, 0.1)  # share of the shots that show one, two and three people
COVERED = 0.15  # share of the tracks with something before the face, for a part of the time
GAP = 10  # frames between shots, at most


@dataclass(frozen=True)
class Shot:
    """One shot of a composed film.

    Attributes:
        number: From 0.
        start: First frame.
        end: Frame after the last.
        people: Who is in it, each once: rank from 0, the most frequent.
    """

    number: int
    start: int
    end: int
    people: tuple[int, ...]


def compose(
    source: Path,
    out: Path,
    *,
    people: int = 60,
    tracks: int = 5000,
    seed: int = 0,
    hook: Hook = silent,
) -> None:
    """Compose a track set.

    Who has most tracks is drawn, as is, shot by shot, everything else. The same photographs,
    settings and seed make the same files.

    Args:
        source: Photographs, PERSON/*.jpg: one face each, best several of each person.
        out: The crops folder to be made.
        people: How many of the people of `source` are in the film, at least one track each.
        tracks: How many tracks there are.
        seed: Of everything random.
        hook: Told of "stills" and "crops" (by tracks).

    Raises:
        CastlistError: There is a track set in `out` already, `source` has no faces or too few
            people, or there are fewer tracks than people.
    """
    if (out / TABLE).exists():
        raise CastlistError(f"{out}: holds a track set already; delete it or name another folder")
    if not 1 <= people <= tracks:
        raise CastlistError(f"{tracks} tracks of {people} people can't be: each has one or more")
    known = read_stills(source, hook)
    known = {name: stills for name, stills in known.items() if name not in NOT_SCORED}
    if len(known) < people:
        raise CastlistError(
            f"{source}: photographs of {len(known)} people, not {people}; ask for that many at most"
        )
    rng = np.random.default_rng([seed, 0, 1])  # no shot's, which are [seed, number]
    cast = rng.permutation(list(known))[:people].tolist()
    shares = zipf(people, tracks)
    (out / "crops").mkdir(parents=True, exist_ok=True)
    rows: list[tuple[str, int, int, str]] = []
    done = 0
    for shot in shots(shares, rng):
        stills = [known[cast[person]] for person in shot.people]
        for seat, frame, jpeg in _filmed(shot, stills, np.random.default_rng([seed, shot.number])):
            track = done + seat
            crop = f"crops/{track:06d}_{frame:07d}.jpg"
            (out / crop).write_bytes(jpeg)
            rows.append((crop, track, frame, cast[shot.people[seat]]))
        done += len(shot.people)
        hook("crops", done, tracks)
    note = {
        "castlist_compose": FORMAT,
        "tool": f"castlist {version('castlist')}",
        "people": people,
        "tracks": tracks,
        "seed": seed,
        "cast": [
            {
                "label": name,
                "tracks": count,
                "stills": [{"file": s.file, "sha256": s.sha256} for s in known[name]],
            }
            for name, count in zip(cast, shares.tolist(), strict=True)
        ],
    }
    with atomic_path(out / NOTE) as path:
        path.write_text(json.dumps(note, indent=1) + "\n", "utf-8")
    with atomic_path(out / TABLE) as path, path.open("w", newline="", encoding="utf-8") as file:
        writer = csv.writer(file, lineterminator="\n")
        writer.writerow(("crop", "track", "frame", "label"))
        writer.writerows(rows)


def zipf(people: int, tracks: int) -> Ints:
    """Return how many tracks the person of each rank has, (people,), at least one.

    One each; the rest by shares 1 / rank, what is left over by the largest remainders.
    """
    share = 1 / np.arange(1, people + 1)
    exact = (tracks - people) * share / share.sum()
    counts: Ints = np.floor(exact).astype(np.int64)
    counts[np.argsort(counts - exact, kind="stable")[: tracks - people - counts.sum()]] += 1
    counts += 1
    return counts


def shots(tracks: Ints, rng: np.random.Generator) -> Iterator[Shot]:
    """Yield shots in which the person of each rank has that many tracks, `tracks` (people,)."""
    waiting = deque(rng.permutation(np.repeat(np.arange(len(tracks)), tracks)).tolist())
    number = frame = 0
    while waiting:
        wanted = int(rng.choice(len(IN_SHOT), p=IN_SHOT)) + 1
        seated = [waiting.popleft()]
        while waiting and len(seated) < wanted and waiting[0] not in seated:
            seated.append(waiting.popleft())
        length = int(np.clip(np.exp(rng.normal(np.log(60), 0.7)), EVERY, 20 * EVERY))
        yield Shot(number, frame, frame + length, tuple(seated))
        number, frame = number + 1, frame + length + int(rng.integers(GAP))


def _filmed(
    shot: Shot, stills: Sequence[Sequence[Still]], rng: np.random.Generator
) -> Iterator[tuple[int, int, bytes]]:
    """Yield seat, frame and picture of each crop of a shot, in order of seat, then frame."""
    look = _look(rng)
    closeness = np.exp(rng.normal(np.log(110), 0.45)) / len(stills) ** 0.5  # side of a wide crop
    for seat, choice in enumerate(stills):
        still = choice[int(rng.integers(len(choice)))]
        side = int(np.clip(closeness * np.exp(rng.normal(0, 0.15)), 48, 320))
        frames = _seen(shot, rng)
        covers = _covers(len(frames), rng)
        for frame, pose, cover in zip(frames, _poses(len(frames), rng), covers, strict=True):
            yield seat, frame, film(still, side, pose, look, cover, rng)


def _seen(shot: Shot, rng: np.random.Generator) -> list[int]:
    """Return a track's frames, each `EVERY`-th of the shot; one in four comes late or goes early.

    The middle frame is always among them, so tracks of one shot share a frame.
    """
    frames = list(range(shot.start, shot.end, EVERY))
    middle = len(frames) // 2
    first = int(rng.integers(middle + 1)) if rng.random() < 0.25 else 0
    last = int(rng.integers(middle, len(frames))) if rng.random() < 0.25 else len(frames) - 1
    return frames[first : last + 1]


def _look(rng: np.random.Generator) -> Look:
    """Draw the light and the quality of a shot."""
    brightness = np.exp(rng.normal(-0.1, 0.25))
    warm = rng.normal(0, 0.08)
    return Look(
        gain=brightness * np.array([1 + warm, 1.0, 1 - warm]),
        gamma=float(np.exp(rng.normal(0.1, 0.2))),
        side=rng.normal(0, 0.35, 2),
        blur=float(rng.gamma(1.5, 0.8)),
        noise=float(rng.gamma(2, 2)),
        jpeg=int(rng.integers(35, 93)),
    )


def _poses(number: int, rng: np.random.Generator) -> list[Pose]:
    """Draw how a face moves: about a pose of its own, ever a little further."""
    spread = np.array([16, 8, 7, 0.06, 0.025, 0.025])  # yaw, pitch, roll, ln zoom, shift
    walk = np.cumsum(rng.normal(0, 0.3, (number, 6)), axis=0)
    way = spread * np.clip(rng.normal(0, 1, 6) + walk, -2.2, 2.2)
    return [
        Pose(yaw=yaw, pitch=pitch, roll=roll, zoom=float(np.exp(zoom)), shift=np.array([x, y]))
        for yaw, pitch, roll, zoom, x, y in way.tolist()
    ]


def _covers(number: int, rng: np.random.Generator) -> list[Cover | None]:
    """Draw what is before a face on each of its crops: nothing on most tracks."""
    if rng.random() >= COVERED:
        return [None] * number
    cover = Cover(
        angle=float(rng.uniform(0, 360)),
        depth=float(rng.uniform(0.08, 0.22)),
        colour=rng.uniform(15, 200) * rng.uniform(0.8, 1, 3),
    )
    first, last = sorted(rng.integers(number + 1, size=2).tolist())
    return [cover if first <= n < max(last, first + 1) else None for n in range(number)]
