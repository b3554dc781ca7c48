"""Features of Sharma et al. (FG 2019): two MATLAB files an episode.

One has `features_vgg`, (d, F, T): of track t the first `numframes` of F columns count. The other
has the struct array `Tracks` with `labelid` and `numframes`, in the same order. So they are read by
that work's public code; the files themselves weren't at hand. People are numbers; which of them
stand for unknown people isn't in the files, so none is left out.
"""

from __future__ import annotations

from pathlib import Path
from typing import Any

import numpy as np
from scipy.io import loadmat
from scipy.io.matlab import MatReadError

from castlist.benchmark.datasets.features import feature_set
from castlist.benchmark.reading import reading
from castlist.benchmark.track_sets import TrackSet

ENDING = ".features.mat"
"""What a file of features is called, after the film's name, where it is to be found by it."""


def read_features(features: Path, tracks: Path) -> TrackSet:
    """Read the features of one episode.

    Args:
        features: The file of `features_vgg`.
        tracks: The file of `Tracks`.

    Raises:
        CastlistError: A file isn't of that form: of MATLAB before 7.3, with these names in it.
    """
    values = np.atleast_3d(_variable(features, "features_vgg"))
    table = _variable(tracks, "Tracks")
    with reading(tracks, f"the tracks of {features.name}"):
        told = [(int(np.squeeze(t.labelid)), int(np.squeeze(t.numframes))) for t in table.ravel()]
        if len(told) != values.shape[2]:
            raise ValueError(f"{len(told)} tracks, but features of {values.shape[2]}")
        if any(not 0 < frames <= values.shape[1] for _, frames in told):
            raise ValueError("a track has more frames than features, or none")
        return feature_set(
            features.name.removesuffix(ENDING),
            {n: (f"person {who}", values[:, :f, n].T) for n, (who, f) in enumerate(told)},
        )


def _variable(path: Path, name: str) -> Any:
    with reading(path, f"a MATLAB file with {name}"):
        try:
            return loadmat(path, struct_as_record=False, appendmat=False)[name]
        except MatReadError as error:
            raise ValueError(str(error)) from error
