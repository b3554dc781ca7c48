"""Chooses where the networks run."""

from __future__ import annotations

import logging
from contextlib import AbstractContextManager, nullcontext

import torch

from castlist.errors import CastlistError

log = logging.getLogger(__name__)


def choose_device(wanted: str = "auto") -> torch.device:
    """Return the device of that name, and log which it is.

    Args:
        wanted: "auto" takes the first of CUDA, MPS and the CPU that is there; else a name that
            torch knows, such as "cpu" or "cuda:1".

    Raises:
        CastlistError: The device isn't there, or the name isn't known.
    """
    if wanted == "auto":
        name = "cuda" if torch.cuda.is_available() else "cpu"
        if name == "cpu" and torch.backends.mps.is_available():
            name = "mps"
    else:
        name = wanted
    try:
        device = torch.device(name)
        torch.empty(1, device=device).cpu()  # there are devices that give nothing back
    except (RuntimeError, AssertionError, ImportError) as error:
        raise CastlistError(f"device {wanted!r} isn't here; use auto or cpu") from error
    log.info("networks run on %s", device)
    return device


def half_precision(device: torch.device) -> AbstractContextManager[object]:
    """Return the context in which networks compute in bfloat16, where the device does so fast."""
    fast = device.type == "cuda" or (device.type == "cpu" and torch.cpu._is_avx512_bf16_supported())
    return torch.autocast(device.type, torch.bfloat16) if fast else nullcontext()
