"""Reads a network's weights from a file that the user has: safetensors, or torch tensors only."""

from __future__ import annotations

import pickle
from pathlib import Path

import safetensors
import safetensors.torch
import torch
from torch import Tensor, nn

from castlist.errors import ModelError


def read_state(path: Path) -> dict[str, Tensor]:
    """Return the tensors in a file by name.

    A checkpoint's "state_dict" is taken out of it, and the prefixes that wrappers leave
    ("module." and "model.") are taken off. Files that hold code are refused, not run.

    Raises:
        ModelError: The file is missing, damaged, or holds more than tensors.
    """
    state: object
    try:
        if path.suffix == ".safetensors":
            state = safetensors.torch.load_file(path)
        else:
            state = torch.load(path, map_location="cpu", weights_only=True)
    except OSError as error:
        raise ModelError(f"{path}: can't be read: {error.strerror or error}") from error
    except (safetensors.SafetensorError, pickle.UnpicklingError, RuntimeError, EOFError) as error:
        raise ModelError(
            f"{path}: not a file of tensors alone; save the network's state_dict() with "
            f"torch.save or safetensors"
        ) from error
    if isinstance(state, dict) and isinstance(state.get("state_dict"), dict):
        state = state["state_dict"]
    if not isinstance(state, dict) or not all(isinstance(v, Tensor) for v in state.values()):
        raise ModelError(f"{path}: holds no state dict")
    return {key.removeprefix("module.").removeprefix("model."): v for key, v in state.items()}


def fill(network: nn.Module, state: dict[str, Tensor], path: Path) -> None:
    """Put all tensors into a network; names and shapes must fit.

    Raises:
        ModelError: A tensor is missing, too many, or of another shape.
    """
    own = network.state_dict()
    wrong = [f"{key} is missing" for key in own if key not in state]
    wrong += [f"{key} isn't known" for key in state if key not in own]
    wrong += [
        f"{key} has shape {tuple(state[key].shape)}, not {tuple(own[key].shape)}"
        for key in own
        if key in state and state[key].shape != own[key].shape
    ]
    if wrong:
        raise ModelError(f"{path}: weights of another network: {wrong[0]}, {len(wrong)} differ")
    network.load_state_dict(state)
