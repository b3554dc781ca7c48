"""Teacher and student: the networks of one film's adaptation, and the steps by which they learn.

The student learns to give crops, changed at random, the distributions that the teacher gives to
their partners. At the end of a round the student's running mean becomes the teacher. Which crops
and which partners is `draw`'s, the order of rounds `adapter`'s.
"""

from __future__ import annotations

import copy
import logging
from collections.abc import Callable, Iterable, Iterator

import numpy as np
import torch
from torch import Tensor, nn

from castlist.adapt.checkpoints import Checkpoints
from castlist.adapt.draw import Draw
from castlist.adapt.head import Head
from castlist.adapt.loss import Distillation, entropy
from castlist.adapt.patches import patch_loss, random_mask
from castlist.adapt.recipe import Recipe
from castlist.adapt.weights import joined, part_of, restore
from castlist.encoders.base import CropSource, Encoder, embed
from castlist.encoders.device import half_precision
from castlist.encoders.vit import ViT
from castlist.faces.types import Floats, Ints
from castlist.hooks import Hook

log = logging.getLogger(__name__)

PART = 16
"""Crops that go through a network at once on a CPU: there, larger pieces of memory cost time."""
POOL = 256
"""Views that are kept at a time, as the layers see them that learn."""
BLOCK = 16384
"""Crops whose outputs are looked at at a time."""

ClusterCount = Callable[[Floats, Head, Tensor], int]
"""Counts clusters by the crops' embeddings (N, d), the teacher's head, and the centre (K,)."""


class Training:
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
        draw: Draw,
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
        self, student: Encoder, crops: CropSource, draw: Draw
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
            draw = Draw(track, nobody, before, strength, recipe, (self._seed, step, 1))
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
        return joined(parts)

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
            head.load_state_dict(part_of(kept.weights, "patch_head"))
            loss.centre = kept.weights["patch_loss.centre"]
        log.info("adaptation goes on behind round %d", kept.number)
        return kept.number + 1


@torch.no_grad()
def _follow(means: Iterable[Tensor], values: Iterable[Tensor], momentum: float) -> None:
    """Move running means towards the values that they follow."""
    for mean, value in zip(means, values, strict=True):
        mean.lerp_(value, 1 - momentum)
