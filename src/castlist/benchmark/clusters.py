"""`castlist benchmark clusters`: what is run: methods by data sets by seeds, each a row.

A folder with `tracks.csv` is one data set, scored twice if it has shorter tracks: with all, and
with those of three crops or more. A folder with films and their truth is one data set a film, and
so is one with published features of films. Crops are embedded once an encoder, and kept; so is
each row.
"""

from __future__ import annotations

import hashlib
import logging
from collections.abc import Callable, Iterable, Iterator, Sequence
from dataclasses import dataclass
from functools import cached_property, partial
from pathlib import Path

import numpy as np

from castlist import models
from castlist.atomic import atomic_path
from castlist.benchmark import adaptations
from castlist.benchmark.case import Case, Given, Method
from castlist.benchmark.cost import measured, one_thread
from castlist.benchmark.datasets import feature_files
from castlist.benchmark.methods import METHODS, method
from castlist.benchmark.rows import Row, Rows, digest
from castlist.benchmark.track_sets import (
    TABLE,
    TrackSet,
    read_crops_folder,
    read_film,
    read_own_tracks,
    run_to_tracks,
)
from castlist.benchmark.truth import find_truths
from castlist.benchmark.workers import spread
from castlist.encoders import choose_device, embed, fingerprint, load, unit
from castlist.errors import CastlistError
from castlist.faces.types import Floats
from castlist.hooks import Hook, silent

log = logging.getLogger(__name__)

LONG = 3
"""Crops in the folder of the tracks that it is scored on again."""


@dataclass(frozen=True, kw_only=True)
class Choices:
    """What a benchmark is to be.

    Attributes:
        methods: Names of the methods.
        seeds: How many seeds a random method is run with, from 0.
        encoder: The face-ID network, by its name in `castlist models`; published features have
            one of their own.
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
        encoder: The face-ID network.
        contents: Identifies the tracks, their crops and who they are.
    """

    tracks: TrackSet
    embeddings: Floats
    strength: Floats
    source: str
    film: bool
    encoder: str
    contents: str

    @property
    def whole(self) -> bool:
        """Whether it holds all tracks of its source."""
        return self.tracks.name == self.source

    @property
    def people(self) -> set[str]:
        """Names of the people in it, however they are written."""
        return {name.casefold() for name in self.tracks.identity.tolist()}

    @property
    def pictures(self) -> bool:
        """Whether there are any; else its features were published."""
        return self.tracks.crops is not None


@dataclass(frozen=True)
class Job:
    """One row to be made.

    Attributes:
        data: Number of the data set.
        method: Name of the method.
        seed: Of everything random.
        key: Under which the row is kept.
    """

    data: int
    method: str
    seed: int
    key: str


