"""JFAC (Zhang, Luo, Loy and Tang, ECCV 2016): clustering and features improve each other.

By turns, tracks are clustered by a Markov random field, and the network is trained by the
contrastive loss on pairs that the clusters and the tracks make likely, until the labels repeat.

The reading taken: the field is that of `peers.hmrf`, without the authors' term for alike tracks;
what is trained is not the face network but that of `peers.contrastive`, on top of its embeddings.
Two crops are one person if they are of one track, or of one cluster and nearer to each other than
the median pair of it; two people if they are of two clusters or of tracks that share a frame. Of a
cluster of more than `SAMPLE` crops the median is that of so many, evenly drawn.
"""

from __future__ import annotations

import numpy as np
from sklearn.metrics import adjusted_rand_score

from castlist.benchmark.peers.contrastive import (
    BATCH,
    Draw,
    Pairs,
    Siamese,
    partners,
    steps_for,
)
from castlist.benchmark.peers.hmrf import best_start, field_of
from castlist.benchmark.peers.peer import SeededTrueK, barred
from castlist.cluster.likeness import track_means
from castlist.faces.types import Floats, Ints
from castlist.tracks.sampling import evenly

TURNS = 3
"""Of training, at the most."""
SAMPLE = 2000
"""Crops of a cluster whose pairs are looked at for their median."""


class Jfac(SeededTrueK):
    """Clusters and trains by turns."""

    def _cluster(self, embeddings: Floats, track: Ints, cannot_link: Ints | None) -> Ints:
        field = field_of(int(track.max()) + 1, cannot_link)

        def clustered(features: Floats) -> Ints:
            means = track_means(features, track).astype(np.float64)
            q = best_start(means, field, self.clusters, self.seed)
            return np.asarray(q.argmax(axis=1), np.int64)

        network, features = Siamese(embeddings, self.seed), embeddings
        labels = clustered(features)
        for _ in range(TURNS):
            before = labels
            draw = likely_pairs(features, before, track, cannot_link)
            network.train(draw, steps_for(len(embeddings)) // TURNS)
            features = network.features()
            labels = clustered(features)
            if adjusted_rand_score(before, labels) == 1:
                break
        return labels


def likely_pairs(features: Floats, labels: Ints, track: Ints, cannot_link: Ints | None) -> Draw:
    """Return what draws pairs of crops.

    Args:
        features: Shape (N, e): of crops, each of length 1.
        labels: Shape (T,): cluster of each track.
        track: Shape (N,): track of each crop.
        cannot_link: Pairs of tracks that share a frame, (P, 2).
    """
    shares = barred(len(labels), cannot_link)
    who = labels[track]  # (N,)
    median = np.zeros(int(labels.max()) + 1, np.float32)  # cosine of the median pair of a cluster
    for cluster in np.unique(who):
        own = features[who == cluster]
        own = own[evenly(len(own), SAMPLE)]
        a, b = np.triu_indices(len(own), 1)
        if len(a):
            median[cluster] = np.median((own @ own.T)[a, b])

    def draw(random: np.random.Generator) -> Pairs:
        anchors = random.integers(0, len(track), BATCH)
        one_cluster = who[anchors, None] == who  # (BATCH, N)
        share = shares[track[anchors, None], track]
        near = features[anchors] @ features.T > median[who[anchors], None]
        one = (track[anchors, None] == track) | one_cluster & near & ~share
        one[np.arange(BATCH), anchors] = False
        half = BATCH // 2
        return Pairs(
            partners(anchors[:half], one[:half], random),
            partners(anchors[half:], (~one_cluster | share)[half:], random),
        )

    return draw
