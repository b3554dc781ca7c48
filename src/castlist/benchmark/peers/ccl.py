"""CCL (Sharma, Tapaswi, Sarfraz and Stiefelhagen, FG 2020): trained on labels from a clustering.

FINCH's first partition of the crops (`peers.finch`), many small and pure clusters, labels them.
Crops of one cluster or one track are one person; crops of two clusters, or of two tracks that
share a frame, two people.

The reading taken where these disagree: what the film shows goes before what FINCH found, so crops
of one track are one person in whatever clusters, and those of tracks that share a frame two people
even in one cluster. Network and clustering are `peers.contrastive`.
"""

from __future__ import annotations

import numpy as np

from castlist.benchmark.peers.contrastive import (
    BATCH,
    Draw,
    Pairs,
    partners,
    ward_by_pairs,
)
from castlist.benchmark.peers.finch import linked
from castlist.benchmark.peers.peer import SeededTrueK, barred
from castlist.faces.types import Floats, Ints


class Ccl(SeededTrueK):
    """Trains on FINCH's labels and the tracks, then clusters by Ward's linkage."""

    def _cluster(self, embeddings: Floats, track: Ints, cannot_link: Ints | None) -> Ints:
        draw = labelled_pairs(linked(embeddings), track, cannot_link)
        return ward_by_pairs(embeddings, track, draw, self.clusters, self.seed)


def labelled_pairs(labels: Ints, track: Ints, cannot_link: Ints | None) -> Draw:
    """Return what draws pairs of crops.

    Args:
        labels: Shape (N,): cluster of each crop.
        track: Shape (N,): track of each crop.
        cannot_link: Pairs of tracks that share a frame, (P, 2).
    """
    shares = barred(int(track.max()) + 1, cannot_link)

    def draw(random: np.random.Generator) -> Pairs:
        anchors = random.integers(0, len(track), BATCH)
        own = track[anchors, None] == track  # (BATCH, N)
        one = own | (labels[anchors, None] == labels) & ~shares[track[anchors, None], track]
        two = ~one
        one[np.arange(BATCH), anchors] = False
        half = BATCH // 2
        return Pairs(
            partners(anchors[:half], one[:half], random),
            partners(anchors[half:], two[half:], random),
        )

    return draw
