"""The formats of published features, by where a data set's file lies: one list.

Each has an encoder of its own. What it is called begins with `published-`, as no network of
castlist's does: features of two encoders are never compared.
"""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass
from pathlib import Path

from castlist.benchmark.datasets import bcl, ssiam, vpcd
from castlist.benchmark.track_sets import TrackSet


@dataclass(frozen=True)
class Features:
    """A format.

    Attributes:
        encoder: What tables call the network that made the features.
        pattern: Of the files' paths in the data set's folder, one a film.
        read: Reads such a file, and what belongs to it.
    """

    encoder: str
    pattern: str
    read: Callable[[Path], TrackSet]


def _bcl(ids: Path) -> TrackSet:
    return bcl.read_features(ids, ids.parent.parent / "features" / ids.stem)


def _ssiam(features: Path) -> TrackSet:
    name = features.name.removesuffix(ssiam.ENDING)
    return ssiam.read_features(features, features.with_name(f"{name}.tracks.mat"))


FORMATS = (
    Features("published-bcl", "ids/*.ids", _bcl),
    Features("published-ssiam", f"*{ssiam.ENDING}", _ssiam),
    Features("published-vpcd", "*.pk", vpcd.read_features),
    Features("published-vpcd", "*.pkl", vpcd.read_features),
)


def find(path: Path) -> list[tuple[Features, Path]]:
    """Return the files of features of a folder, in order of name, or the file itself."""
    if path.is_file():
        return [(one, path) for one in FORMATS if path.resolve().match(one.pattern)]
    return [(one, file) for one in FORMATS for file in sorted(path.glob(one.pattern))]
