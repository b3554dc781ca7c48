"""Castlist as a method of the benchmark, and in other forms: less of it, other distances.

The peers, and how to add a method, are in `methods`.
"""

from __future__ import annotations

from dataclasses import replace

from castlist import models
from castlist.adapt import PAPER, Adapted, Recipe
from castlist.adapt.augment import Augment
from castlist.benchmark.case import Case, Given, Labels, Method, said
from castlist.benchmark.track_sets import TrackSet
from castlist.cluster.average import AverageClustering
from castlist.cluster.distance import Cosine, Loss
from castlist.cluster.learned import LossClustering
from castlist.cluster.likeness import Strangers, moved, together, track_means
from castlist.cluster.paper import PaperClustering, trained_loss
from castlist.faces.types import Floats, Ints
from castlist.tracks.types import evidence


def frozen(case: Case) -> Ints:
    """What `castlist run --no-adapt` does: average linkage that stops by itself."""
    return _average(case, case.embeddings, None)


def castlist(case: Case) -> Ints:
    """What `castlist run` does: adaptation, then average linkage that stops by itself."""
    return _adapted(case, Recipe())


def paper(case: Case) -> Ints:
    """VideoClusterNet as far as it is known: its recipe, its distance, its Algorithm 1."""
    adapted = case.adapted(PAPER, weighted=False)
    return _good(case, adapted, adapted.outputs, trained_loss(PAPER, adapted.centre))


def paper_cosine(case: Case) -> Ints:
    """VideoClusterNet, but its Algorithm 1 goes by the cosine of the adapted embeddings."""
    adapted = case.adapted(PAPER, weighted=False)
    return _good(case, adapted, adapted.embeddings, Cosine())


def castlist_loss(case: Case) -> Ints:
    """Adapted as by castlist, but clustered by the trained loss and the paper's Algorithm 1."""
    adapted = case.adapted(Recipe())
    return _algorithm_1(case.tracks, adapted.outputs, trained_loss(Recipe(), adapted.centre))


def castlist_cosine(case: Case) -> Ints:
    """Adapted as by castlist, but clustered by the cosine and the paper's Algorithm 1."""
    return _algorithm_1(case.tracks, case.adapted(Recipe()).embeddings, Cosine())


def frozen_cosine(case: Case) -> Ints:
    """The frozen encoder's cosine in the paper's Algorithm 1."""
    return _algorithm_1(case.tracks, case.embeddings, Cosine())


def another(recipe: Recipe, what: str) -> Labels:
    """Castlist, but adapted by another recipe."""
    return said(what, lambda case: _adapted(case, recipe))


def unweighted(case: Case) -> Ints:
    """Castlist, but all crops count alike in its training, however weak."""
    return _adapted(case, Recipe(), weighted=False)


def no_poor_tracks(case: Case) -> Ints:
    """Castlist, but no track is too poor to make a character."""
    return _adapted(replace(case, strength=None), Recipe())


def fixed_limit(case: Case) -> Ints:
    """Castlist, but merging stops where it does for the frozen encoder."""
    adapted = case.adapted(Recipe())
    return _average(case, together(adapted.frozen, adapted.embeddings), None)


def known_strangers(case: Case) -> Ints:
    """Castlist, but strangers of this film aren't looked at: the limit only moves along."""
    adapted = case.adapted(Recipe())
    both, track = together(adapted.frozen, adapted.embeddings), case.tracks.track
    known = Strangers(*models.strangers(case.encoder))
    known = moved(known, track_means(adapted.frozen, track), track_means(both, track))
    return _average(case, both, None, known)


def adapted_alone(case: Case) -> Ints:
    """Castlist, but the frozen encoder isn't heard beside the adapted one."""
    adapted = case.adapted(Recipe())
    return _average(case, adapted.embeddings, adapted.frozen)


def _adapted(case: Case, recipe: Recipe, *, weighted: bool = True) -> Ints:
    adapted = case.adapted(recipe, weighted=weighted)
    return _average(case, together(adapted.frozen, adapted.embeddings), adapted.frozen)


def _average(
    case: Case, embeddings: Floats, before: Floats | None, strangers: Strangers | None = None
) -> Ints:
    clustering = AverageClustering(strangers or Strangers(*models.strangers(case.encoder)))
    tracks = case.tracks
    clustering.fit(
        embeddings,
        track=tracks.track,
        cannot_link=tracks.cannot_link,
        evidence=None if case.strength is None else evidence(case.strength, tracks.track),
        frozen=before,
    )
    return clustering.labels_


