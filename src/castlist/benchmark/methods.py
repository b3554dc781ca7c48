"""The methods that are compared, by name, and what each is given beside the embeddings.

To add one, add a line to `METHODS`: what it is given, and a function from a `Case` to labels. A
method is handed no more than that: who the tracks are is taken out of the case of a method that
isn't given it, and the cannot-links likewise.
"""

from __future__ import annotations

from collections.abc import Callable, Sequence
from dataclasses import dataclass, replace
from enum import StrEnum
from pathlib import Path

import numpy as np
from numpy.typing import NDArray
from scipy.cluster.hierarchy import fcluster, linkage
from scipy.spatial.distance import squareform
from sklearn.cluster import HDBSCAN

from castlist import models
from castlist.adapt import PAPER, Adapted, Recipe
from castlist.benchmark.adaptations import adapt
from castlist.benchmark.metrics import UNKNOWN, b_cubed, contingency
from castlist.benchmark.track_sets import TrackSet
from castlist.cluster.average import AverageClustering, Strangers, track_means
from castlist.cluster.distance import Temperatures
from castlist.cluster.learned import LossClustering
from castlist.errors import CastlistError
from castlist.faces.types import Floats, Ints

NEVER = 1e3
"""Distance of two tracks that may not be merged: no average that holds it is ever below a cut."""
FARTHEST = 2.0
"""The largest cosine distance; beyond it are only pairs that may not be merged."""


class Given(StrEnum):
    """What a method knows beside the embeddings of the crops."""

    NOTHING = "nothing"
    OTHERS = "threshold chosen on the other sets"
    TRUE_K = "true K"
    ORACLE = "best threshold (oracle)"


@dataclass(frozen=True, kw_only=True)
class Case:
    """What a method is run on.

    Attributes:
        tracks: The tracks and their crops.
        embeddings: Shape (N, d): each crop by the frozen encoder, of length 1.
        encoder: The encoder's name.
        device: Where networks run.
        seed: Of everything random.
        others: Other track sets and their embeddings, to choose parameters on.
        work: Where adapted embeddings are kept; None keeps nothing.
    """

    tracks: TrackSet
    embeddings: Floats
    encoder: str = models.DEFAULT_ENCODER
    device: str = "auto"
    seed: int = 0
    others: Sequence[tuple[TrackSet, Floats]] = ()
    work: Path | None = None

    def adapted(self, recipe: Recipe) -> Adapted:
        """Return what adapting the encoder to the tracks by a recipe leaves."""
        return adapt(
            self.tracks,
            recipe,
            encoder=self.encoder,
            device=self.device,
            seed=self.seed,
            work=self.work,
        )


@dataclass(frozen=True)
class Method:
    """A way to cluster tracks.

    Attributes:
        given: What it knows.
        labels: Makes the labels, (T,): clusters from 0, `UNKNOWN` for a track placed nowhere.
        links: Whether it is handed the cannot-links, where the set has any.
        random: Whether the seed matters.
    """

    given: Given
    labels: Callable[[Case], Ints]
    links: bool = False
    random: bool = False

    def fit_predict(self, case: Case) -> Ints:
        """Cluster the tracks of a case, of which only what is `given` is passed on.

        Raises:
            ValueError: The method broke its promise: not one label a track.
        """
        tracks = self._linked(case.tracks)
        if self.given not in (Given.TRUE_K, Given.ORACLE):
            tracks = replace(tracks, identity=np.full(len(tracks), ""))
        chosen_on = case.others if self.given is Given.OTHERS else ()
        others = [(self._linked(other), embeddings) for other, embeddings in chosen_on]
        found = np.asarray(self.labels(replace(case, tracks=tracks, others=others)))
        if found.shape != (len(tracks),) or found.min(initial=0) < UNKNOWN:
            raise ValueError(f"{len(tracks)} labels from {UNKNOWN} wanted, not {found}")
        return found.astype(np.int64)

    def told(self, tracks: TrackSet) -> str:
        """Say in words what it is given on this set."""
        if not (self.links and len(tracks.cannot_link)):
            return str(self.given)
        links = "cannot-links"
        return links if self.given is Given.NOTHING else f"{self.given}, {links}"

    def _linked(self, tracks: TrackSet) -> TrackSet:
        return tracks if self.links else tracks.without_links()


def method(name: str) -> Method:
    """Return the method of that name.

    Raises:
        CastlistError: There is none.
    """
    try:
        return METHODS[name]
    except KeyError:
        known = ", ".join(METHODS)
        raise CastlistError(f"no method is called {name!r}; there are {known}") from None


def frozen(case: Case) -> Ints:
    """What `castlist run --no-adapt` does: average linkage that stops by itself."""
    return _average(case, case.embeddings, None)


def castlist(case: Case) -> Ints:
    """What `castlist run` does: adaptation, then average linkage that stops by itself."""
    adapted = case.adapted(Recipe())
    return _average(case, adapted.embeddings, adapted.frozen)


def paper(case: Case) -> Ints:
    """VideoClusterNet as far as it is known: its recipe, its distance, its Algorithm 1."""
    return _by_loss(case, PAPER)


