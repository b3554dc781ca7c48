"""`castlist benchmark clusters`: methods by data sets by seeds, scored, and what to print of it.

A folder with `tracks.csv` is one data set, scored twice: with all tracks, and with those of three
crops or more. A folder with films and their truth is one data set a film. Crops are embedded once
an encoder, and kept.
"""

from __future__ import annotations

import hashlib
import logging
import math
import time
from collections.abc import Callable, Iterable, Iterator, Sequence
from dataclasses import asdict, dataclass, replace
from pathlib import Path
from typing import Any

import numpy as np
from numpy.typing import NDArray

from castlist import models
from castlist.atomic import atomic_path
from castlist.benchmark.case import Case, Given
from castlist.benchmark.methods import METHODS, method
from castlist.benchmark.metrics import Score, contingency, score, unknown_share
from castlist.benchmark.track_sets import (
    TABLE,
    TrackSet,
    read_crops_folder,
    read_film,
    read_own_tracks,
)
from castlist.benchmark.truth import find_truths
from castlist.encoders import choose_device, embed, load, unit
from castlist.errors import CastlistError
from castlist.faces.types import Floats, Ints
from castlist.hooks import Hook, silent

log = logging.getLogger(__name__)

LONG = 3
"""Crops of the tracks that a crops folder is scored on again."""


@dataclass(frozen=True, kw_only=True)
class Choices:
    """What a benchmark is to be.

    Attributes:
        methods: Names of the methods.
        seeds: How many seeds a random method is run with, from 0.
        encoder: The face-ID network, by its name in `castlist models`.
        device: "auto", "cpu", "cuda" or "mps".
        own_tracks: Whether films are scored on castlist's own tracks, not the labelled ones.
        cannot_link: Whether methods may use that tracks which share a frame are two people.
    """

    methods: Sequence[str] = tuple(METHODS)
    seeds: int = 5
    encoder: str = models.DEFAULT_ENCODER
    device: str = "auto"
    own_tracks: bool = False
    cannot_link: bool = True


@dataclass(frozen=True, kw_only=True)
class Data:
    """One data set.

    Attributes:
        tracks: The tracks.
        embeddings: Shape (N, d): of their crops, of length 1.
        strength: Shape (N,): how long they were.
        source: What it is read from: sets of one source have tracks in common.
        film: Whether that is a film.
    """

    tracks: TrackSet
    embeddings: Floats
    strength: Floats
    source: str
    film: bool

    @property
    def whole(self) -> bool:
        """Whether it holds all tracks of its source."""
        return self.tracks.name == self.source


@dataclass(frozen=True, kw_only=True)
class Row:
    """What one method with one seed came to on one data set.

    Attributes:
        method: Name of the method.
        data: Name of the data set.
        film: Whether that is a film.
        whole: Whether it holds all tracks of its source.
        seed: Of everything random.
        given: What the method knew beside the embeddings.
        unknown: Share of the tracks that it placed nowhere.
        score: Each such track counted as a cluster of its own, but not as a character: it is
            none in a cast list either.
        known: Such tracks left out; None if nothing is left.
        seconds: Of the method, without the embedding of the crops.
    """

    method: str
    data: str
    film: bool
    whole: bool
    seed: int
    given: str
    unknown: float
    score: Score
    known: Score | None
    seconds: float

    def to_dict(self) -> dict[str, Any]:
        """Return the row flat, as it goes into JSON."""
        return {
            "method": self.method,
            "data": self.data,
            "seed": self.seed,
            "given": self.given,
            **asdict(self.score),
            "unknown": self.unknown,
            "known": self.known and asdict(self.known),
            "seconds": round(self.seconds, 3),
        }


def benchmark(
    folders: Iterable[Path], work: Path, choices: Choices | None = None, hook: Hook = silent
) -> list[Row]:
    """Run methods on data sets.

    Args:
        folders: Crops folders and folders of films.
        work: Where crops, embeddings and workspaces are kept, to be used again.
        choices: What to run.
        hook: Told of progress.

    Returns:
        A row for each data set, method and seed; methods that aren't random have seed 0 only.

    Raises:
        CastlistError: A folder isn't of either kind, two sets have one name, a method is
            unknown, a file can't be read...
    """
    choices = choices or Choices()
    methods = {name: method(name) for name in choices.methods}
    data = list(_read(folders, work, choices, hook))
    rows = []
    for done, own in enumerate(data):
        hook("clusters", done, len(data))
        others = [
            (other.tracks, other.embeddings)
            for other in data
            if other.whole and other.source != own.source
        ]
        for name, way in methods.items():
            if way.given in (Given.OTHERS, Given.OTHERS_LABELS) and not others:
                log.warning("%s: passed over on %s: no other data set", name, own.tracks.name)
                continue
            for seed in range(choices.seeds if way.random else 1):
                case = Case(
                    tracks=own.tracks,
                    embeddings=own.embeddings,
                    strength=own.strength,
                    encoder=choices.encoder,
                    device=choices.device,
                    seed=seed,
                    others=others,
                    work=work,
                )
                start = time.perf_counter()
                labels = way.fit_predict(case)
                seconds = time.perf_counter() - start
                who = own.tracks.identity
                known = contingency(who, labels, unknown="out")
                row = Row(
                    method=name,
                    data=own.tracks.name,
                    film=own.film,
                    whole=own.whole,
                    seed=seed,
                    given=way.told(own.tracks),
                    unknown=unknown_share(labels),
                    score=_score(who, labels),
                    known=score(known) if known.size else None,
                    seconds=seconds,
                )
                rows.append(row)
    hook("clusters", len(data), len(data))
    return rows


