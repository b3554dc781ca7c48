"""How good a clustering of tracks is: every measure from one table of people by clusters.

The table counts, for each person (row) and each cluster (column), the tracks that are in both, or
the frames of these tracks. What scikit-learn has is scikit-learn's. Nothing is clustered here, and
no film is known.
"""

from __future__ import annotations

import warnings
from dataclasses import dataclass
from typing import Literal

import numpy as np
from numpy.typing import ArrayLike, NDArray
from scipy.optimize import linear_sum_assignment
from sklearn import metrics as sk

from castlist.cluster.labels import UNKNOWN
from castlist.faces.types import Ints

Doubles = NDArray[np.float64]
Unknown = Literal["single", "out"]
"""What becomes of tracks in no cluster: each is one of its own, or they are left out."""


@dataclass(frozen=True, kw_only=True)
class Score:
    """The measures of one clustering; all but the counts, `ratio` and `clicks` are 0 to 1.

    Of a table of frames all that is said of tracks here holds for frames.

    Attributes:
        tracks: Tracks counted.
        people: People among them.
        characters: Clusters among them.
        wcp: Weighted cluster purity: share of the tracks that belong to the person who has most
            tracks in their cluster. It rises with the number of clusters.
        inverse_purity: Share of the tracks that lie in the cluster that has most of their person.
        ratio: Clusters over people, 1 at best; also called PCR.
        b3_precision: B-cubed: of a track's cluster, the share that is of its person; the mean.
        b3_recall: Of a track's person, the share that is in its cluster; the mean.
        b3_f: Their harmonic mean.
        pair_precision: Of the pairs in one cluster, the share that is one person.
        pair_recall: Of the pairs that are one person, the share in one cluster.
        pair_f: Their harmonic mean.
        ari: Adjusted Rand index; 0 by chance, and it can be below.
        ami: Adjusted mutual information; likewise.
        nmi_arithmetic: Mutual information over the mean of both entropies.
        nmi_geometric: Mutual information over the root of their product.
        v: V-measure with beta 1, which equals `nmi_arithmetic`.
        clicks: Operator clicks index: one click to name each cluster and one for each track that
            isn't of its cluster's majority, over the number of tracks. Lower is better.
        character_precision: People and clusters are paired one to one so that most tracks fit;
            the share of its cluster that is the person; mean over people, 0 for one unpaired.
        character_recall: The share of the person that is in their cluster; likewise.
    """

    tracks: int
    people: int
    characters: int
    wcp: float
    inverse_purity: float
    ratio: float
    b3_precision: float
    b3_recall: float
    b3_f: float
    pair_precision: float
    pair_recall: float
    pair_f: float
    ari: float
    ami: float
    nmi_arithmetic: float
    nmi_geometric: float
    v: float
    clicks: float
    character_precision: float
    character_recall: float


def contingency(
    identity: ArrayLike,
    labels: ArrayLike,
    *,
    unknown: Unknown = "single",
    frames: ArrayLike | None = None,
) -> Ints:
    """Count the tracks of each person in each cluster, or their frames.

    Args:
        identity: Shape (T,): who each track is.
        labels: Shape (T,): cluster of each track, `UNKNOWN` for none.
        unknown: What becomes of tracks in no cluster: "single" makes each a cluster of its own,
            "out" leaves them out.
        frames: Shape (T,): frames of each track, at least one; then frames are counted.

    Returns:
        The table, (people, clusters), without an empty row or column.

    Raises:
        ValueError: The lengths differ.
    """
    who, where = np.asarray(identity), np.asarray(labels, np.int64)
    weight = np.ones(where.shape, np.int64) if frames is None else np.asarray(frames, np.int64)
    if not who.shape == where.shape == weight.shape or who.ndim != 1:
        shapes = f"{who.shape}, {where.shape}, {weight.shape}"
        raise ValueError(f"lists of one length wanted, not {shapes}")
    lost = where == UNKNOWN
    if unknown == "out":
        who, where, weight = who[~lost], where[~lost], weight[~lost]
    else:
        where = np.where(lost, where.max(initial=UNKNOWN) + np.cumsum(lost), where)
    people, row = np.unique(who, return_inverse=True)
    clusters, column = np.unique(where, return_inverse=True)
    table = np.zeros((len(people), len(clusters)), np.int64)
    np.add.at(table, (row, column), weight)
    return table


def unknown_share(labels: ArrayLike) -> float:
    """Return the share of the tracks that are in no cluster; 0 if there are no tracks."""
    lost = np.asarray(labels) == UNKNOWN
    return float(lost.mean()) if lost.size else 0.0


