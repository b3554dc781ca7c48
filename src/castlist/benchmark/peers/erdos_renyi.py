"""Erdős-Rényi clustering (Jin, Su, Stauffer and Learned-Miller, ICCV 2017): few links, all sure.

Whether two tracks are one person is decided by rank-1 counts: the coordinates of the embedding in
which the one is nearer to the other than every face of a gallery of strangers is. Links with next
to no false ones among them are enough: in a random graph of n nodes each has to have about log n of
them for all to be connected. What is connected is one person.

The paper's text was not at hand. The reading taken: the gallery is `GALLERY` tracks of the other
sets, evenly drawn; a track is its mean embedding; of two tracks, the mean count of both directions
is taken. How often strangers count is seen on the gallery itself: each of its faces against the
rest. The limit is where, by a normal tail of that, less than one false link among all pairs of
tracks is to be expected. Counts fall short where embeddings are: the authors' has 4096 coordinates.
"""

from __future__ import annotations

import numpy as np
from scipy.stats import norm

from castlist.benchmark.peers.chosen import Sets
from castlist.benchmark.peers.peer import Peer
from castlist.cluster.forest import Forest
from castlist.cluster.likeness import track_means
from castlist.errors import CastlistError
from castlist.faces.types import Doubles, Floats, Ints
from castlist.tracks.sampling import evenly

GALLERY = 50
"""Strangers that a track is compared with."""


class ErdosRenyi(Peer):
    """Connects tracks that are surely one person.

    Args:
        gallery: Mean embeddings of strangers, (G, d), G above 0.

    """

    def __init__(self, gallery: Floats) -> None:
        self.gallery = gallery

    def _cluster(self, embeddings: Floats, track: Ints, cannot_link: Ints | None) -> Ints:
        means = track_means(embeddings, track)
        count = rank_1_counts(means, self.gallery)
        count = (count + count.T) / 2
        forest = Forest(len(means), cannot_link)
        a, b = np.triu_indices(len(means), 1)
        if len(a):
            sure = count[a, b] > _limit(means, self.gallery, len(a))
            a, b = a[sure], b[sure]
        for pair in np.argsort(-count[a, b], kind="stable").tolist():
            forest.link(int(a[pair]), int(b[pair]), -float(count[a[pair], b[pair]]), 0)
        return forest.labels()[0]


def strangers(sets: Sets) -> Floats:
    """Return the mean embeddings of some tracks of all sets, (G, d).

    Raises:
        CastlistError: There is no set.
    """
    if not sets:
        raise CastlistError("erdos-renyi needs other data sets to draw its strangers from")
    means = np.concatenate([track_means(embeddings, own.track) for own, embeddings in sets])
    return means[evenly(len(means), GALLERY)]


def rank_1_counts(means: Floats, gallery: Floats) -> Doubles:
    """Return in how many coordinates track b is nearer to track a than all strangers, (T, T).

    Args:
        means: Shape (T, d).
        gallery: Shape (G, d).
    """
    nearest = np.stack([np.abs(gallery - mean).min(axis=0) for mean in means])  # (T, d)
    rows = zip(means, nearest, strict=True)
    return np.stack([(np.abs(means - mean) < gap).sum(axis=1) for mean, gap in rows]).astype(float)


def _limit(means: Floats, gallery: Floats, pairs: int) -> float:
    """Return the count that less than one of so many pairs of strangers is above."""
    winner = np.stack([np.abs(gallery - mean).argmin(axis=0) for mean in means])  # (T, d)
    counts = np.stack([np.bincount(row, minlength=len(gallery)) for row in winner])  # (T, G)
    return float(counts.mean() + counts.std() * norm.isf(min(0.5, 1 / pairs)))
