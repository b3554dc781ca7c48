"""Adapts a face-ID network to one film by self-distillation, with positive pairs only.

Rounds alternate between matching and training. At the start of a round the teacher embeds all
crops; tracks are matched; and each track gets its target. Then the student learns to give crops,
changed at random, the distributions that the teacher gives to partners from the same track or
from one that matches it. At the end of the round the student's running mean becomes the teacher.

The paper draws one partner a crop, sharpens its distribution and lets teacher and student chase
each other: tracks drift apart one by one, and how many clusters come out follows the length of the
training. Here the partner is, by default, the *consensus* of all that could have been drawn: the
mean of their embeddings. With equal temperatures the loss is least just where the student gives
each crop the consensus of its track, so training has an end and people stay as far apart as they
were. What each setting is worth: docs/method.md.
"""

from __future__ import annotations

import logging
from dataclasses import dataclass, field
from pathlib import Path

import numpy as np
from safetensors.torch import save
from torch import Tensor

from castlist.adapt.checkpoints import Checkpoints, Round
from castlist.adapt.draw import Draw
from castlist.adapt.quality import ser_fiq
from castlist.adapt.recipe import Recipe
from castlist.adapt.training import ClusterCount, Training
from castlist.atomic import atomic_path
from castlist.encoders.base import CropSource, Encoder, unit
from castlist.faces.types import Floats, Ints
from castlist.hooks import Hook, silent
from castlist.tables import write_table

log = logging.getLogger(__name__)


@dataclass(frozen=True)
class Adapted:
    """What adaptation leaves.

    Attributes:
        embeddings: Of the crops by the teacher, (N, d), of length 1.
        frozen: Of the crops by the network as it was, likewise.
        outputs: The head's outputs for the embeddings, (N, K).
        centre: Of the loss, (K,).
        history: A row for each step and each round: what there was to see.
        weights: What was learned, by name.
        quality: SER-FIQ of the crops, (N,); None if the head has no perceptron to ask.
        matches: Pairs (M, 2) of an anchor and a track that matches it, as found before the last
            round; None if that wasn't trained here.
    """

    embeddings: Floats
    frozen: Floats
    outputs: Floats
    centre: Floats
    history: list[dict[str, float]] = field(repr=False)
    weights: dict[str, Tensor] = field(repr=False)
    quality: Floats | None = None
    matches: Ints | None = field(default=None, repr=False)

    def save_weights(self, path: Path) -> None:
        """Write `model.safetensors`, which `restore` puts into a network as it came."""
        with atomic_path(path) as beside:
            beside.write_bytes(save(self.weights))

    def save_history(self, path: Path) -> None:
        """Write `training.parquet`: a row for each step and each round, NaN where it is silent."""
        names = ("round", "step", "loss", "entropy", "matches", "clusters")
        columns = {
            name: np.array([row.get(name, np.nan) for row in self.history], np.float64)
            for name in names
        }
        write_table(path, columns)


class Adapter:
    """Adapts an encoder to the tracks of one film.

    Args:
        encoder: The network; it is left as it is.
        recipe: How.
        seed: Of all chance.
        checkpoints: A folder where each round leaves what it learned, so that a run that was
            killed goes on behind its last round. None keeps nothing.
    """

    def __init__(
        self,
        encoder: Encoder,
        recipe: Recipe | None = None,
        *,
        seed: int = 0,
        checkpoints: Path | None = None,
    ) -> None:
        self.recipe = recipe or Recipe()
        self._encoder, self._seed, self._checkpoints = encoder, seed, checkpoints

    def __call__(
        self,
        crops: CropSource,
        track: Ints,
        cannot_link: Ints | None = None,
        hook: Hook = silent,
        *,
        must_link: Ints | None = None,
        frozen: Floats | None = None,
        clusters: ClusterCount | None = None,
    ) -> Adapted:
        """Adapt the network as it came and embed the crops with it.

        Args:
            crops: N canonical crops.
            track: Shape (N,): track of each crop, 0 to T - 1.
            cannot_link: Pairs of tracks that are two people, (P, 2); they are never matched.
            hook: Told of "adapt", steps done, steps in all.
            must_link: Pairs of tracks that are one person, (M, 2); they match each other.
            frozen: The crops' raw embeddings by the network as it is, (N, d), where they are known.
            clusters: Counts the clusters as they are; what it says goes into the history, before
                each round and after the last.
        """
        recipe, seed = self.recipe, self._seed
        training = Training(self._encoder, recipe, seed)
        frozen, strength = unit(training.embed(crops) if frozen is None else frozen)
        embeddings, matches = frozen, None
        if len(crops) and recipe.rounds and (self._encoder.upper_parameters() or recipe.hidden):
            told = recipe, seed, self._encoder.name, track, cannot_link, must_link, frozen, strength
            checkpoints = Checkpoints(self._checkpoints, *told)
            first = training.resume(checkpoints)
            if first == 0 and recipe.head_steps:
                training.train_head(crops, track, strength)
            for number in range(first, recipe.rounds):
                embeddings = unit(training.embed(crops))[0] if number else frozen
                training.follow(embeddings)
                matches = self._match(embeddings, track, cannot_link, must_link, number)
                found = len(matches) / (track.max() + 1)
                training.note(number, embeddings, clusters, matches=found)
                pairs = matches
                if must_link is not None and len(must_link):
                    both = np.concatenate([matches, must_link, must_link[:, ::-1]])
                    pairs = np.unique(both, axis=0)
                draw = Draw(track, pairs, embeddings, strength, recipe, (seed, number))
                if not training.train(crops, draw, number, hook):
                    break
                checkpoints.save(Round(number, training.weights(), training.history))
            embeddings, _ = unit(training.embed(crops))
            training.note(recipe.rounds, embeddings, clusters)
        return Adapted(
            embeddings,
            frozen,
            training.outputs(embeddings).cpu().numpy(),
            training.loss.centre.cpu().numpy(),
            training.history,
            training.weights(),
            ser_fiq(training.head, embeddings, seed=seed) if recipe.hidden else None,
            matches,
        )

    def _match(
        self,
        embeddings: Floats,
        track: Ints,
        cannot_link: Ints | None,
        must_link: Ints | None,
        number: int,
    ) -> Ints:
        matching = self.recipe.matching
        matches = np.zeros((0, 2), np.int64)
        if matching is not None:
            matches = matching(embeddings, track, cannot_link, must_link)
            if not len(matches):
                log.info("round %d: no track matches another", number)
        return matches