def score(table: Ints) -> Score:
    """Return all measures of a table.

    Raises:
        ValueError: The table counts no track.
    """
    if not table.sum():
        raise ValueError("there is no track to score")
    people, characters = table.shape
    b3_precision, b3_recall, b3_f = b_cubed(table)
    pair_precision, pair_recall, pair_f = pairwise(table)
    character_precision, character_recall = by_character(table)
    true, predicted = _labels(table)
    with warnings.catch_warnings():  # scikit-learn takes many small clusters for a regression
        warnings.filterwarnings("ignore", "The number of unique classes", UserWarning)
        return Score(
            tracks=int(table.sum()),
            people=people,
            characters=characters,
            wcp=purity(table),
            inverse_purity=purity(table.T),
            ratio=characters / people,
            b3_precision=b3_precision,
            b3_recall=b3_recall,
            b3_f=b3_f,
            pair_precision=pair_precision,
            pair_recall=pair_recall,
            pair_f=pair_f,
            ari=float(sk.adjusted_rand_score(true, predicted)),
            ami=float(sk.adjusted_mutual_info_score(true, predicted)),
            nmi_arithmetic=_nmi(true, predicted, "arithmetic"),
            nmi_geometric=_nmi(true, predicted, "geometric"),
            v=float(sk.v_measure_score(true, predicted)),
            clicks=clicks(table),
            character_precision=character_precision,
            character_recall=character_recall,
        )


def purity(table: Ints) -> float:
    """Return the share of tracks that are of their column's majority."""
    return float(table.max(axis=0).sum() / table.sum())


def b_cubed(
    table: Ints, missed: Ints | None = None, false: Ints | None = None
) -> tuple[float, float, float]:
    """Return B-cubed precision, recall and F (Bagga and Baldwin, 1998).

    Args:
        table: Shape (people, clusters).
        missed: Shape (people,): what there is of each person in no cluster: its recall is 0.
        false: Shape (clusters,): what is in each cluster and nobody: its precision is 0.
    """
    squares = table.astype(np.float64) ** 2
    people, clusters = _sizes(table, missed, false)
    precision = _share((squares / np.maximum(clusters, 1)).sum(), clusters.sum())
    recall = _share((squares / np.maximum(people, 1)[:, None]).sum(), people.sum())
    return precision, recall, _f(precision, recall)


def pairwise(
    table: Ints, missed: Ints | None = None, false: Ints | None = None
) -> tuple[float, float, float]:
    """Return precision, recall and F over pairs of tracks; where there are no pairs, 1.

    Args:
        table: Shape (people, clusters).
        missed: Shape (people,): as of `b_cubed`; their pairs are found by none.
        false: Shape (clusters,): likewise; their pairs are wrong. With both this is the unified
            pairwise F of Jin et al. (ICCV 2017).
    """
    people, clusters = _sizes(table, missed, false)
    both = _pairs(table)
    precision, recall = _share(both, _pairs(clusters)), _share(both, _pairs(people))
    return precision, recall, _f(precision, recall)


def clicks(table: Ints) -> float:
    """Return the operator clicks index."""
    return float(table.shape[1] / table.sum()) + 1 - purity(table)


def by_character(table: Ints) -> tuple[float, float]:
    """Return precision and recall of characters, people and clusters paired one to one.

    Of pairings that fit equally many tracks, the one with the highest sum of both counts.
    """
    precision = table / table.sum(axis=0)
    recall = table / table.sum(axis=1, keepdims=True)
    people = len(table)
    value = table + (precision + recall) / (2 * people + 1)  # what is added stays below one track
    row, column = linear_sum_assignment(value, maximize=True)
    return float(precision[row, column].sum() / people), float(recall[row, column].sum() / people)


def _sizes(table: Ints, missed: Ints | None, false: Ints | None) -> tuple[Ints, Ints]:
    """Return how much there is of each person, (people,), and in each cluster, (clusters,)."""
    people, clusters = table.sum(axis=1), table.sum(axis=0)
    return people + (0 if missed is None else missed), clusters + (0 if false is None else false)


def _pairs(counts: Ints) -> int:
    return int((counts * (counts - 1) // 2).sum())


def _share(part: float, whole: float) -> float:
    return float(part / whole) if whole else 1.0


def _labels(table: Ints) -> tuple[Ints, Ints]:
    """Return labels that make this table: scikit-learn wants labels."""
    row, column = np.nonzero(table)
    counts = table[row, column]
    return np.repeat(row, counts), np.repeat(column, counts)


def _nmi(true: Ints, predicted: Ints, average: str) -> float:
    return float(sk.normalized_mutual_info_score(true, predicted, average_method=average))


def _f(precision: float, recall: float) -> float:
    return 2 * precision * recall / (precision + recall) if precision + recall else 0.0
