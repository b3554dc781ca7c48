"""`castlist benchmark clusters`: what is run: methods by data sets by seeds, each a row.

Each row is kept as soon as it is made. What the data sets are is `embedded`'s, what the methods are
is `methods`'.
"""

from __future__ import annotations

import logging
from collections.abc import Callable, Iterable, Sequence
from dataclasses import dataclass
from functools import cached_property, partial
from pathlib import Path

import numpy as np

from castlist import models
from castlist.benchmark import adaptations
from castlist.benchmark.case import Case, Given, Method
from castlist.benchmark.choices import Choices
from castlist.benchmark.cost import measured, one_thread
from castlist.benchmark.embedded import Data, read_data
from castlist.benchmark.methods import method
from castlist.benchmark.rows import Row, Rows, digest
from castlist.benchmark.workers import spread
from castlist.encoders import choose_device, fingerprint
from castlist.hooks import Hook, silent

log = logging.getLogger(__name__)


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
        return list(read_data(folders, work, choices, self._hook, run=not self._prepared))

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