def castlist_loss(case: Case) -> Ints:
    """Adapted as by castlist, but clustered by the trained loss and the paper's Algorithm 1."""
    return _by_loss(case, Recipe())


def _average(case: Case, embeddings: Floats, before: Floats | None) -> Ints:
    clustering = AverageClustering(Strangers(*models.model(case.encoder).strangers))
    tracks = case.tracks
    clustering.fit(
        embeddings,
        track=tracks.track,
        cannot_link=tracks.cannot_link,
        evidence=tracks.evidence,
        frozen=before,
    )
    return clustering.labels_


def _by_loss(case: Case, recipe: Recipe) -> Ints:
    adapted = case.adapted(recipe)
    temperatures = Temperatures(
        centre=adapted.centre.astype(np.float64), teacher=recipe.teacher, student=recipe.student
    )
    clustering = LossClustering(temperatures)
    clustering.fit(adapted.outputs, track=case.tracks.track, cannot_link=case.tracks.cannot_link)
    return clustering.labels_


def hac_others(case: Case) -> Ints:
    """Average linkage, cut at the distance that is best on the other sets."""
    if not case.others:
        raise CastlistError("hac-others needs other data sets to choose its threshold on")
    return _tree(case.tracks, case.embeddings).cut(best_cut(case.others))


def hac_oracle(case: Case) -> Ints:
    """Average linkage, cut at the distance that is best on this very set."""
    own = case.tracks, case.embeddings
    return _tree(*own).cut(best_cut([own]))


def hac_true_k(case: Case) -> Ints:
    """Average linkage, cut into as many clusters as there are people."""
    return _tree(case.tracks, case.embeddings).cut_into(case.tracks.people)


def hdbscan(case: Case) -> Ints:
    """HDBSCAN (Campello et al., 2013) on the tracks' means, clusters of two tracks or more."""
    means = track_means(case.embeddings, case.tracks.track)
    if len(means) < 2:
        return np.zeros(len(means), np.int64)
    return np.asarray(HDBSCAN(min_cluster_size=2, copy=True).fit_predict(means), np.int64)


def singletons(case: Case) -> Ints:
    """Each track is somebody else."""
    return np.arange(len(case.tracks))


def one_cluster(case: Case) -> Ints:
    """All tracks are one person."""
    return np.zeros(len(case.tracks), np.int64)


METHODS = {
    "castlist": Method(Given.NOTHING, castlist, links=True, random=True),
    "castlist-loss": Method(Given.NOTHING, castlist_loss, links=True, random=True),
    "videoclusternet": Method(Given.NOTHING, paper, random=True),
    "frozen": Method(Given.NOTHING, frozen, links=True),
    "frozen-unlinked": Method(Given.NOTHING, frozen),
    "hac-others": Method(Given.OTHERS, hac_others, links=True),
    "hac-oracle": Method(Given.ORACLE, hac_oracle, links=True),
    "hac-true-k": Method(Given.TRUE_K, hac_true_k, links=True),
    "hdbscan": Method(Given.NOTHING, hdbscan),
    "singletons": Method(Given.NOTHING, singletons),
    "one-cluster": Method(Given.NOTHING, one_cluster),
}


def best_cut(sets: Sequence[tuple[TrackSet, Floats]]) -> float:
    """Return the distance at which average linkage has the best mean B-cubed F over the sets.

    All distances at which any set's clusters differ are tried: one between each two merges.
    """
    trees = [_tree(*pair) for pair in sets]
    people = [np.unique(tracks.identity, return_inverse=True)[1] for tracks, _ in sets]
    merges = np.unique(np.concatenate([[0.0], *(tree.merges[:, 2] for tree in trees)]))
    merges = merges[merges <= FARTHEST]
    cuts = (merges + np.append(merges[1:], FARTHEST)) / 2

    def mean(cut: float) -> float:
        scored = zip(trees, people, strict=True)
        return float(np.mean([b_cubed(contingency(who, t.cut(cut)))[2] for t, who in scored]))

    return float(cuts[int(np.argmax([mean(cut) for cut in cuts]))])


@dataclass(frozen=True)
class _Tree:
    """The merges of average linkage, as scipy writes them, (T - 1, 4)."""

    merges: NDArray[np.float64]

    def cut(self, distance: float) -> Ints:
        return self._labels(distance, "distance")

    def cut_into(self, clusters: int) -> Ints:
        return self._labels(clusters, "maxclust")

    def _labels(self, limit: float, criterion: str) -> Ints:
        if not len(self.merges):
            return np.zeros(1, np.int64)
        return np.asarray(fcluster(self.merges, limit, criterion) - 1, np.int64)


def _tree(tracks: TrackSet, embeddings: Floats) -> _Tree:
    """Merge tracks by the cosine distance of their means, those that may not be merged last."""
    means = track_means(embeddings, tracks.track).astype(np.float64)
    if len(means) < 2:
        return _Tree(np.zeros((0, 4)))
    distance = np.clip(1 - means @ means.T, 0, FARTHEST)
    a, b = tracks.cannot_link.T
    distance[a, b] = distance[b, a] = NEVER * len(means) ** 2
    return _Tree(linkage(squareform(distance, checks=False), "average"))
