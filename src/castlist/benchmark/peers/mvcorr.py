"""MvCorr (Somandepalli, Hebbar and Narayanan, TMM 2021): what pieces of one track have in common.

A track is cut into pieces in time, views of one person. A network is trained, on the tracks of many
films together, nobody of whom is named, so that views of one track correlate and different tracks
vary. With Z_v the outputs for view v of m tracks, (m, e), centred, and V views

    R_w = sum_v cov(Z_v)      R_t = V^2 cov(mean_v Z_v)      R_b = (R_t - R_w) / (V - 1)

the mean of the generalised eigenvalues of (R_b, R_w) is made as large as can be, 1 at the most.

The authors train on 240 films. The reading taken: it is trained on the other sets, by Adam at 1e-3
for `STEPS` steps; a view is the mean of crops drawn from one half of a track of two crops or more;
the network is d -> 512 -> 64, the same for both views. Tracks are clustered by average linkage of
their mean outputs, from which the mean over the other sets is taken away, cut where it is best on
these. Hard pairs are not searched for: this loss has no use for them.
"""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np
import torch
from numpy.typing import NDArray
from torch import Tensor, nn
from torch.nn import functional

from castlist.benchmark.peers.chosen import Sets
from castlist.benchmark.peers.contrastive import halves
from castlist.benchmark.peers.hac import Hac
from castlist.benchmark.peers.peer import Peer, stretched
from castlist.errors import CastlistError
from castlist.faces.types import Floats, Ints
from castlist.tracks.sums import sum_by

WIDTHS = (512, 64)
SHRINK = 0.2
"""How much of R_w gives way to a multiple of the identity."""
RATE = 1e-3
STEPS = 100


@dataclass(frozen=True)
class Network:
    """A trained network.

    Attributes:
        layers: From stretched embeddings, (N, d), to outputs, (N, e).
        centre: Shape (e,): mean output on what it was trained on.
    """

    layers: nn.Module
    centre: Tensor

    def place(self, X: Floats) -> Floats:  # noqa: N803  (scikit-learn's name)
        """Return centred outputs of crops, (N, e), each of length 1."""
        with torch.no_grad():
            outputs: Tensor = self.layers(torch.from_numpy(stretched(X))) - self.centre
            return functional.normalize(outputs).numpy()


class MvCorr(Peer):
    """Clusters a network's outputs by average linkage.

    Args:
        network: See `train`.
        distance: Cosine distance up to which clusters are merged.

    """

    def __init__(self, network: Network, distance: float) -> None:
        self.network = network
        self.distance = distance

    def _cluster(self, embeddings: Floats, track: Ints, cannot_link: Ints | None) -> Ints:
        linkage = Hac(distance=self.distance)
        linkage.fit(self.network.place(embeddings), track=track, cannot_link=cannot_link)
        return linkage.labels_


def train_on(sets: Sets, seed: int) -> Network:
    """Return a network trained on the tracks of all sets.

    Raises:
        CastlistError: There is no set.
    """
    if not sets:
        raise CastlistError("mvcorr needs other data sets to be trained on")
    first = np.cumsum([0, *(len(own) for own, _ in sets)])
    track = np.concatenate([own.track + n for (own, _), n in zip(sets, first, strict=False)])
    return train(np.concatenate([embeddings for _, embeddings in sets]), track, seed)


def train(X: Floats, track: Ints, seed: int) -> Network:  # noqa: N803  (scikit-learn's name)
    """Return a trained network; where no track has two crops, as it was drawn.

    Args:
        X: Embeddings of crops, (N, d), each of length 1.
        track: Shape (N,): track of each crop.
        seed: Of weights and draws; no global random state is touched.
    """
    x, second, random = stretched(X), halves(track), np.random.default_rng(seed)
    hidden, size = WIDTHS
    with torch.random.fork_rng(devices=[]):
        torch.manual_seed(seed)
        layers = nn.Sequential(nn.Linear(X.shape[1], hidden), nn.ReLU(), nn.Linear(hidden, size))
    optimizer = torch.optim.Adam(layers.parameters(), RATE)
    for _ in range(STEPS if second.any() else 0):
        views = torch.from_numpy(drawn_views(x, track, second, random))
        optimizer.zero_grad()
        torch.autograd.backward(-correlation(layers(views)))
        optimizer.step()
    with torch.no_grad():
        return Network(layers, layers(torch.from_numpy(x)).mean(dim=0))


def drawn_views(
    X: Floats,  # noqa: N803  (scikit-learn's name)
    track: Ints,
    second: NDArray[np.bool_],
    random: np.random.Generator,
) -> Floats:
    """Return a view of either half of each track of two crops or more, (2, m, d)."""
    piece = 2 * track + second  # (N,): the half of a track that a crop is of
    sizes = np.bincount(piece, minlength=2 * track[-1] + 2)
    # A crop of each piece is always taken, and each other one as likely as not.
    order = random.permutation(len(piece))
    taken = random.random(len(piece)) < 0.5
    taken[order[np.unique(piece[order], return_index=True)[1]]] = True
    total = sum_by(X[taken], piece[taken], len(sizes))
    count = np.bincount(piece[taken], minlength=len(sizes))
    means = (total / np.maximum(count, 1)[:, None]).reshape(-1, 2, X.shape[1])  # (T, 2, d)
    whole = (sizes.reshape(-1, 2) > 0).all(axis=1)
    return np.ascontiguousarray(means[whole].swapaxes(0, 1), np.float32)


def correlation(views: Tensor) -> Tensor:
    """Return the mean generalised eigenvalue of (R_b, R_w) of views, (V, m, e), to be maximised."""
    within, between = covariances(views)
    size = len(within)
    level = within.diagonal().mean() + 1e-6
    within = (1 - SHRINK) * within + SHRINK * level * torch.eye(size, dtype=within.dtype)
    # The eigenvalues are those of R_w^-1 R_b; their sum is its trace.
    return torch.trace(torch.linalg.solve(within, between)) / size


def covariances(views: Tensor) -> tuple[Tensor, Tensor]:
    """Return R_w and R_b of views, (V, m, e): each (e, e)."""
    count = len(views)
    centred = views - views.mean(dim=1, keepdim=True)
    most = max(views.shape[1] - 1, 1)
    within = torch.einsum("vmi,vmj->ij", centred, centred) / most
    mean = centred.mean(dim=0)
    total = count**2 * (mean.T @ mean) / most
    return within, (total - within) / (count - 1)
