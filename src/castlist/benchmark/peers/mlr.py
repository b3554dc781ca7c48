"""MLR (Bäuml, Tapaswi and Stiefelhagen, CVPR 2013): people named from a few labelled tracks.

Not clustering, but multinomial logistic regression that learns from unlabelled tracks too. With
p_i(k) the probability that track i is person k, it minimises

      mean of -log p_i(own)              over labelled tracks
    + mu mean of -sum_k p_i log p_i      over the others: they are to be sure of somebody
    + gamma mean of -log(1 - sum_k p_i p_j)    over tracks that share a frame: they are two people
    + lambda |W|^2

by L-BFGS. A track is its mean embedding.

The authors get names from subtitles and transcripts. The reading taken: `LABELLED` tracks of each
person are drawn, all where there are fewer, and keep their label; constraints within a track are
met by construction. The weights of the paper were not at hand: mu and gamma are 0.1, lambda is
0.001, on embeddings stretched until a coordinate is about 1. Labelled tracks are scored with the
others, so in a film of a few tracks this is no contest.
"""

from __future__ import annotations

import numpy as np
import torch
from numpy.typing import NDArray
from torch import Tensor

from castlist.benchmark.peers.peer import Peer, stretched
from castlist.cluster.likeness import track_means
from castlist.faces.types import Floats, Ints

LABELLED = 3
"""Labelled tracks of each person."""
NOBODY = -1
"""Label of a track that has none."""
ENTROPY, CONSTRAINT, RIDGE = 0.1, 0.1, 1e-3
"""mu, gamma and lambda."""
ROUNDS = 100
"""Of L-BFGS, at the most."""


class Mlr(Peer):
    """Names tracks from those that are labelled.

    Args:
        known: Shape (T,): person of each track, from 0, `NOBODY` where that isn't known.

    """

    def __init__(self, known: Ints) -> None:
        self.known = known

    def _cluster(self, embeddings: Floats, track: Ints, cannot_link: Ints | None) -> Ints:
        likely = probabilities(track_means(embeddings, track), self.known, cannot_link)
        return np.where(self.known == NOBODY, likely.argmax(axis=1), self.known)


def some_known(identity: NDArray[np.str_], seed: int) -> Ints:
    """Return the labels of a few tracks of each person, (T,), `NOBODY` for the others.

    Args:
        identity: Shape (T,): who each track is.
        seed: Of which tracks are labelled.
    """
    random = np.random.default_rng(seed)
    person = np.unique(identity, return_inverse=True)[1]
    known = np.full(len(identity), NOBODY)
    for who in range(int(person.max()) + 1):
        known[random.permutation(np.flatnonzero(person == who))[:LABELLED]] = who
    return known


def probabilities(means: Floats, known: Ints, cannot_link: Ints | None) -> Floats:
    """Return how likely each track is each person, (T, K).

    Args:
        means: Shape (T, d), each of length 1.
        known: Shape (T,): person, from 0, or `NOBODY`; each person at least once.
        cannot_link: Pairs of tracks that share a frame, (P, 2).
    """
    x = torch.from_numpy(stretched(means)).double()
    person = torch.from_numpy(known)
    pairs = torch.from_numpy(np.zeros((0, 2), np.int64) if cannot_link is None else cannot_link)
    people = int(known.max()) + 1
    weights = torch.zeros(x.shape[1], people, dtype=x.dtype, requires_grad=True)  # W
    offsets = torch.zeros(people, dtype=x.dtype, requires_grad=True)
    optimizer = torch.optim.LBFGS(
        [weights, offsets], max_iter=ROUNDS, line_search_fn="strong_wolfe"
    )

    def closure() -> float:
        optimizer.zero_grad()
        value = loss(x @ weights + offsets, person, pairs) + RIDGE * weights.square().sum()
        torch.autograd.backward(value)
        return value.item()

    optimizer.step(closure)  # type: ignore[no-untyped-call]
    with torch.no_grad():
        return torch.softmax(x @ weights + offsets, dim=1).float().numpy()


def loss(scores: Tensor, person: Tensor, pairs: Tensor) -> Tensor:
    """Return the loss, but for the part of the weights' size.

    Args:
        scores: Shape (T, K): log-probabilities but for a constant a track.
        person: Shape (T,): person, or `NOBODY`.
        pairs: Shape (P, 2): tracks that are two people.
    """
    log_p = torch.log_softmax(scores, dim=1)
    labelled = person != NOBODY
    value = -log_p[labelled].gather(1, person[labelled, None]).mean()
    if not labelled.all():
        free = log_p[~labelled]
        value = value - ENTROPY * (free.exp() * free).sum(dim=1).mean()
    if len(pairs):
        a, b = log_p.exp()[pairs].unbind(dim=1)  # (P, K) each
        # One person only, both tracks are surely they: the logarithm is kept finite.
        value = value - CONSTRAINT * torch.log((1 - (a * b).sum(dim=1)).clamp(min=1e-6)).mean()
    return value
