"""The methods that are compared, by name, and what each is given beside the embeddings.

To add one, add a line to `METHODS`: what it is given, and a function from a `Case` to labels. A
method is handed no more than that: who the tracks are is taken out of the case of a method that
isn't given it, and the cannot-links likewise. What a method found is kept: raise its `version`
whenever it would find something else.
"""

from __future__ import annotations

import numpy as np
from sklearn.cluster import HDBSCAN

from castlist import models
from castlist.adapt import PAPER, Recipe
from castlist.benchmark.case import Case, Given, Method
from castlist.benchmark.peers.hac import Hac, best_cut
from castlist.cluster.average import AverageClustering, Strangers, track_means
from castlist.cluster.distance import Temperatures
from castlist.cluster.learned import LossClustering
from castlist.errors import CastlistError
from castlist.faces.types import Floats, Ints
from castlist.tracks.types import evidence


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


def quick() -> list[str]:
    """Return the names of the methods of a quick benchmark: castlist, and all that isn't random."""
    return [name for name, way in METHODS.items() if name == "castlist" or not way.random]


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
        evidence=None if case.strength is None else evidence(case.strength, tracks.track),
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
    return case.fit(Hac(distance=best_cut(case.others)))


def hac_oracle(case: Case) -> Ints:
    """Average linkage, cut at the distance that is best on this very set."""
    return case.fit(Hac(distance=best_cut([(case.tracks, case.embeddings)])))


def hac_true_k(case: Case) -> Ints:
    """Average linkage, cut into as many clusters as there are people."""
    return case.fit(Hac(clusters=case.tracks.people))


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
    "castlist": Method(Given.NOTHING, castlist, links=True, random=True, recipe=Recipe()),
    "castlist-loss": Method(Given.NOTHING, castlist_loss, links=True, random=True, recipe=Recipe()),
    "videoclusternet": Method(Given.NOTHING, paper, random=True, recipe=PAPER),
    "frozen": Method(Given.NOTHING, frozen, links=True),
    "frozen-unlinked": Method(Given.NOTHING, frozen),
    "hac-others": Method(Given.OTHERS, hac_others, links=True),
    "hac-oracle": Method(Given.ORACLE, hac_oracle, links=True),
    "hac-true-k": Method(Given.TRUE_K, hac_true_k, links=True),
    "hdbscan": Method(Given.NOTHING, hdbscan),
    "all-singletons": Method(Given.NOTHING, singletons),
    "one-cluster": Method(Given.NOTHING, one_cluster),
}
