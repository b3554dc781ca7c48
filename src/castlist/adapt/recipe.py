"""How a network is adapted: every number that may differ, castlist's own and the paper's.

What each setting is worth: docs/method.md. Nothing is trained here.
"""

from __future__ import annotations

from dataclasses import dataclass

from castlist.adapt.augment import Augment
from castlist.adapt.matching import Matching


@dataclass(frozen=True, kw_only=True)
class Recipe:
    """How a network is adapted; the same for every film.

    Attributes:
        rounds: Times that tracks are matched and the network is trained.
        steps: Training steps of a round; more if the views wouldn't all be learned from once.
        batch: Views of a step.
        views: Crops that a round draws and changes at random, each in its own way; as many as
            the film has crops, if these are more. Several steps learn from each.
        rate: Learning rate of the encoder; it falls to 0 within a round, as half a cosine.
        head_rate: Learning rate of the head's perceptron.
        head_steps: Steps at the start in which the head learns alone, on embeddings of crops that
            were computed once.
        outputs: K, outputs of the head.
        hidden: Width of the head's perceptron; 0 for none: outputs are then cosines with random
            directions, and the head has nothing to learn.
        teacher: tau_t.
        student: tau_s.
        centre: Momentum of the centre, from round to round (of a transformer's patches from step
            to step); 1 leaves it at zero.
        momentum: Of the student's running mean, from step to step.
        consensus: Whether a crop's partner is the mean of all its partners, or one of them.
        matching: How tracks are matched; None leaves pairs inside the tracks.
        augment: How crops are changed.
    """

    rounds: int = 1
    steps: int = 80
    batch: int = 64
    views: int = 1280
    rate: float = 1e-4
    head_rate: float = 1e-3
    head_steps: int = 0
    outputs: int = 1024
    hidden: int = 0
    teacher: float = 0.1
    student: float = 0.1
    centre: float = 1.0
    momentum: float = 0.9
    consensus: bool = True
    matching: Matching | None = Matching()  # noqa: RUF009  (it is frozen)
    augment: Augment = Augment()  # noqa: RUF009


FROZEN = Recipe(rounds=0)
"""No adaptation: the crops are embedded, that is all."""
PAPER = Recipe(
    matching=Matching(mutual=False),
    augment=Augment(zoom=0, light=0, coarse=0, cut=0),
    teacher=0.04,
    rounds=6,
    steps=20,
    views=320,
    head_steps=200,
    hidden=512,
    centre=0.9,
    consensus=False,
    momentum=0.99,
)
"""The paper's recipe, as far as it is known: a perceptron, a centre, one partner a crop, matches
one way; crops are flipped, turned and warmed or cooled. What it leaves open is as above."""
