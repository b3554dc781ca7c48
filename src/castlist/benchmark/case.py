"""What a benchmark hands to a method: the tracks of a set, and of their truth only what is its due.

`peers` holds the estimators, `methods` the list of what is compared.
"""

from __future__ import annotations

import time
from collections.abc import Callable, Sequence
from dataclasses import dataclass, field, replace
from enum import StrEnum
from pathlib import Path

import numpy as np

from castlist import models
from castlist.adapt import Adapted, Recipe
from castlist.benchmark.adaptations import Kept, adapt
from castlist.benchmark.peers.peer import Peer
from castlist.benchmark.track_sets import TrackSet
from castlist.cluster.labels import UNKNOWN
from castlist.faces.types import Floats, Ints

LINKS = "cannot-links"
"""How tables name that a method knows which tracks share a frame."""


class Given(StrEnum):
    """What a method knows beside the embeddings of the crops."""

    NOTHING = "nothing"
    OTHERS = "threshold chosen on the other sets"
    OTHERS_TRACKS = "tracks of the other sets"
    OTHERS_TRACKS_CHOSEN = "tracks of the other sets, threshold chosen there"
    OTHERS_LABELS = "labels of the other sets"
    LABELS = "some labels of this set"
    TRUE_K = "true K"
    ORACLE = "best threshold (oracle)"

    @property
    def of_others(self) -> bool:
        """Whether that is something of the other sets."""
        return self.name.startswith("OTHERS")


@dataclass(frozen=True, kw_only=True)
class Case:
    """What a method is run on.

    Attributes:
        tracks: The tracks and their crops.
        embeddings: Shape (N, d): each crop by the frozen encoder, of length 1.
        strength: Shape (N,): how long they were; None where that isn't known.
        encoder: The encoder's name.
        device: Where networks run.
        seed: Of everything random.
        others: Other track sets and their embeddings, to choose parameters on.
        work: Where adapted embeddings are kept; None keeps nothing.
        used: The adaptations that were asked for, noted as they are.
        waited: Seconds that this took now, likewise.
    """

    tracks: TrackSet
    embeddings: Floats
    strength: Floats | None = None
    encoder: str = models.DEFAULT_ENCODER
    device: str = "auto"
    seed: int = 0
    others: Sequence[tuple[TrackSet, Floats]] = ()
    work: Path | None = None
    used: list[Kept] = field(default_factory=list)
    waited: list[float] = field(default_factory=list)

    def fit(self, peer: Peer) -> Ints:
        """Return what an estimator makes of the frozen encoder's embeddings, (T,)."""
        tracks = self.tracks
        fitted = peer.fit(self.embeddings, track=tracks.track, cannot_link=tracks.cannot_link)
        return fitted.labels_

    def adapted(self, recipe: Recipe, *, weighted: bool = True) -> Adapted:
        """Return what adapting the encoder to the tracks by a recipe leaves.

        Args:
            recipe: How.
            weighted: Whether crops count by their strength, or alike.
        """
        start = time.perf_counter()
        kept = adapt(
            self.tracks,
            recipe,
            encoder=self.encoder,
            device=self.device,
            seed=self.seed,
            work=self.work,
            frozen=None if weighted else self.embeddings,  # which are of length 1
        )
        self.used.append(kept)
        self.waited.append(time.perf_counter() - start)
        return kept.adapted


Labels = Callable[[Case], Ints]
"""A way to cluster the tracks of a case: (T,) of each; its docstring says what it is."""


def said(what: str, labels: Labels) -> Labels:
    """Give a way to cluster the sentence that says what it is."""
    labels.__doc__ = what
    return labels


@dataclass(frozen=True)
class Method:
    """A way to cluster tracks.

    Attributes:
        given: What it knows.
        labels: Makes the labels, (T,): clusters from 0, `UNKNOWN` for a track placed nowhere.
        links: Whether it is handed the cannot-links, where the set has any.
        random: Whether the seed matters.
        recipe: How it adapts the encoder, if it does.
        measured: Whether it needs what has been measured of the encoder: `Model.strangers`.
        version: To be raised whenever it would give other labels: rows of earlier ones are made
            anew.
    """

    given: Given
    labels: Labels
    links: bool = False
    random: bool = False
    recipe: Recipe | None = None
    measured: bool = False
    version: int = 1

    @property
    def what(self) -> str:
        """The method in a sentence: the first of its function's docstring."""
        return (self.labels.__doc__ or "").strip().split("\n")[0]

    @property
    def needs(self) -> str:
        """What it needs that published features haven't got, in words; nothing if it is nothing."""
        if self.recipe:
            return "needs pictures"
        return "needs an encoder of castlist's" if self.measured else ""

    def lacks(self, *, pictures: bool, others: bool) -> str:
        """Say in words what it would need to be run on a set; nothing if it can be.

        Args:
            pictures: Whether the set has any; else its features were published.
            others: Whether there are other sets.
        """
        if self.needs and not pictures:
            return self.needs
        if others or not self.given.of_others:
            return ""
        return "needs other sets" if self.given is Given.OTHERS else "needs sets of other people"

    def fit_predict(self, case: Case) -> Ints:
        """Cluster the tracks of a case, of which only what is `given` is passed on.

        Raises:
            ValueError: The method broke its promise: not one label a track.
        """
        tracks = self._linked(case.tracks)
        if self.given not in (Given.LABELS, Given.TRUE_K, Given.ORACLE):
            tracks = _unnamed(tracks)
        told = case.others if self.given.of_others else ()
        others = [(self._linked(other), embeddings) for other, embeddings in told]
        if self.given is Given.OTHERS_TRACKS:
            others = [(_unnamed(other), embeddings) for other, embeddings in others]
        found = np.asarray(self.labels(replace(case, tracks=tracks, others=others)))
        if found.shape != (len(tracks),) or found.min(initial=0) < UNKNOWN:
            raise ValueError(f"{len(tracks)} labels from {UNKNOWN} wanted, not {found}")
        return found.astype(np.int64)

    def told(self, tracks: TrackSet) -> str:
        """Say in words what it is given on this set."""
        if not (self.links and len(tracks.cannot_link)):
            return str(self.given)
        return LINKS if self.given is Given.NOTHING else f"{self.given}, {LINKS}"

    def _linked(self, tracks: TrackSet) -> TrackSet:
        return tracks if self.links else tracks.without_links()


def _unnamed(tracks: TrackSet) -> TrackSet:
    """Return the set without who its tracks are."""
    return replace(tracks, identity=np.full(len(tracks), ""))