class Bench:
    """All data sets of a benchmark, and how a row is made on them.

    It goes to other processes without the data sets: these are read anew there.

    Args:
        folders: Crops folders, folders of films and of published features.
        work: Where crops, embeddings, workspaces and rows are kept, to be used again.
        choices: What to run.
        hook: Told of progress in reading; by this process only.
        prepared: Whether another process has read them before: then no film is run.
    """

    def __init__(
        self,
        folders: Sequence[Path],
        work: Path,
        choices: Choices,
        hook: Hook = silent,
        *,
        prepared: bool = False,
    ) -> None:
        self._arguments = (folders, work, choices)
        self._prepared = prepared
        self._hook = hook
        self._work, self._choices = work, choices
        self._rows = Rows(work)

    def __reduce__(self) -> tuple[Callable[..., Bench], tuple[object, ...]]:
        return partial(Bench, prepared=True), self._arguments

    @cached_property
    def data(self) -> list[Data]:
        """The data sets."""
        folders, work, choices = self._arguments
        return list(_read(folders, work, choices, self._hook, run=not self._prepared))

    def jobs(self) -> list[Job]:
        """Return what is to be run: methods that aren't random have seed 0 only."""
        choices, found = self._choices, []
        methods = {name: method(name) for name in choices.methods}
        for number, own in enumerate(self.data):
            passed: dict[str, list[str]] = {}
            for name, way in methods.items():
                others = self._others(own, way)
                if why := way.lacks(pictures=own.pictures, others=bool(others)):
                    passed.setdefault(why, []).append(name)
                    continue
                edition = self._edition(name, own)
                for seed in range(choices.seeds if way.random else 1):
                    parts = [edition, own.contents, choices.own_tracks, choices.cannot_link, seed]
                    if others:
                        parts.append(digest(*(other.contents for other in others)))
                    found.append(Job(number, name, seed, digest(*parts)))
            for why, names in passed.items():
                log.warning("%s: passed over on %s: %s", ", ".join(names), own.tracks.name, why)
        return found

    def kept(self, job: Job) -> Row | None:
        """Return the row of a job if it was made earlier."""
        own = self.data[job.data]
        sources = self._sources(own, method(job.method))
        now = {"data": own.tracks.name, "film": own.film, "whole": own.whole, "sources": sources}
        return self._rows.load(job.key, now)

    def groups(self, jobs: Iterable[Job]) -> list[list[Job]]:
        """Put jobs together that share an adaptation, so that it is made once."""
        found: dict[object, list[Job]] = {}
        for job in jobs:
            recipe = method(job.method).recipe
            found.setdefault((job.data, job.seed, recipe) if recipe else job, []).append(job)
        return list(found.values())

    def __call__(self, jobs: Sequence[Job]) -> list[tuple[Job, Row]]:
        """Make rows, and keep each as soon as it is made."""
        made = []
        for job in jobs:
            row = self._run(job)
            self._rows.save(job.key, row)
            made.append((job, row))
        return made

    def _run(self, job: Job) -> Row:
        own, way, choices = self.data[job.data], method(job.method), self._choices
        tracks = own.tracks
        case = Case(
            tracks=tracks,
            embeddings=own.embeddings,
            strength=own.strength,
            encoder=own.encoder,
            device=choices.device,
            seed=job.seed,
            others=[(other.tracks, other.embeddings) for other in self._others(own, way)],
            work=self._work,
        )
        with one_thread(), measured() as cost:
            labels = way.fit_predict(case)
        adaptations = [kept.cost for kept in case.used]
        memory = [c.memory for c in (cost, *adaptations) if c.memory is not None]
        return Row(
            method=job.method,
            data=tracks.name,
            film=own.film,
            whole=own.whole,
            seed=job.seed,
            given=way.told(tracks),
            encoder=own.encoder,
            pictures=own.pictures,
            own_tracks=choices.own_tracks,
            cannot_link=choices.cannot_link,
            edition=self._edition(job.method, own),
            contents=own.contents,
            sources=self._sources(own, way),
            identity=tracks.identity,
            labels=labels,
            frames=tracks.frames,
            crops=np.bincount(tracks.track, minlength=len(tracks)),
            adapted=case.used[-1].file if case.used else None,
            seconds=cost.seconds - sum(case.waited) + sum(c.seconds for c in adaptations),
            memory=max(memory, default=None),
        )

    def _others(self, own: Data, way: Method) -> list[Data]:
        """Return the data sets that a method may learn from: other sources, by the same encoder.

        Thresholds may be chosen on any of them; faces are learned of other people only.
        """
        if not way.given.of_others:
            return []
        others = [other for other in self.data if other.whole and other.source != own.source]
        others = [other for other in others if other.encoder == own.encoder]
        if way.given is Given.OTHERS:
            return others
        return [other for other in others if not other.people & own.people]

    def _sources(self, own: Data, way: Method) -> str:
        """Identify all sources that are embedded alike, if a method learns from the others."""
        if not way.given.of_others:
            return ""
        alike = [one for one in self.data if one.whole and one.encoder == own.encoder]
        return digest(*sorted(one.contents for one in alike))

    def _edition(self, name: str, own: Data) -> str:
        way = method(name)
        network: object = own.encoder
        if own.pictures:
            strangers = models.model(own.encoder).strangers or models.UNMEASURED
            network = (fingerprint(own.encoder), strangers)
        device = str(choose_device(self._choices.device))
        adapts = way.recipe and (adaptations.FORMAT, way.recipe)
        return digest(name, way.version, way.given, way.links, adapts, network, device)


