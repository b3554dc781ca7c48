"""BCL (Tapaswi, Law and Fidler, ICCV 2019): balls of one size that people's tracks are drawn into.

A small network is trained on labelled tracks of other films so that each person's tracks lie in a
ball about their centre and nobody else's come near it. The squared radius b of the balls is learned
with it, so where clustering stops is too: two tracks of one ball are at most 4b apart. With d the
squared distance of a track x to a person's centre, all of length 1, the loss is

    4 mean max(0, d(x, own) - b) + mean max(0, 9b + 0.05 - min d(x, other))        b = log(1 + e^h)

and tracks are clustered by complete linkage, cut at 4b. A track is its mean embedding.

The network is that of the authors' checkpoint: the mean embedding, then 256-128-64-64, brought to
length 1. The reading taken for the rest: Adam at 1e-3 for `STEPS` steps; people of two films are
two people; a batch, of 2000 tracks, is all there are if they are fewer. Tracks that share a frame
are never merged; the authors put them at twice the largest distance, which is the same unless all
tracks would be one. The fine-tuning on the film itself is left out.
"""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np
import torch
from torch import Tensor, nn
from torch.nn import functional

from castlist.benchmark.peers.chosen import Sets
from castlist.benchmark.peers.hac import Hac
from castlist.benchmark.peers.peer import Peer
from castlist.cluster.likeness import track_means
from castlist.errors import CastlistError
from castlist.faces.types import Floats, Ints

WIDTHS = (256, 128, 64, 64)
START = 0.1
"""Of h, from which b is made."""
WITHIN, BETWEEN = 4, 1
"""How much the two parts of the loss weigh."""
FACTOR, MARGIN = 9, 0.05
"""How far a track has to be from others' centres: so many b, and so much more."""
BATCH = 2000
RATE = 1e-3
STEPS = 1000


@dataclass(frozen=True)
class Balls:
    """A trained network and the size of the balls.

    Attributes:
        network: From mean embeddings, (T, d), to vectors not yet of length 1, (T, 64).
        radius: b, the squared radius.
    """

    network: nn.Module
    radius: float

    def place(self, means: Floats) -> Floats:
        """Return where tracks are, (T, 64), each of length 1."""
        with torch.no_grad():
            return functional.normalize(self.network(torch.from_numpy(means))).numpy()


class Bcl(Peer):
    """Puts tracks where trained balls want them, and merges up to the size of a ball.

    Args:
        balls: See `train`.

    """

    def __init__(self, balls: Balls) -> None:
        self.balls = balls

    def _cluster(self, embeddings: Floats, track: Ints, cannot_link: Ints | None) -> Ints:
        placed = self.balls.place(track_means(embeddings, track))
        # A cosine distance is half of the squared Euclidean one.
        linkage = Hac(distance=4 * self.balls.radius / 2, linkage="complete")
        linkage.fit(placed, track=np.arange(len(placed)), cannot_link=cannot_link)
        return linkage.labels_


def train_on(sets: Sets, seed: int) -> Balls:
    """Return balls trained on the labelled tracks of all sets.

    Raises:
        CastlistError: There is no set.
    """
    if not sets:
        raise CastlistError("bcl needs other data sets to be trained on")
    means = np.concatenate([track_means(embeddings, own.track) for own, embeddings in sets])
    names = [f"{i} {who}" for i, (own, _) in enumerate(sets) for who in own.identity]
    return train(means, np.unique(names, return_inverse=True)[1], seed)


def train(means: Floats, person: Ints, seed: int) -> Balls:
    """Return trained balls.

    Args:
        means: Shape (T, d): mean embeddings of tracks.
        person: Shape (T,): who each is, from 0.
        seed: Of weights and batches; no global random state is touched.
    """
    random = np.random.default_rng(seed)
    with torch.random.fork_rng(devices=[]):
        torch.manual_seed(seed)
        network = _network(means.shape[1])
    h = torch.tensor(START, requires_grad=True)
    optimizer = torch.optim.Adam([*network.parameters(), h], RATE)
    for _ in range(STEPS):
        batch = random.permutation(len(means))[:BATCH]
        own = torch.from_numpy(np.unique(person[batch], return_inverse=True)[1])
        placed = functional.normalize(network(torch.from_numpy(means[batch])))
        optimizer.zero_grad()
        torch.autograd.backward(ball_loss(placed, own, functional.softplus(h)))
        optimizer.step()
    return Balls(network, functional.softplus(h).item())


def ball_loss(placed: Tensor, person: Tensor, radius: Tensor) -> Tensor:
    """Return the ball clustering loss.

    Args:
        placed: Shape (T, e): where tracks are, each of length 1.
        person: Shape (T,): who each is, from 0, each at least once.
        radius: b, the squared radius.
    """
    member = functional.one_hot(person).to(placed.dtype)  # (T, K)
    centre = functional.normalize(member.T @ placed)  # (K, e)
    distance = 2 - 2 * placed @ centre.T  # (T, K), squared, as all are of length 1
    own = distance.gather(1, person[:, None])
    within = functional.relu(own - radius).mean()
    if member.shape[1] == 1:
        return WITHIN * within
    nearest = distance.masked_fill(member.bool(), torch.inf).amin(dim=1)
    between = functional.relu(FACTOR * radius + MARGIN - nearest).mean()
    return WITHIN * within + BETWEEN * between


def _network(size: int) -> nn.Sequential:
    layers: list[nn.Module] = []
    for width in WIDTHS:
        layers += [nn.Linear(size, width), nn.ReLU()]
        size = width
    return nn.Sequential(*layers[:-1])
