"""A parameter chosen on other sets: the candidate whose B-cubed F is best in the mean over them."""

from __future__ import annotations

from collections.abc import Callable, Iterable, Sequence

import numpy as np

from castlist.benchmark.metrics import b_cubed, contingency
from castlist.benchmark.peers.peer import Peer
from castlist.benchmark.track_sets import TrackSet
from castlist.errors import CastlistError
from castlist.faces.types import Floats, Ints

Sets = Sequence[tuple[TrackSet, Floats]]
"""Track sets with truth, and the embeddings of their crops."""
_Way = Callable[[float], Ints]


def best(
    candidates: Iterable[float], sets: Sets, prepare: Callable[[TrackSet, Floats], _Way]
) -> float:
    """Return the candidate with the best mean B-cubed F, the first one of several.

    Args:
        candidates: The values to try.
        sets: What to try them on.
        prepare: Makes of a set what returns its labels, (T,), by the value of the parameter.

    Raises:
        CastlistError: There is no set.
    """
    if not sets:
        raise CastlistError("a threshold chosen on other data sets needs other data sets")
    tried = [(own.identity, prepare(own, embeddings)) for own, embeddings in sets]

    def mean(value: float) -> float:
        return float(np.mean([b_cubed(contingency(who, way(value)))[2] for who, way in tried]))

    values = list(candidates)
    return values[int(np.argmax([mean(value) for value in values]))]


def best_for(peer: Callable[[float], Peer], candidates: Iterable[float], sets: Sets) -> float:
    """Return the best argument of an estimator; see `best`."""

    def prepare(own: TrackSet, embeddings: Floats) -> _Way:
        def way(value: float) -> Ints:
            fitted = peer(value).fit(embeddings, track=own.track, cannot_link=own.cannot_link)
            return fitted.labels_

        return way

    return best(candidates, sets, prepare)
