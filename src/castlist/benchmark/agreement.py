"""`castlist benchmark agreement`: how far two people agree on who is who in a film.

Their boxes are matched frame by frame as `track_score` does it, and their tracks one to one so that
most boxes match. Names needn't be the same: they are mapped one to one so that most tracks fit.
"""

from __future__ import annotations

from collections import Counter
from collections.abc import Sequence
from dataclasses import dataclass
from pathlib import Path

import numpy as np
from scipy.optimize import linear_sum_assignment
from sklearn.metrics import adjusted_rand_score, cohen_kappa_score

from castlist.benchmark.track_score import MATCH_IOU, matches
from castlist.benchmark.truth import NOT_SCORED, TrueTrack, read_truth
from castlist.errors import CastlistError
from castlist.faces.boxes import iou
from castlist.tracks.types import Tracks


@dataclass(frozen=True, kw_only=True)
class Agreement:
    """How far two labellings of one film agree.

    Attributes:
        tracks: Pairs of tracks, one of each labelling; what follows counts these, but for the
            next two.
        only_a: Tracks of the first that have no counterpart.
        only_b: Tracks of the second that have none.
        agreed: Share of the pairs with the same person; 1 if there are no pairs.
        kappa: Cohen's kappa (1960): the same beyond chance; 1 if both know but one person.
        ari: Adjusted Rand index, which needs no mapping of names.
        iou: Mean overlap of the boxes matched in these pairs; 0 if there are none.
        names: To whom of the first each name of the second is mapped; unmapped ones are left out.
    """

    tracks: int
    only_a: int
    only_b: int
    agreed: float
    kappa: float
    ari: float
    iou: float
    names: dict[str, str]


def compare(a: Path, b: Path) -> Agreement:
    """Compare two truths of a film.

    Args:
        a: One, as `read_truth` reads it.
        b: The other.

    Raises:
        CastlistError: One can't be read, or they are of two films.
    """
    one, other = read_truth(a), read_truth(b)
    if not one.same_film(other):
        raise CastlistError(f"{b}: is of another film than {a}; name two truths of the same film")
    return agreement(one.tracks, other.tracks)


def agreement(a: Sequence[TrueTrack], b: Sequence[TrueTrack]) -> Agreement:
    """Compare two labellings of a film.

    `nonface`, `mixed` and `unsure` are names like others, but never mapped to another one.
    """
    pairs = _pairs(a, b)
    ours = [a[i].identity for i, _ in pairs]
    theirs = [b[j].identity for _, j in pairs]
    names = one_to_one(ours, theirs)
    mapped = [names.get(name, f"\0{name}") for name in theirs]
    equal = [x == y for x, y in zip(ours, mapped, strict=True)]
    one_name = len({*ours, *mapped}) < 2
    return Agreement(
        tracks=len(pairs),
        only_a=len(a) - len(pairs),
        only_b=len(b) - len(pairs),
        agreed=float(np.mean(equal)) if equal else 1.0,
        kappa=1.0 if one_name else float(cohen_kappa_score(ours, mapped)),
        ari=float(adjusted_rand_score(ours, theirs)) if pairs else 1.0,
        iou=_overlap([(a[i], b[j]) for i, j in pairs]),
        names=names,
    )


def one_to_one(ours: Sequence[str], theirs: Sequence[str]) -> dict[str, str]:
    """Map names of the second to names of the first so that most of the pairs fit.

    Args:
        ours: The first's name of each pair.
        theirs: The second's.
    """
    rows, columns = sorted(set(ours)), sorted(set(theirs))
    together = Counter(zip(ours, theirs, strict=True))
    fits = np.zeros((len(rows), len(columns)), np.int64)
    for i, x in enumerate(rows):
        for j, y in enumerate(columns):
            if x == y or not {x, y} & NOT_SCORED:
                fits[i, j] = together[x, y]
    chosen = zip(*linear_sum_assignment(-fits), strict=True)
    return {columns[j]: rows[i] for i, j in chosen if fits[i, j]}


def _pairs(a: Sequence[TrueTrack], b: Sequence[TrueTrack]) -> list[tuple[int, int]]:
    """Pair tracks one to one so that most boxes match."""
    matched = np.zeros((len(a), len(b)), np.int64)
    for i, j in matches(list(a), _as_tracks(b)):
        matched[i, j] += 1
    chosen = zip(*linear_sum_assignment(-matched), strict=True)
    return [(int(i), int(j)) for i, j in chosen if matched[i, j]]


def _overlap(pairs: Sequence[tuple[TrueTrack, TrueTrack]]) -> float:
    """Return the mean overlap of boxes that match, over all of these pairs' common frames."""
    found = [np.zeros(0, np.float32)]
    for one, other in pairs:
        _, left, right = np.intersect1d(one.frames, other.frames, return_indices=True)
        for box, beside in zip(one.boxes[left], other.boxes[right], strict=True):
            found.append(iou(box[None], beside[None])[0])
    every = np.concatenate(found)
    every = every[every >= MATCH_IOU]
    return float(every.mean()) if len(every) else 0.0


def _as_tracks(labelled: Sequence[TrueTrack]) -> Tracks:
    """Return labelled tracks in the form in which castlist has its own."""
    lengths = [len(track.frames) for track in labelled]
    nothing = np.zeros(sum(lengths), np.int64)
    return Tracks(
        track=np.repeat(np.arange(len(labelled)), lengths),
        shot=nothing,
        frame=np.concatenate([nothing[:0], *(track.frames for track in labelled)]),
        pts=nothing,
        boxes=np.concatenate([np.zeros((0, 4), np.float32), *(t.boxes for t in labelled)]),
        scores=np.ones(len(nothing), np.float32),
        detected=np.ones(len(nothing), bool),
        gap=np.zeros(len(nothing), bool),
    )
