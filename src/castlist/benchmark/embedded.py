"""The data sets of a benchmark: read from their folders, and their crops embedded by one encoder.

A folder with `tracks.csv` is one data set, scored twice if it has shorter tracks: with all, and
with those of three crops or more. A folder with films and their truth is one data set a film, and
so is one with published features of films. Crops are embedded once an encoder, and kept.
"""

from __future__ import annotations

import hashlib
import logging
from collections.abc import Iterable, Iterator
from dataclasses import dataclass
from pathlib import Path

import numpy as np

from castlist.atomic import atomic_path
from castlist.benchmark.choices import Choices
from castlist.benchmark.datasets import feature_files
from castlist.benchmark.rows import digest
from castlist.benchmark.track_sets import (
    TABLE,
    TrackSet,
    read_crops_folder,
    read_film,
    read_own_tracks,
    run_to_tracks,
)
from castlist.benchmark.truth import find_truths
from castlist.encoders import choose_device, embed, fingerprint, load, unit
from castlist.errors import CastlistError
from castlist.faces.types import Floats
from castlist.hooks import Hook

log = logging.getLogger(__name__)

LONG = 3
"""Crops in the folder of the tracks that it is scored on again."""


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


def read_data(
    folders: Iterable[Path], work: Path, choices: Choices, hook: Hook, *, run: bool
) -> Iterator[Data]:
    """Read all data sets and embed their crops.

    Args:
        folders: Crops folders, folders of films and of published features, or a file of features.
        work: Where crops, embeddings and workspaces are kept, to be used again.
        choices: By which encoder, and which tracks.
        hook: Told of progress.
        run: Whether films are run as far as their tracks, where castlist's own are wanted.

    Raises:
        CastlistError: A folder isn't of either kind, two sets have one name, a file can't be
            read...
    """
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