def _algorithm_1(tracks: TrackSet, outputs: Floats, loss: Loss) -> Ints:
    clustering = LossClustering(loss)
    clustering.fit(outputs, track=tracks.track, cannot_link=tracks.cannot_link)
    return clustering.labels_


def _good(case: Case, adapted: Adapted, outputs: Floats, loss: Loss) -> Ints:
    assert adapted.quality is not None, "the paper's head has a perceptron"
    tracks, quality = case.tracks, adapted.quality
    clustering = PaperClustering(loss)
    clustering.fit(outputs, track=tracks.track, quality=quality, cannot_link=tracks.cannot_link)
    return clustering.labels_


OWN = {
    "castlist": Method(
        Given.NOTHING, castlist, links=True, random=True, recipe=Recipe(), version=5
    ),
    "castlist-loss": Method(Given.NOTHING, castlist_loss, links=True, random=True, recipe=Recipe()),
    "videoclusternet": Method(Given.NOTHING, paper, random=True, recipe=PAPER, version=2),
    "frozen": Method(Given.NOTHING, frozen, links=True, measured=True, version=2),
    "frozen-unlinked": Method(
        Given.NOTHING,
        said("As `frozen`, but tracks that share a frame may be one person.", lambda c: frozen(c)),
        measured=True,
        version=2,
    ),
}
"""Castlist, by the loss, as the paper, and without adaptation: they stand beside the peers."""

PLAIN = Augment(flip=0, rotation=0, zoom=0, temperature=0, light=0, coarse=0, cut=0)
"""Crops stay as they are."""
WITHOUT = {
    "matching": (
        replace(Recipe(), matching=None),
        "Castlist, but no track is matched with another one in training.",
    ),
    "augment": (
        replace(Recipe(), augment=PLAIN),
        "Castlist, but crops aren't changed in training.",
    ),
    "consensus": (
        replace(Recipe(), consensus=False),
        "Castlist, but a crop's partner in training is one crop, not the mean of all.",
    ),
}
"""Castlist's recipe with a part left out, by what is left out; and what that is."""


def _ablation(labels: Labels, recipe: Recipe, *, links: bool = True) -> Method:
    return Method(Given.NOTHING, labels, links=links, random=True, recipe=recipe, version=3)


ABLATION = {
    **{
        f"castlist-no-{part}": _ablation(another(recipe, what), recipe)
        for part, (recipe, what) in WITHOUT.items()
    },
    "castlist-no-strength": _ablation(unweighted, Recipe()),
    "castlist-no-poor": _ablation(no_poor_tracks, Recipe()),
    "castlist-no-shift": _ablation(fixed_limit, Recipe()),
    "castlist-no-film": _ablation(known_strangers, Recipe()),
    "castlist-no-frozen": _ablation(adapted_alone, Recipe()),
    "castlist-unlinked": _ablation(
        said("Castlist, but tracks that share a frame may be one person.", lambda c: castlist(c)),
        Recipe(),
        links=False,
    ),
}
"""Castlist with one part left out; without its adaptation it is `frozen`."""
CURVE = {
    f"castlist-{steps}-steps": _ablation(
        another(recipe, f"Castlist, trained for {steps} steps (the usual is {Recipe().steps})."),
        recipe,
    )
    for steps in (20, 40, 160)
    if (recipe := replace(Recipe(), steps=steps, views=16 * steps))
}
"""Castlist adapted for less or more time; not adapted at all it is `frozen`."""
DISTANCES = {
    "videoclusternet-cosine": Method(Given.NOTHING, paper_cosine, random=True, recipe=PAPER),
    "castlist-cosine": _ablation(castlist_cosine, Recipe()),
    "frozen-cosine": Method(Given.NOTHING, frozen_cosine, links=True),
    "frozen-cosine-unlinked": Method(
        Given.NOTHING,
        said(
            "As `frozen-cosine`, but tracks that share a frame may be one person.",
            lambda c: frozen_cosine(c),
        ),
    ),
}
"""The paper's Algorithm 1 by the cosine, where `videoclusternet` and `castlist-loss` go by loss."""
VARIANTS = ABLATION | DISTANCES | CURVE
"""Castlist in other forms, which are compared with it and not with the peers."""
