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

import copy
import logging
from collections.abc import Callable, Iterable, Iterator
from dataclasses import dataclass, field
from pathlib import Path

import numpy as np
import torch
from safetensors.torch import save
from torch import Tensor, nn

from castlist.adapt.augment import Augment
from castlist.adapt.checkpoints import Checkpoints, Round
from castlist.adapt.head import Head
from castlist.adapt.loss import Distillation, entropy
from castlist.adapt.matching import Matching
from castlist.adapt.patches import patch_loss, random_mask
from castlist.adapt.quality import ser_fiq
from castlist.atomic import atomic_path
from castlist.encoders.base import CropSource, Encoder, embed, unit
from castlist.encoders.device import half_precision
from castlist.encoders.vit import ViT
from castlist.faces.types import Floats, Ints
from castlist.hooks import Hook, silent
from castlist.tables import write_table
from castlist.tracks.sums import sum_by

log = logging.getLogger(__name__)

PART = 16
"""Crops that go through a network at once on a CPU: there, larger pieces of memory cost time."""
POOL = 256
"""Views that are kept at a time, as the layers see them that learn."""
BLOCK = 16384
"""Crops whose outputs are looked at at a time."""


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


ClusterCount = Callable[[Floats, Head, Tensor], int]
"""Counts clusters by the crops' embeddings (N, d), the teacher's head, and the centre (K,)."""
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
        training = _Training(self._encoder, recipe, seed)
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
                draw = _Draw(track, pairs, embeddings, strength, recipe, (seed, number))
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


