"""How well tracks are clustered that are made dark, grainy or coarse, against the same as they are.

Every crop of the labelled sets is spoilt before a network sees it; then the sets are clustered as
`castlist benchmark clusters` does it. "hac-oracle" is the best that a threshold can make of it.

    python benchmarks/hard.py FOLDER... [--work DIR] [--methods frozen,hac-oracle,castlist]
"""

from __future__ import annotations

import argparse
from collections.abc import Callable, Iterable
from dataclasses import replace
from pathlib import Path
from typing import Any

import cv2
import numpy as np
from numpy.typing import NDArray

from castlist.benchmark.case import Case
from castlist.benchmark.choices import Choices
from castlist.benchmark.clusters import Bench
from castlist.benchmark.embedded import Data
from castlist.benchmark.methods import chosen, method
from castlist.benchmark.metrics import contingency, score
from castlist.encoders import embed, load, unit
from castlist.film.types import Image
from castlist.tracks.sampling import evenly


def dark(crop: Image, rng: np.random.Generator) -> Image:
    """A fifth of the light, and what a codec leaves of it."""
    return _coded(255 * (crop / 255) ** 1.2 / 5, 60)


def night(crop: Image, rng: np.random.Generator) -> Image:
    """Darker shadows, and the sensor's noise."""
    noise = cv2.resize(rng.normal(0, 4.5, (96, 96, 3)), (192, 192))
    return _coded(255 * (crop / 255) ** 1.4 / 5 + noise, 60)


def grain(crop: Image, rng: np.random.Generator) -> Image:
    """Black and white, on coarse film."""
    grey = cv2.cvtColor(crop, cv2.COLOR_RGB2GRAY) * 0.6 + rng.normal(0, 8, (192, 192))
    return np.repeat(_bytes(grey)[..., None], 3, axis=2)


def coarse(crop: Image, rng: np.random.Generator) -> Image:
    """A face of 22 to 33 pixels (its crop, with what is around it)."""
    side = int(rng.integers(22, 34))
    small = cv2.resize(crop, (side, side), interpolation=cv2.INTER_AREA)
    return cv2.resize(_coded(small, 70), (192, 192), interpolation=cv2.INTER_CUBIC)


def _coded(picture: NDArray[Any], quality: int) -> Image:
    quality_of = [cv2.IMWRITE_JPEG_QUALITY, quality]
    _, data = cv2.imencode(".jpg", _bytes(picture), quality_of)
    return _bytes(cv2.imdecode(data, cv2.IMREAD_COLOR))


def _bytes(picture: NDArray[Any]) -> Image:
    return np.asarray(picture.clip(0, 255), np.uint8)


WAYS: dict[str, Callable[[Image, np.random.Generator], Image]] = {
    "as it is": lambda crop, rng: crop,
    **{spoil.__name__: spoil for spoil in (dark, night, grain, coarse)},
}
MOST = 6
"""Crops of a track, evenly taken: enough to tell, in less time."""


def spoilt(data: Data, way: str) -> Data:
    """Return a data set, at most `MOST` crops a track, made worse and embedded anew."""
    rng = np.random.default_rng(0)
    tracks = data.tracks
    assert tracks.crops is not None
    own = (np.flatnonzero(tracks.track == track) for track in range(len(tracks)))
    rows = np.concatenate([all_rows[evenly(len(all_rows), MOST)] for all_rows in own])
    crops = np.stack([WAYS[way](crop, rng) for crop in tracks.crops[rows]])
    embeddings, strength = unit(embed(load(data.encoder), crops, mirrored=True))
    tracks = replace(tracks, crops=crops, track=tracks.track[rows])
    return replace(data, tracks=tracks, embeddings=embeddings, strength=strength)


def scored(data: Data, name: str, work: Path) -> tuple[float, float]:
    """Return B-cubed F of what a method makes of a data set, and clusters over people."""
    case = Case(
        tracks=data.tracks,
        embeddings=data.embeddings,
        strength=data.strength,
        encoder=data.encoder,
        work=work,
    )
    labels = method(name).fit_predict(case)
    found = score(contingency(data.tracks.identity, labels))
    return found.b3_f, max(labels.max() + 1, 1) / data.tracks.people


def told(found: Iterable[tuple[float, float]]) -> str:
    """Say in a line how well data sets were clustered."""
    b3, ratio = np.array(list(found)).T
    off = np.abs(np.log(ratio)).mean()
    return f"B3 {b3.mean():.3f}  worst {b3.min():.3f}  |ln ratio| {off:.3f}"


def main() -> None:
    """Print a line for each way to spoil pictures, method, and kind of data."""
    parser = argparse.ArgumentParser(description=__doc__.split("\n")[0])
    parser.add_argument("folders", type=Path, nargs="+")
    parser.add_argument("--work", type=Path, default=Path("build/hard"))
    parser.add_argument("--methods", default="frozen,hac-oracle")
    arguments = parser.parse_args()
    names = chosen(arguments.methods)
    bench = Bench(arguments.folders, arguments.work, Choices(methods=names))
    for way in WAYS:
        sets = [spoilt(data, way) for data in bench.data if data.whole]
        kinds = {data.source: [data] for data in sets if not data.film}
        kinds["films"] = [data for data in sets if data.film]
        for name in names:
            for kind, own in kinds.items():
                if own:
                    line = told(scored(data, name, arguments.work) for data in own)
                    print(f"{way:9} {name:12} {kind:12} {line}", flush=True)


if __name__ == "__main__":
    main()
