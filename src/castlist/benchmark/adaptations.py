"""Adapts an encoder to a track set, once: what came out is kept under a name made of what went in.

The name has the crops, the tracks, the cannot-links, the encoder, the recipe and the seed in it,
and embeddings, where these are handed over.
"""

from __future__ import annotations

import hashlib
import logging
import zipfile
from dataclasses import dataclass
from pathlib import Path

import numpy as np

from castlist.adapt import Adapted, Adapter, Recipe
from castlist.atomic import atomic_path
from castlist.benchmark.cost import Cost, measured
from castlist.benchmark.track_sets import TrackSet
from castlist.encoders import choose_device, fingerprint, load
from castlist.errors import CastlistError
from castlist.faces.types import Floats
from castlist.film.types import Image

log = logging.getLogger(__name__)

FORMAT = 4  # of what is kept; changes whenever adaptation itself does
FOLDER = "adapted"
ARRAYS = ("embeddings", "frozen", "outputs", "centre")
DAMAGED = (OSError, ValueError, KeyError, TypeError, EOFError, zipfile.BadZipFile)
"""What `read` raises where there is nothing whole to be read."""


@dataclass(frozen=True)
class Kept:
    """An adaptation.

    Attributes:
        adapted: What it left; taken from disk it has no history and no weights.
        cost: What it took when it was made.
        file: Its file in the work folder; None if it isn't kept.
    """

    adapted: Adapted
    cost: Cost
    file: str | None


def adapt(
    tracks: TrackSet,
    recipe: Recipe,
    *,
    encoder: str,
    device: str,
    seed: int,
    work: Path | None = None,
    frozen: Floats | None = None,
) -> Kept:
    """Adapt an encoder to the tracks of a set.

    Args:
        tracks: The set.
        recipe: How.
        encoder: The network's name.
        device: Where it runs.
        seed: Of all chance.
        work: Where results are kept; None keeps nothing.
        frozen: What the network as it is makes of the crops, (N, d), in place of what it does.

    Raises:
        CastlistError: The set has no pictures.
    """
    if tracks.crops is None:
        raise CastlistError(f"{tracks.name}: no pictures, which an encoder could be adapted to")
    path = None
    if work is not None:
        key = _key(tracks.crops, tracks, recipe, encoder, device, seed, frozen)
        path = work / FOLDER / f"{key}.npz"
        try:
            return read(path)
        except FileNotFoundError:
            pass
        except DAMAGED as error:
            log.warning("%s: can't be read (%s), made anew", path, error)
    adapter = Adapter(load(encoder, device=choose_device(device)), recipe, seed=seed)
    with measured() as cost:
        adapted = adapter(tracks.crops, tracks.track, tracks.cannot_link, frozen=frozen)
    if adapted.matches is not None and len(adapted.matches):
        anchor, match = tracks.identity[adapted.matches].T
        told = "%s: %.2f matches a track, %.3f of them right"
        log.info(told, tracks.name, len(match) / len(tracks), np.mean(anchor == match))
    if path is None:
        return Kept(adapted, cost, None)
    arrays = {name: getattr(adapted, name) for name in ARRAYS}
    if adapted.quality is not None:
        arrays["quality"] = adapted.quality
    memory = np.nan if cost.memory is None else cost.memory
    path.parent.mkdir(parents=True, exist_ok=True)
    with atomic_path(path) as beside, beside.open("wb") as file:
        np.savez(file, **arrays, cost=np.array([cost.seconds, memory]))
    return Kept(adapted, cost, path.name)


def read(path: Path) -> Kept:
    """Read an adaptation that was kept.

    Raises:
        OSError, ValueError...: It isn't there, or not whole; see `DAMAGED`.
    """
    with np.load(path) as kept:
        seconds, memory = kept["cost"].tolist()
        arrays = {name: kept[name] for name in (*ARRAYS, "quality") if name in kept}
        adapted = Adapted(**arrays, history=[], weights={})
    return Kept(adapted, Cost(seconds, None if np.isnan(memory) else memory), path.name)


def _key(
    crops: Image,
    tracks: TrackSet,
    recipe: Recipe,
    encoder: str,
    device: str,
    seed: int,
    frozen: Floats | None,
) -> str:
    digest = hashlib.sha256(np.ascontiguousarray(crops).data)
    digest.update(tracks.track.tobytes() + b"|" + tracks.cannot_link.tobytes())
    told = f"{FORMAT} {fingerprint(encoder)} {choose_device(device)} {recipe} {seed}"
    digest.update(told.encode())
    if frozen is not None:
        digest.update(frozen.tobytes())
    return digest.hexdigest()[:24]