class _Training:
    """One training: the networks as they are so far, and what there was to see.

    Args:
        encoder: The network as it came; it is left so.
        recipe: How it is trained.
        seed: Of all chance.

    Attributes:
        head: The teacher's.
        loss: With its centre.
        history: A row for each step and each round.
    """

    def __init__(self, encoder: Encoder, recipe: Recipe, seed: int) -> None:
        self._recipe, self._seed = recipe, seed
        self._device = encoder.rows.device
        self._part = PART if self._device.type == "cpu" else POOL
        self._frozen = encoder
        self._teacher = copy.deepcopy(encoder)
        generator = torch.Generator().manual_seed(seed)
        self.head = self._new_head(encoder.dim, generator)
        self.loss = self._new_loss()
        self._patches: tuple[Head, Distillation] | None = None
        if isinstance(encoder, ViT):
            self._patches = self._new_head(encoder.width, generator), self._new_loss()
        self.history: list[dict[str, float]] = []

    def note(
        self,
        number: int,
        embeddings: Floats,
        clusters: ClusterCount | None,
        **more: float,
    ) -> None:
        """Note what there is to see before a round, or after the last one."""
        mean = self._mean(embeddings, lambda outputs: entropy(self.loss.target(outputs)))
        row: dict[str, float] = {"round": number, "entropy": float(mean), **more}
        if clusters is not None:
            row["clusters"] = clusters(embeddings, self.head, self.loss.centre)
        self.history.append(row)

    def follow(self, embeddings: Floats) -> None:
        """Move the centre towards the mean of the teacher's outputs for embeddings (N, d)."""
        self.loss.follow(self._mean(embeddings, lambda outputs: outputs.mean(dim=0)))

    def _mean(self, embeddings: Floats, of: Callable[[Tensor], Tensor]) -> Tensor:
        """Return the mean of what the teacher's outputs have a mean of, block by block."""
        blocks = [embeddings[start : start + BLOCK] for start in range(0, len(embeddings), BLOCK)]
        parts = [of(self.outputs(block)) * (len(block) / len(embeddings)) for block in blocks]
        return torch.stack(parts).sum(dim=0)

    def train(
        self,
        crops: CropSource,
        draw: _Draw,
        number: int,
        hook: Hook,
    ) -> bool:
        """Train the student for a round; its running mean becomes the teacher.

        Returns:
            Whether loss and gradient stayed finite: if not, training has to end.
        """
        recipe = self._recipe
        student = copy.deepcopy(self._teacher).eval()
        mean = copy.deepcopy(student)
        head = copy.deepcopy(self.head)
        learned, mean_learned = student.upper_parameters(), mean.upper_parameters()
        for parameters in (student.parameters(), mean.parameters()):
            for parameter in parameters:
                parameter.requires_grad_(False)
        for parameter in learned:
            parameter.requires_grad_(True)
        perceptron = [*head.parameters()] if recipe.hidden else []
        patch_head = None
        if self._patches is not None:
            patch_head = copy.deepcopy(self._patches[0])
            perceptron += patch_head.parameters()
        optimiser = torch.optim.AdamW(
            [
                {"params": learned, "lr": recipe.rate},
                {"params": perceptron, "lr": recipe.head_rate},
            ],
            weight_decay=0.0,
            fused=True,
        )
        pools, _, each = self._plan(len(crops))
        steps = pools * each
        schedule = torch.optim.lr_scheduler.CosineAnnealingLR(optimiser, steps)
        for step, (rows, features) in enumerate(self._batches(student, crops, draw)):
            target = self.loss.target(self.outputs(draw.partners(rows)))
            embedding, patches = self._student(student, patch_head, features, draw.generator)
            loss = self.loss(target, head(embedding)) + patches
            optimiser.zero_grad()
            loss.backward()  # type: ignore[no-untyped-call]
            norm = nn.utils.clip_grad_norm_([*learned, *perceptron], 1.0)
            if not (loss.isfinite() and norm.isfinite()):
                told = "round %d, step %d: loss or gradient isn't finite; training ends"
                log.warning(told, number, step)
                self._teacher = mean
                return False
            optimiser.step()
            schedule.step()
            _follow(mean_learned, learned, recipe.momentum)
            _follow(self.head.parameters(), head.parameters(), recipe.momentum)
            if self._patches is not None and patch_head is not None:
                _follow(self._patches[0].parameters(), patch_head.parameters(), recipe.momentum)
            self.history.append({"round": number, "step": step, "loss": float(loss.detach())})
            hook("adapt", number * steps + step + 1, recipe.rounds * steps)
        self._teacher = mean
        return True

    def _plan(self, crops: int) -> tuple[int, int, int]:
        """Return how many pools of views a round has, how many views each and how many steps."""
        recipe = self._recipe
        views = max(recipe.views, crops)
        pools = -(-views // POOL)
        steps = max(recipe.steps, -(-views // recipe.batch))
        return pools, -(-views // pools), -(-steps // pools)

    def _batches(
        self, student: Encoder, crops: CropSource, draw: _Draw
    ) -> Iterator[tuple[Ints, Tensor]]:
        """Yield a round's batches: rows of crops, (B,), and views of them as `upper` takes them."""
        pools, views, steps = self._plan(len(crops))
        for _ in range(pools):
            rows = draw.rows(views)
            features = self._features(student, crops, rows, draw.generator)
            for chosen in draw.batches(views, steps):
                yield rows[chosen], features[chosen]

    @torch.no_grad()
    def _features(
        self, encoder: Encoder, crops: CropSource, rows: Ints, generator: torch.Generator
    ) -> Tensor:
        """Change crops at random and compute of them what isn't adapted, (rows, ...)."""
        found = []
        for start in range(0, len(rows), self._part):
            part = torch.from_numpy(crops[rows[start : start + self._part]]).to(self._device)
            changed = self._recipe.augment(part.permute(0, 3, 1, 2), generator)
            with half_precision(self._device):
                found.append(encoder.lower(changed))
        return torch.cat(found)

    def _student(
        self,
        student: Encoder,
        patch_head: Head | None,
        features: Tensor,
        generator: torch.Generator,
    ) -> tuple[Tensor, Tensor]:
        """Return the student's embeddings, and the patch loss of a transformer, else 0."""
        if self._patches is None or patch_head is None or not isinstance(student, ViT):
            with half_precision(self._device):
                return student.upper(features), torch.zeros((), device=features.device)
        assert isinstance(self._teacher, ViT)
        mask = random_mask(len(features), student.patches, generator).to(features.device)
        with half_precision(self._device):
            tokens = student.patch_tokens(features, mask)
            embedding = student.embed_tokens(tokens)
            with torch.no_grad():
                whole = self._teacher.patch_tokens(features)
        head, loss = self._patches
        return embedding, patch_loss(patch_head, head, loss, tokens.float(), whole.float(), mask)

    def train_head(self, crops: CropSource, track: Ints, strength: Floats) -> None:
        """Let the head learn alone, on the frozen encoder's embeddings of changed crops."""
        recipe = self._recipe
        nobody = np.zeros((0, 2), np.int64)
        generator = torch.Generator().manual_seed(self._seed)
        views = torch.stack([self._changed(crops, generator) for _ in range(3)])  # (3, N, d)
        head = copy.deepcopy(self.head)
        optimiser = torch.optim.AdamW(head.parameters(), lr=recipe.head_rate, weight_decay=0.0)
        for step in range(recipe.head_steps):
            view = step % len(views)
            before = views[view - 1].cpu().numpy()
            self.follow(before)
            draw = _Draw(track, nobody, before, strength, recipe, (self._seed, step, 1))
            rows = draw.rows(recipe.batch)
            target = self.loss.target(self.outputs(draw.partners(rows)))
            loss = self.loss(target, head(views[view][rows]))
            optimiser.zero_grad()
            loss.backward()  # type: ignore[no-untyped-call]
            optimiser.step()
            _follow(self.head.parameters(), head.parameters(), recipe.momentum)
            self.history.append({"round": -1, "step": step, "loss": float(loss.detach())})

    @torch.no_grad()
    def _changed(self, crops: CropSource, generator: torch.Generator) -> Tensor:
        """Embed changed crops, (N, d)."""
        found = []
        for start in range(0, len(crops), POOL):
            rows = np.arange(start, min(start + POOL, len(crops)))
            features = self._features(self._frozen, crops, rows, generator)
            with half_precision(self._device):
                found.append(self._frozen.upper(features).float())
        return torch.cat(found)

    def embed(self, crops: CropSource) -> Floats:
        """Embed crops with the teacher, (N, d)."""
        return embed(self._teacher, crops, batch=self._part, mirrored=True)

    @torch.no_grad()
    def outputs(self, embeddings: Floats) -> Tensor:
        """Return the teacher's outputs for embeddings (N, d): (N, K)."""
        outputs: Tensor = self.head(torch.from_numpy(embeddings).to(self._device))
        return outputs

    def _new_head(self, dim: int, generator: torch.Generator) -> Head:
        head = Head(dim, outputs=self._recipe.outputs, hidden=self._recipe.hidden)
        for parameter in head.parameters():
            if parameter.ndim == 2:
                nn.init.trunc_normal_(
                    parameter, std=parameter.shape[1] ** -0.5, generator=generator
                )
            else:
                nn.init.zeros_(parameter)
        return head.to(self._device)

    def _new_loss(self) -> Distillation:
        recipe, zero = self._recipe, torch.zeros(self._recipe.outputs, device=self._device)
        return Distillation(recipe.teacher, recipe.student, recipe.centre, zero)

    def weights(self) -> dict[str, Tensor]:
        """Return what differs from the network as it came, and the head."""
        changed = {id(p) for p in self._teacher.upper_parameters()}
        encoder = {n: p for n, p in self._teacher.named_parameters() if id(p) in changed}
        parts: dict[str, dict[str, Tensor]] = {
            "encoder": dict(encoder),
            "head": self.head.state_dict(),
            "loss": {"centre": self.loss.centre},
        }
        if self._patches is not None:
            parts["patch_head"] = self._patches[0].state_dict()
            parts["patch_loss"] = {"centre": self._patches[1].centre}
        return {
            f"{part}.{name}": tensor.detach().cpu().contiguous()
            for part, tensors in parts.items()
            for name, tensor in tensors.items()
        }

    def resume(self, checkpoints: Checkpoints) -> int:
        """Take up what the last finished round left; return the number of the next one."""
        kept = checkpoints.last(self._recipe.rounds, self._device)
        if kept is None:
            return 0
        self.history = kept.history
        restore(kept.weights, self._teacher, self.head)
        self.loss.centre = kept.weights["loss.centre"]
        if self._patches is not None:
            head, loss = self._patches
            head.load_state_dict(_part(kept.weights, "patch_head"))
            loss.centre = kept.weights["patch_loss.centre"]
        log.info("adaptation goes on behind round %d", kept.number)
        return kept.number + 1


def restore(weights: dict[str, Tensor], encoder: Encoder, head: Head | None = None) -> None:
    """Put adapted weights (`Adapted.weights`) into a network that is as it came.

    Raises:
        ValueError: They are another network's.
    """
    adapted = _part(weights, "encoder")
    if unknown := sorted(adapted.keys() - encoder.state_dict().keys()):
        raise ValueError(f"weights of another network: {encoder.name} has no {unknown[0]}")
    encoder.load_state_dict(adapted, strict=False)
    if head is not None:
        head.load_state_dict(_part(weights, "head"))


def read_head(weights: dict[str, Tensor], recipe: Recipe, dim: int) -> Head:
    """Return the head of adapted weights, for embeddings of so many numbers."""
    head = Head(dim, outputs=recipe.outputs, hidden=recipe.hidden)
    head.load_state_dict(_part(weights, "head"))
    return head


def _part(weights: dict[str, Tensor], name: str) -> dict[str, Tensor]:
    prefix = f"{name}."
    return {k.removeprefix(prefix): t for k, t in weights.items() if k.startswith(prefix)}


@torch.no_grad()
def _follow(means: Iterable[Tensor], values: Iterable[Tensor], momentum: float) -> None:
    """Move running means towards the values that they follow."""
    for mean, value in zip(means, values, strict=True):
        mean.lerp_(value, 1 - momentum)


class _Draw:
    """Draws crops and their partners.

    A track is drawn the more often the more crops it has, but not in proportion: by their root.
    In drawing as in a consensus, a crop counts by the square of its strength: of a face that the
    network hardly knows anything of, there is little to learn.

    Args:
        track: Track of each crop, (N,).
        matches: Pairs of an anchor and its match, (M, 2).
        embeddings: Of each crop by the teacher, (N, d).
        strength: Length of each crop's raw embedding by the network as it came, (N,).
        recipe: How many, and which partners.
        seed: Of what is drawn.
    """

    def __init__(
        self,
        track: Ints,
        matches: Ints,
        embeddings: Floats,
        strength: Floats,
        recipe: Recipe,
        seed: tuple[int, ...],
    ) -> None:
        self._rng = np.random.default_rng(seed)
        self.generator = torch.Generator().manual_seed(int(self._rng.integers(2**31)))
        count = np.bincount(track)
        weight = np.maximum(strength.astype(np.float64), 1e-9) ** 2  # (N,)
        share = weight / np.sqrt(count[track])
        self._share = share / share.sum()
        self._track, self._embeddings, self._recipe = track, embeddings, recipe
        self._partners = [[t] for t in range(len(count))]
        for anchor, match in matches.tolist():
            self._partners[anchor].append(match)
        total = np.bincount(track, weight)  # (T,)
        mean = sum_by(weight[:, None] * embeddings, track, len(count)) / total[:, None]
        worth = total / count
        consensus = [np.average(mean[own], axis=0, weights=worth[own]) for own in self._partners]
        self._consensus = np.stack(consensus).astype(np.float32)

    def rows(self, count: int) -> Ints:
        """Draw rows of crops, (count,)."""
        return self._rng.choice(len(self._track), count, p=self._share)

    def batches(self, views: int, steps: int) -> Ints:
        """Return which views of a pool make each step's batch, (steps, B): all equally often."""
        wanted = steps * self._recipe.batch
        order = [self._rng.permutation(views) for _ in range(-(-wanted // views))]
        return np.concatenate(order)[:wanted].reshape(steps, -1)

    def partners(self, rows: Ints) -> Floats:
        """Return the embeddings of the partners of crops, (B, d)."""
        tracks = self._track[rows]
        if self._recipe.consensus:
            return self._consensus[tracks]
        return self._embeddings[[self._partner(track) for track in tracks.tolist()]]

    def _partner(self, track: int) -> int:
        """Return the row of a crop of the track, or of one that matches it."""
        chosen = self._rng.choice(self._partners[track])
        return int(self._rng.choice(np.flatnonzero(self._track == chosen)))
