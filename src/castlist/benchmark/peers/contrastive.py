"""What peers that train on pairs of crops share: the network, the loss, the steps, the clustering.

A Siamese network of two layers (d -> 512 -> 2) is trained per film, on the frozen encoder's
embeddings, by the contrastive loss

    same person: D^2        two people: max(0, 1 - D)^2        D = |f(a) - f(b)|

and what is clustered, by Ward's linkage, is its first layer before the ReLU. Which pairs it is
shown is what the peers differ in: `peers.ssiam`, `peers.tsiam`, `peers.ccl`, `peers.jfac`.

Sizes, loss and SGD at 1e-3 are those of the authors of SSiam (Sharma et al., FG 2019). The reading
taken for the rest: they feed features that aren't of length 1, so embeddings are stretched until a
coordinate is about 1; momentum is 0.9; a film of N crops is trained N steps, `MOST_STEPS` at most.
"""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass

import numpy as np
import torch
from numpy.typing import NDArray
from torch import Tensor, nn
from torch.nn import functional

from castlist.benchmark.peers.hac import Hac
from castlist.benchmark.peers.peer import stretched
from castlist.faces.types import Floats, Ints

WIDTH = 512
BATCH = 128
"""Pairs a step: half of them of one person, half of two."""
RATE = 1e-3
MOMENTUM = 0.9
MOST_STEPS = 1500


@dataclass(frozen=True)
class Pairs:
    """Pairs of crops.

    Attributes:
        same: Shape (P, 2): of one person.
        different: Shape (Q, 2): of two people.
    """

    same: Ints
    different: Ints


Draw = Callable[[np.random.Generator], Pairs]
"""Draws the pairs of a step."""


class Siamese:
    """The network; its weights go by a seed, and no global random state is touched.

    Args:
        X: Embeddings of crops, (N, d), each of length 1.
        seed: Of the weights and of all draws.
    """

    def __init__(self, X: Floats, seed: int) -> None:  # noqa: N803  (scikit-learn's name)
        self._x = torch.from_numpy(stretched(X))  # (N, d)
        self._random = np.random.default_rng(seed)
        with torch.random.fork_rng(devices=[]):
            torch.manual_seed(seed)
            self._first, self._second = nn.Linear(X.shape[1], WIDTH), nn.Linear(WIDTH, 2)

    def train(self, draw: Draw, steps: int) -> None:
        """Take so many steps, each on pairs drawn anew; none on no pairs."""
        weights = [*self._first.parameters(), *self._second.parameters()]
        optimizer = torch.optim.SGD(weights, RATE, MOMENTUM)
        for _ in range(steps):
            pairs = draw(self._random)
            if not len(pairs.same) + len(pairs.different):
                continue
            optimizer.zero_grad()
            loss = contrastive(self._distance(pairs.same), self._distance(pairs.different))
            torch.autograd.backward(loss)
            optimizer.step()

    def features(self) -> Floats:
        """Return the first layer before the ReLU, (N, 512), each of length 1."""
        with torch.no_grad():
            return functional.normalize(self._first(self._x)).numpy()

    def _distance(self, pairs: Ints) -> Tensor:
        """Return how far the outputs of each pair are apart, (P,)."""
        outputs = self._second(torch.relu(self._first(self._x[torch.from_numpy(pairs)])))
        a, b = outputs.unbind(dim=1)  # (P, 2) each
        # The root has no gradient at 0, where two crops are alike.
        return torch.sqrt((a - b).square().sum(dim=1) + 1e-12)


def contrastive(same: Tensor, different: Tensor) -> Tensor:
    """Return the contrastive loss, a mean over all pairs.

    Args:
        same: Shape (P,): how far pairs of one person are apart.
        different: Shape (Q,): pairs of two people.
    """
    return torch.cat([same.square(), functional.relu(1 - different).square()]).mean()


def steps_for(crops: int) -> int:
    """Return how many steps to train on so many crops."""
    return min(crops, MOST_STEPS)


def ward(features: Floats, track: Ints, clusters: int) -> Ints:
    """Return Ward's clusters of tracks, (T,), by the means of their crops' features, (N, e)."""
    return Hac(clusters=clusters, linkage="ward").fit(features, track=track).labels_


def ward_by_pairs(
    X: Floats,  # noqa: N803  (scikit-learn's name)
    track: Ints,
    draw: Draw,
    clusters: int,
    seed: int,
) -> Ints:
    """Train a network on pairs and return Ward's clusters of tracks by its features, (T,)."""
    network = Siamese(X, seed)
    network.train(draw, steps_for(len(X)))
    return ward(network.features(), track, clusters)


def partners(crops: Ints, allowed: NDArray[np.bool_], random: np.random.Generator) -> Ints:
    """Pair crops with one that is allowed, (P, 2); one with which none is allowed is left out.

    Args:
        crops: Shape (B,).
        allowed: Shape (B, N): which crops each may be paired with.
        random: Draws evenly among these.
    """
    other = (random.random(allowed.shape, np.float32) * allowed).argmax(axis=1)
    return np.stack([crops, other], axis=1)[allowed.any(axis=1)]


def halves(track: Ints) -> NDArray[np.bool_]:
    """Tell which crops are in the second half of their track, (N,): of one crop, none is."""
    size = np.bincount(track)
    place = np.arange(len(track)) - (np.cumsum(size) - size)[track]
    return np.asarray(2 * place >= size[track]) & (size[track] > 1)