def _score(who: NDArray[np.str_], labels: Ints) -> Score:
    found = score(contingency(who, labels))
    characters = len(np.unique(labels[labels >= 0]))
    return replace(found, characters=characters, ratio=characters / found.people)


def tables(rows: list[Row]) -> dict[str, list[dict[str, str]]]:
    """Return what to print, by title: a table a data set, and the means over several.

    What differs between seeds is told as mean ± standard deviation; for the means over data sets
    it is that of the seeds' means. A crops folder counts once there, with all its tracks. "|ln r|"
    is the distance of the ratio from 1, be it too high or too low: its logarithm without the sign.
    """
    found = {}
    for name in dict.fromkeys(row.data for row in rows):
        own = [row for row in rows if row.data == name]
        size = f"{own[0].score.tracks} tracks of {own[0].score.people} people"
        found[f"{name}: {size}"] = _table(own, {**_FOUND, **_MEASURES})
    films = [row for row in rows if row.film]
    whole = [row for row in rows if row.whole]
    groups = {"films": films} | ({"data sets": whole} if whole != films else {})
    for title, group in groups.items():
        names = {row.data for row in group}
        if len(names) > 1:
            found[f"Mean over {len(names)} {title}"] = _table(group, {**_ERROR, **_MEASURES})
    return found


_Columns = dict[str, tuple[int, Callable[[Row], float]]]
"""Title of each column, its digits, and what it shows of a row."""
_FOUND: _Columns = {"found": (1, lambda row: row.score.characters)}
_ERROR: _Columns = {"|ln r|": (2, lambda row: abs(math.log(row.score.ratio or 1e-9)))}
_MEASURES: _Columns = {
    "ratio": (2, lambda row: row.score.ratio),
    "WCP": (3, lambda row: row.score.wcp),
    "B3 F": (3, lambda row: row.score.b3_f),
    "unknown": (3, lambda row: row.unknown),
    "seconds": (2, lambda row: row.seconds),
}


def _table(rows: list[Row], columns: _Columns) -> list[dict[str, str]]:
    """Return a line a method: means over the data sets, spread over the seeds."""
    lines = []
    for name in dict.fromkeys(row.method for row in rows):
        own = [row for row in rows if row.method == name]
        seeds = sorted({row.seed for row in own})
        line = {"method": name, "given": " / ".join(dict.fromkeys(row.given for row in own))}
        for title, (digits, value) in columns.items():
            means = [np.mean([value(row) for row in own if row.seed == seed]) for seed in seeds]
            spread = f"\n± {np.std(means):.{digits}f}" if len(seeds) > 1 else ""
            line[title] = f"{np.mean(means):.{digits}f}{spread}"
        lines.append(line)
    return lines


def _read(folders: Iterable[Path], work: Path, choices: Choices, hook: Hook) -> Iterator[Data]:
    """Read all data sets and embed their crops."""
    embeddings = _Embeddings(work, choices.encoder, choices.device, hook)
    seen: set[str] = set()
    for tracks, film in _track_sets(folders, work, choices, hook):
        if tracks.name in seen:
            raise CastlistError(f"two data sets are called {tracks.name!r}; rename one")
        seen.add(tracks.name)
        if not len(tracks):
            log.warning("%s: passed over: there is no track to score", tracks.name)
            continue
        if not choices.cannot_link:
            tracks = tracks.without_links()
        embedded, strength = unit(embeddings(tracks))
        yield Data(
            tracks=tracks, embeddings=embedded, strength=strength, source=tracks.name, film=film
        )
        long = tracks.with_crops(LONG)
        if not film and long.any():
            yield Data(
                tracks=tracks.select(long, f"{tracks.name}>={LONG}"),
                embeddings=embedded[long[tracks.track]],
                strength=strength[long[tracks.track]],
                source=tracks.name,
                film=False,
            )


def _track_sets(
    folders: Iterable[Path], work: Path, choices: Choices, hook: Hook
) -> Iterator[tuple[TrackSet, bool]]:
    """Yield all track sets, and whether each is a film's."""
    for folder in folders:
        if (folder / TABLE).is_file():
            yield read_crops_folder(folder.resolve(), work, hook), False
            continue
        try:
            truths = find_truths(folder)
        except CastlistError as error:
            raise CastlistError(f"{error}, and no {TABLE}") from error
        for truth in truths:
            if choices.own_tracks:
                tracks = read_own_tracks(
                    truth, work, encoder=choices.encoder, device=choices.device, hook=hook
                )
            else:
                tracks = read_film(truth, work, hook)
            yield tracks, True


class _Embeddings:
    """Embeds track sets with one encoder, and keeps what it made under the crops' own hash."""

    def __init__(self, work: Path, encoder: str, device: str, hook: Hook) -> None:
        self._folder, self._hook = work / "embeddings", hook
        self._name, self._device = encoder, choose_device(device)
        self._digest = models.digest(encoder)

    def __call__(self, tracks: TrackSet) -> Floats:
        contents = hashlib.sha256(np.ascontiguousarray(tracks.crops).data).hexdigest()
        path = self._folder / f"{self._name}-{self._digest[:12]}-raw-{contents[:20]}.npy"
        try:
            kept: Floats = np.load(path)
            return kept
        except FileNotFoundError:
            pass
        except (OSError, ValueError, EOFError) as error:
            log.warning("%s: can't be read (%s), made anew", path, error)
        encoder = load(self._name, device=self._device)
        found = embed(encoder, tracks.crops, mirrored=True, hook=self._hook)
        self._folder.mkdir(parents=True, exist_ok=True)
        with atomic_path(path) as beside, beside.open("wb") as file:
            np.save(file, found)
        return found
