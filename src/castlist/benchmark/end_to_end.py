"""How good a cast is against a film's truth, face by face, with all that went wrong before it.

A cluster can only be as good as what detection and tracking left it. Here the items are boxes: a
labelled box that none of ours matches (IoU 0.5) is *missed* and costs recall; one of ours that
matches no labelled box is *false* and costs precision. Boxes of people who aren't scored are left
out on both sides. Nothing is run here.
"""

from __future__ import annotations

from dataclasses import dataclass
from typing import Literal

import numpy as np

from castlist.benchmark.metrics import b_cubed, pairwise
from castlist.benchmark.track_score import matches
from castlist.benchmark.truth import TrueTrack
from castlist.cluster.labels import UNKNOWN
from castlist.faces.types import Ints
from castlist.tracks.types import Tracks


@dataclass(frozen=True, kw_only=True)
class EndToEnd:
    """The measures of one film's cast, all from 0 to 1 but for the counts.

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


def end_to_end(
    truth: list[TrueTrack],
    tracks: Tracks,
    labels: Ints,
    *,
    unknown: Literal["single", "out"] = "single",
) -> EndToEnd:
    """Score the clusters of a film's tracks, box by box.

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
    missed = labelled_boxes - table.sum(axis=1)
    b3, pair = b_cubed(table, missed, false), pairwise(table, missed, false)
    return EndToEnd(
        boxes=int(labelled_boxes.sum()),
        ours=int(table.sum() + false.sum()),
        missed=_share(missed.sum(), labelled_boxes.sum()),
        false=_share(false.sum(), table.sum() + false.sum()),
        b3_precision=b3[0],
        b3_recall=b3[1],
        b3_f=b3[2],
        pair_precision=pair[0],
        pair_recall=pair[1],
        pair_f=pair[2],
    )


def _clusters(labels: Ints, unknown: Literal["single", "out"]) -> Ints:
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
