"""MuHPC- (Brown, Kalogeiton and Zisserman, ICCVW 2021): the face stage of MuHPC, and nothing else.

Each cluster is merged with its first neighbour if that is nearer than a limit and not barred by a
cannot-link, over and over until no such pair is left. The limit, 0.48 for the authors' network, is
fitted to the one in use (`CANDIDATES`). Left out are voices, bodies, and the merging of the
smallest clusters with large ones by which the authors estimate a number of people.
"""

from __future__ import annotations

import numpy as np

from castlist.benchmark.peers.finch import linked
from castlist.benchmark.peers.peer import Peer
from castlist.cluster.likeness import track_means
from castlist.faces.types import Floats, Ints

CANDIDATES = tuple(n / 50 for n in range(1, 50))
"""Limits to choose from, cosine distances."""


class MuhpcFaces(Peer):
    """First neighbours up to a distance. As in `peers.c1c`, they are searched among the permitted.

    Args:
        distance: Cosine distance of two clusters' means up to which they are merged.

    """

    def __init__(self, distance: float) -> None:
        self.distance = distance

    def _cluster(self, embeddings: Floats, track: Ints, cannot_link: Ints | None) -> Ints:
        means = track_means(embeddings, track)
        labels, before = np.arange(len(means)), -1
        while labels.max() != before:
            before = labels.max()
            links = None if cannot_link is None else labels[cannot_link]
            labels = linked(track_means(means, labels), links, self.distance)[labels]
        return labels