def benchmark(
    folders: Iterable[Path],
    work: Path,
    choices: Choices | None = None,
    hook: Hook = silent,
    *,
    jobs: int = 1,
) -> list[Row]:
    """Run methods on data sets; rows that were made earlier are taken as they are.

    Args:
        folders: Crops folders, folders of films and of published features, or a file of features.
        work: Where crops, embeddings, workspaces and rows are kept, to be used again.
        choices: What to run.
        hook: Told of progress.
        jobs: Processes that make rows side by side. Each row is computed on one thread, so what
            comes out doesn't depend on their number.

    Returns:
        A row for each data set, method and seed; methods that aren't random have seed 0 only.

    Raises:
        CastlistError: A folder isn't of either kind, two sets have one name, a method is
            unknown, a file can't be read...
    """
    bench = Bench(tuple(folders), work, choices or Choices(), hook)
    wanted = bench.jobs()
    found = {job: row for job in wanted if (row := bench.kept(job))}
    hook("clusters", len(found), len(wanted))
    for made in spread(bench, bench.groups(job for job in wanted if job not in found), jobs):
        found.update(made)
        hook("clusters", len(found), len(wanted))
    return [found[job] for job in wanted]


def _read(
    folders: Iterable[Path], work: Path, choices: Choices, hook: Hook, *, run: bool
) -> Iterator[Data]:
    """Read all data sets and embed their crops."""
    embeddings = _Embeddings(work, choices.encoder, choices.device, hook)
    seen: set[str] = set()
    for tracks, film, encoder in _track_sets(folders, work, choices, hook, run=run):
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
            tracks=tracks,
            embeddings=embedded,
            strength=strength,
            source=tracks.name,
            film=film,
            encoder=encoder,
            contents=tracks.digest(),
        )
        long = tracks.seen_on(LONG)
        if not film and long.any() and not long.all():
            chosen = tracks.select(long, f"{tracks.name}>={LONG}")
            yield Data(
                tracks=chosen,
                embeddings=embedded[long[tracks.track]],
                strength=strength[long[tracks.track]],
                source=tracks.name,
                film=False,
                encoder=encoder,
                contents=chosen.digest(),
            )


def _track_sets(
    folders: Iterable[Path], work: Path, choices: Choices, hook: Hook, *, run: bool
) -> Iterator[tuple[TrackSet, bool, str]]:
    """Yield all track sets, whether each is a film's, and the encoder."""
    for folder in folders:
        if (folder / TABLE).is_file():
            yield read_crops_folder(folder.resolve(), work, hook), False, choices.encoder
            continue
        if published := feature_files.find(folder):
            for features, path in published:
                yield features.read(path), True, features.encoder
            continue
        try:
            truths = find_truths(folder)
        except CastlistError as error:
            raise CastlistError(f"{error}, and no {TABLE} or published features") from error
        for truth in truths:
            if not choices.own_tracks:
                yield read_film(truth, work, hook), True, choices.encoder
                continue
            if run:
                encoder, device = choices.encoder, choices.device
                run_to_tracks(truth.film, work, encoder=encoder, device=device, hook=hook)
            yield read_own_tracks(truth, work), True, choices.encoder


class _Embeddings:
    """Embeds track sets with one encoder, and keeps what it made under the crops' own hash."""

    def __init__(self, work: Path, encoder: str, device: str, hook: Hook) -> None:
        self._folder, self._hook = work / "embeddings", hook
        self._name, self._device = encoder, choose_device(device)
        self._digest = digest(fingerprint(encoder))

    def __call__(self, tracks: TrackSet) -> Floats:
        if tracks.crops is None:
            assert tracks.features is not None, "where there are no crops there are features"
            return tracks.features
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
