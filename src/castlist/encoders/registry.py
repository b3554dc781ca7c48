"""From a name of the manifest to a network with its weights."""

from __future__ import annotations

from pathlib import Path

import torch

from castlist import models
from castlist.encoders import dlib_resnet, iresnet, mobilefacenet, sface, vit
from castlist.encoders.base import SIGHT, Encoder
from castlist.errors import ModelError


def load(
    name: str = models.DEFAULT_ENCODER, path: Path | None = None, device: str | torch.device = "cpu"
) -> Encoder:
    """Return an encoder of the manifest, in inference mode.

    Args:
        name: As the manifest calls it.
        path: Its weights; where `castlist.models.locate` finds them by default.
        device: Where the network goes.

    Raises:
        ModelError: There is no such encoder, or its file is absent or isn't the one wanted.
    """
    kind = models.model(name).kind
    file = path or models.locate(name)
    match kind.split("-"):
        case ["sface"]:
            encoder: Encoder = sface.load(file, name)
        case ["dlib", "resnet29"]:
            encoder = dlib_resnet.load(file, name)
        case ["mobilefacenet"]:
            encoder = mobilefacenet.load(file, name)
        case ["iresnet", depth]:
            encoder = iresnet.load(file, int(depth), name=name)
        case ["adaface", depth]:
            encoder = iresnet.load(file, int(depth), adaface=True, name=name)
        case ["vit", shape]:
            encoder = vit.load(file, vit.SHAPES[shape], name=name)
        case _:
            raise ModelError(f"{name} is a {models.model(name).role}, not an encoder")
    return encoder.eval().to(device)


def fingerprint(name: str) -> str:
    """Return what tells an encoder's embeddings from others: its weights, how it is shown crops.

    Raises:
        ModelError: The name is unknown, or the user's own file isn't here.
    """
    return f"{models.digest(name)}-{SIGHT}"
