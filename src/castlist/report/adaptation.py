"""What the page tells of the adaptation: the loss, and a map of the tracks before and after it.

The maps are t-SNE (van der Maaten and Hinton, 2008) of the tracks' mean embeddings. The second
one starts from the first, so that what moves between them was moved by the adaptation. They don't
depend on who the tracks belong to and take longer than the rest of the page, so they are kept in
the workspace, as `map.json`.
"""

from __future__ import annotations

import hashlib
import json
from pathlib import Path
from typing import Any

import numpy as np
from numpy.typing import NDArray

from castlist.atomic import atomic_path
from castlist.cluster.labels import load_labels
from castlist.cluster.likeness import track_means
from castlist.faces.types import Floats, Ints
from castlist.tables import read_table
from castlist.tracks.embeddings import load_embeddings
from castlist.tracks.sampling import evenly

MOST = 1500
"""Tracks on the map; of more, those with the most crops."""
FEWEST = 5
"""Tracks below which there is nothing to map."""
SAME = 1e-6
"""Difference up to which numbers of unit vectors differ by rounding alone."""
_ROUND = ("matches", "entropy", "clusters")  # what is noted before each round and after the last
POINTS = 300
"""Most points of the loss's curve."""


def describe(workspace: Path, track: Ints) -> dict[str, Any]:
    """Return what the page's script reads, ready for JSON; empty where there is nothing to tell.

    Args:
        workspace: The folder; runs of which the film has no track leave nothing to tell.
        track: Shape (N,): track of each crop.

    Raises:
        WorkspaceError: A table is damaged.
    """
    kept_map = workspace / "map.json"
    if not (workspace / "embeddings.safetensors").exists() or not len(track):
        kept_map.unlink(missing_ok=True)
        return {}
    embeddings = load_embeddings(workspace / "embeddings.safetensors")
    told: dict[str, Any] = {"characters": _characters(workspace), "loss": [], "rounds": []}
    if (workspace / "training.parquet").exists():
        names = ["loss", *_ROUND]
        rows = read_table(workspace / "training.parquet", names, stage="adapt")
        loss = rows["loss"][np.isfinite(rows["loss"])]
        told["loss"] = [round(float(value), 4) for value in loss[evenly(len(loss), POINTS)]]
        noted = np.flatnonzero(np.isfinite(rows["entropy"]))
        told["rounds"] = [
            [
                round(float(rows[name][n]), 2) if np.isfinite(rows[name][n]) else None
                for name in _ROUND
            ]
            for n in noted
        ]
    told["map"] = _kept_map(kept_map, embeddings["base"], embeddings["adapted"], track)
    return told


def _characters(workspace: Path) -> list[int]:
    """Return how many characters the frozen network alone makes, and how many there are."""
    path = workspace / "clusters.parquet"
    return [int(load_labels(path, name).max(initial=-1)) + 1 for name in ("frozen", "cluster")]


def _kept_map(path: Path, base: Floats, adapted: Floats, track: Ints) -> dict[str, Any]:
    """Return the map that is kept, or make and keep one where it is none of these embeddings.

    Where there is nothing to map, what is left of another run goes.
    """
    digest = hashlib.sha256()
    for values in (base, adapted, track):
        digest.update(np.ascontiguousarray(values).data)
    of = digest.hexdigest()
    try:
        kept: dict[str, Any] = json.loads(path.read_text("utf-8"))
        if kept["of"] == of:
            return dict(kept["map"])
    except (OSError, ValueError, KeyError, TypeError):
        pass  # there is none yet, or it is damaged
    made = _map(base, adapted, track)
    if made:
        with atomic_path(path) as beside:
            beside.write_text(json.dumps({"of": of, "map": made}), "utf-8")
    else:
        path.unlink(missing_ok=True)
    return made


def _map(base: Floats, adapted: Floats, track: Ints) -> dict[str, Any]:
    count = np.bincount(track)
    chosen = np.sort(np.argsort(-count, kind="stable")[:MOST])
    if len(chosen) < FEWEST:
        return {}
    before = layout(track_means(base, track)[chosen], None)
    after = before
    if not np.array_equal(base, adapted):
        after = layout(track_means(adapted, track)[chosen], before)
    return {"tracks": chosen.tolist(), "before": _unit(before), "after": _unit(after)}


def layout(means: Floats, start: NDArray[np.float32] | None) -> NDArray[np.float32]:
    """Lay tracks out in the plane, (T, 2).

    Args:
        means: Shape (T, d): their mean embeddings; `FEWEST` tracks or more.
        start: Shape (T, 2): the layout to start from, if any; one that is spread neither way or
            one way only is no start.
    """
    from sklearn.manifold import TSNE  # a second, that pages whose map is kept are spared

    if np.ptp(means, axis=0).max() < SAME:  # t-SNE would divide by how far they are apart
        return np.zeros((len(means), 2), np.float32)
    begin: Any = "pca"
    if start is not None and np.ptp(start, axis=0).all():
        begin = start / start.std(axis=0) * 1e-2  # spread wider, t-SNE would not leave it
    tsne = TSNE(perplexity=min(30.0, (len(means) - 1) / 3), init=begin, random_state=0)
    return np.asarray(tsne.fit_transform(means), np.float32)


def _unit(points: NDArray[np.float32]) -> list[list[float]]:
    """Scale points into the unit square, both ways by the same factor."""
    low = points.min(axis=0)
    scaled = (points - low) / max(float(np.ptp(points, axis=0).max()), 1e-9)
    return [[round(float(x), 4), round(float(y), 4)] for x, y in scaled]
