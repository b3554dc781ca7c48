"""The crops' embeddings on disk, `embeddings.safetensors`. No network is imported here."""

from __future__ import annotations

from collections.abc import Mapping
from pathlib import Path

import numpy as np
from safetensors import SafetensorError
from safetensors.numpy import load_file, save

from castlist.atomic import atomic_path
from castlist.faces.types import Floats
from castlist.tables import unreadable


def save_embeddings(path: Path, embeddings: Mapping[str, Floats]) -> None:
    """Write named embeddings, each (N, d), row by row those of `crops.parquet`."""
    with atomic_path(path) as beside:
        beside.write_bytes(save({k: np.ascontiguousarray(e) for k, e in embeddings.items()}))


def load_embeddings(path: Path) -> dict[str, Floats]:
    """Read the named embeddings.

    Raises:
        WorkspaceError: The file is missing or damaged.
    """
    try:
        return dict(load_file(path))
    except (OSError, SafetensorError) as error:
        raise unreadable(path, "tracks") from error
