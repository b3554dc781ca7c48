"""How good a cast is against a film's truth, face by face, with all that went wrong before it.

A cluster can only be as good as what detection and tracking left it. Here the items are boxes: a
labelled box that none of ours matches (IoU 0.5) is *missed* and costs recall; one of ours that
matches no labelled box is *false* and costs precision. Boxes of people who aren't scored are left
out on both sides. Nothing is run here.
"""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import dataclass

import numpy as np
from scipy.linalg import block_diag

from castlist.benchmark.metrics import Unknown, b_cubed, pairwise
from castlist.benchmark.track_score import matches
from castlist.benchmark.truth import TrueTrack
from castlist.cluster.labels import UNKNOWN
from castlist.faces.types import Ints
from castlist.tracks.types import Tracks


@dataclass(frozen=True, kw_only=True)
class EndToEnd:
    """The measures of a cast, all from 0 to 1 but for the counts.

    Attributes:
        boxes: Labelled boxes that are scored.
        ours: Our boxes in clusters, without those that match people who aren't scored.
        missed: Share of the labelled boxes that are in no cluster.
        false: Share of ours that match no labelled box.
        b3_precision: Of a box's cluster, the share that is of its person; the mean over ours,
            0 for a false one.
        b3_recall: Of a labelled box's person, the share that is in its cluster; the mean, 0 for a
            missed one.
        b3_f: Their harmonic mean.
        pair_precision: Of the pairs of our boxes in one cluster, the share that is one person.
        pair_recall: Of the pairs of labelled boxes of one person, the share that is in one
            cluster.
        pair_f: Their harmonic mean: the unified pairwise F of Jin et al. (ICCV 2017).
    """

    boxes: int
    ours: int
    missed: float
    false: float
    b3_precision: float
    b3_recall: float
    b3_f: float
    pair_precision: float
    pair_recall: float
    pair_f: float


@dataclass(frozen=True, kw_only=True, eq=False)
class Boxes:
    """The boxes of a film's cast, or of several films' casts, counted.

    Attributes:
        matched: Shape (people, clusters): those of each person in each cluster.
        missed: Shape (people,): labelled boxes in no cluster.
        false: Shape (clusters,): ours that match no labelled box.
    """

    matched: Ints
    missed: Ints
    false: Ints

    @property
    def score(self) -> EndToEnd:
        """All measures of them."""
        boxes, ours = self.matched.sum() + self.missed.sum(), self.matched.sum() + self.false.sum()
        b3 = b_cubed(self.matched, self.missed, self.false)
        pair = pairwise(self.matched, self.missed, self.false)
        return EndToEnd(
            boxes=int(boxes),
            ours=int(ours),
            missed=_share(self.missed.sum(), boxes),
            false=_share(self.false.sum(), ours),
            b3_precision=b3[0],
            b3_recall=b3[1],
            b3_f=b3[2],
            pair_precision=pair[0],
            pair_recall=pair[1],
            pair_f=pair[2],
        )


def pool(films: Iterable[Boxes]) -> Boxes:
    """Put the boxes of films together; people and clusters of different films are different."""
    films = list(films)
    return Boxes(
        matched=block_diag(*(film.matched for film in films)),
        missed=np.concatenate([film.missed for film in films]),
        false=np.concatenate([film.false for film in films]),
    )


def end_to_end(
    truth: list[TrueTrack], tracks: Tracks, labels: Ints, *, unknown: Unknown = "single"
) -> Boxes:
    """Count the boxes of a film's tracks in their clusters.

    Args:
        truth: The labelled tracks.
        tracks: Ours, T.
        labels: Shape (T,): cluster of each of ours, `UNKNOWN` for none.
        unknown: What becomes of tracks in no cluster: "single" makes each a cluster of its own,
            "out" leaves them out, so that what they match is missed.

    Raises:
        ValueError: There isn't one label a track.
    """
    if labels.shape != (len(tracks),):
        raise ValueError(f"{len(tracks)} labels wanted, not {labels.shape}")
    people = sorted({track.identity for track in truth if track.scored})
    row = {who: number for number, who in enumerate(people)}
    nobody = len(people)  # the row of boxes that match people who aren't scored
    both = np.zeros((nobody + 1, len(tracks)), np.int64)
    for labelled, mine in matches(truth, tracks):
        both[row.get(truth[labelled].identity, nobody), mine] += 1
    ours = np.bincount(tracks.track, minlength=len(tracks)) - both[nobody]
    cluster = _clusters(labels, unknown)
    clusters = int(cluster.max(initial=UNKNOWN)) + 1
    table = _gathered(both[:nobody], cluster, clusters)
    false = _gathered(ours[None], cluster, clusters)[0] - table.sum(axis=0)
    labelled_boxes = np.zeros(nobody, np.int64)
    for track in truth:
        if track.scored:
            labelled_boxes[row[track.identity]] += len(track.frames)
    return Boxes(matched=table, missed=labelled_boxes - table.sum(axis=1), false=false)


def _clusters(labels: Ints, unknown: Unknown) -> Ints:
    if unknown == "out":
        return labels
    lost = labels == UNKNOWN
    return np.where(lost, labels.max(initial=UNKNOWN) + np.cumsum(lost), labels)


def _gathered(counts: Ints, cluster: Ints, clusters: int) -> Ints:
    """Sum the columns of each cluster: (n, T) to (n, clusters)."""
    found = np.zeros((len(counts), clusters), np.int64)
    placed = cluster != UNKNOWN
    np.add.at(found.T, cluster[placed], counts.T[placed])
    return found


def _share(part: float, whole: float) -> float:
    return float(part / whole) if whole else 0.0
