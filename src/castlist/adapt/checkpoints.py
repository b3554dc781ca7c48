"""What each round of a training left, so that a run that was killed goes on behind the last one."""

from __future__ import annotations

import hashlib
import json
from pathlib import Path
from typing import NamedTuple

import numpy as np
import torch
from safetensors import SafetensorError, safe_open
from safetensors.torch import save
from torch import Tensor

from castlist.atomic import atomic_path


class Round(NamedTuple):
    """What a round left.

    Attributes:
        number: Of the round, from 0.
        weights: What was learned up to its end, by name.
        history: Rows of what there was to see, likewise.
    """

    number: int
    weights: dict[str, Tensor]
    history: list[dict[str, float]]


class Checkpoints:
    """Keeps rounds in a folder, as `NUMBER.safetensors`; passes over those of another training.

    Args:
        folder: Where; None keeps nothing.
        of: All that the training depends on: arrays, and what `repr` tells apart.
    """

    def __init__(self, folder: Path | None, *of: object) -> None:
        self._folder = folder
        digest = hashlib.sha256()
        if folder is not None:
            for part in of:
                if isinstance(part, np.ndarray):
                    digest.update(np.ascontiguousarray(part).data)
                    part = part.shape, part.dtype
                digest.update(f"{part!r}|".encode())
        self._of = digest.hexdigest()

    def save(self, found: Round) -> None:
        """Keep a round."""
        if self._folder is None:
            return
        told = {"of": self._of, "history": json.dumps(found.history)}
        with atomic_path(self._folder / f"{found.number}.safetensors") as path:
            path.write_bytes(save(found.weights, told))

    def last(self, rounds: int, device: torch.device) -> Round | None:
        """Return the last of so many rounds that was kept, if any, its weights on a device."""
        if self._folder is None:
            return None
        for number in reversed(range(rounds)):
            try:
                with safe_open(self._folder / f"{number}.safetensors", "pt", str(device)) as kept:
                    told = kept.metadata() or {}
                    if told.get("of") == self._of:
                        weights = {name: kept.get_tensor(name) for name in kept.keys()}  # noqa: SIM118
                        return Round(number, weights, json.loads(told["history"]))
            except (OSError, SafetensorError, ValueError):
                continue
        return None
