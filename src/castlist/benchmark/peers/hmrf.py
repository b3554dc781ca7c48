"""HMRF (Wu, Zhang, Hu and Ji, CVPR 2013): a hidden Markov random field over tracks.

A track's hidden label is its person; its observation, the mean embedding, is Gaussian about the
person's mean with a diagonal covariance. Neighbours in the field are tracks that must be one person
and tracks that share a frame. EM by mean field: with q the probabilities of the labels,

    log q_i(k) = log N(x_i | mu_k, S_k) + W (sum_must(i) q_j(k) - sum_cannot(i) q_j(k))

The paper's text was not at hand. The reading taken: crops of one track share a label by
construction, so the must-links are between tracks (none here, see `peers.sctl`); there is no
further smoothness; the field is swept track by track, started by k-means, `RESTARTS` times, and
the best bound of the likelihood is kept. A link weighs as much as one standard deviation in each
coordinate (W = d / 2), for it to be heard beside log N. To the tracks of a person is added one that
has the variance of all, or a person of one track would have none.
"""

from __future__ import annotations

import warnings
from dataclasses import dataclass

import numpy as np
from sklearn.cluster import KMeans
from sklearn.exceptions import ConvergenceWarning

from castlist.benchmark.peers.peer import SeededTrueK
from castlist.cluster.likeness import track_means
from castlist.faces.types import Doubles, Floats, Ints

RESTARTS = 10
ROUNDS = 50
"""EM rounds at the most; it ends once q hardly moves."""
STILL = 1e-4
"""Change of any probability that is none."""


class Hmrf(SeededTrueK):
    """Gaussians with a field of links between tracks."""

    def _cluster(self, embeddings: Floats, track: Ints, cannot_link: Ints | None) -> Ints:
        means = track_means(embeddings, track).astype(np.float64)
        field = field_of(len(means), cannot_link)
        q = best_start(means, field, self.clusters, self.seed)
        return np.asarray(q.argmax(axis=1), np.int64)


@dataclass(frozen=True)
class Estimate:
    """What EM came to.

    Attributes:
        q: Shape (T, K): probability of each label.
        bound: Of the log-likelihood; see `bound`.
    """

    q: Doubles
    bound: float


def field_of(count: int, cannot_link: Ints | None, must_link: Ints | None = None) -> Doubles:
    """Return +1 for tracks that must be one person, -1 for such as can't, 0 else, (T, T)."""
    field = np.zeros((count, count))
    for pairs, sign in ((must_link, 1), (cannot_link, -1)):
        if pairs is not None:
            a, b = pairs.T
            field[a, b] = field[b, a] = sign
    return field


def best_start(means: Doubles, field: Doubles, clusters: int, seed: int) -> Doubles:
    """Return q, (T, K), of the best of several starts by k-means.

    Args:
        means: Shape (T, d).
        field: Shape (T, T); see `field_of`.
        clusters: K; T at the most is used.
        seed: Of the starts.
    """
    clusters = min(clusters, len(means))
    found = []
    for start in range(RESTARTS):
        with warnings.catch_warnings():  # fewer distinct tracks than clusters are all right
            warnings.simplefilter("ignore", ConvergenceWarning)
            kmeans = KMeans(clusters, n_init=1, random_state=seed * RESTARTS + start)
            labels = kmeans.fit_predict(means)
        found.append(expectation_maximisation(means, field, np.eye(clusters)[labels]))
    return max(found, key=lambda estimate: estimate.bound).q


def expectation_maximisation(means: Doubles, field: Doubles, q: Doubles) -> Estimate:
    """Run EM from probabilities, (T, K), until it stands still."""
    weight = means.shape[1] / 2
    for _ in range(ROUNDS):
        density = log_densities(means, q)
        before, q = q, sweep(density, weight * field, q)
        if np.abs(q - before).max() < STILL:
            break
    return Estimate(q, bound(log_densities(means, q), weight * field, q))


def log_densities(means: Doubles, q: Doubles) -> Doubles:
    """Return log N(x_i | mu_k, S_k), (T, K), the Gaussians estimated by weights q, (T, K)."""
    size = q.sum(axis=0)[:, None]  # (K, 1)
    centre = (q.T @ means) / np.maximum(size, 1e-12)  # (K, d)
    square = np.stack([w @ (means - c) ** 2 for w, c in zip(q.T, centre, strict=True)])
    variance = np.maximum((square + means.var(axis=0)) / (size + 1), 1e-6)
    people = zip(centre, variance, strict=True)
    deviation = np.stack([((means - c) ** 2 / v).sum(axis=1) for c, v in people], axis=1)
    return np.asarray(-(deviation + np.log(2 * np.pi * variance).sum(axis=1)) / 2)


def sweep(density: Doubles, field: Doubles, q: Doubles) -> Doubles:
    """Return q after each track, in turn, was told what its neighbours are, (T, K)."""
    q = q.copy()
    for i, log_q in enumerate(density):
        log_q = log_q + field[i] @ q
        likely = np.exp(log_q - log_q.max())
        q[i] = likely / likely.sum()
    return q


def bound(density: Doubles, field: Doubles, q: Doubles) -> float:
    """Return what a sweep never lowers: the expected log-likelihood and field, and q's entropy."""
    entropy = -(q * np.log(np.maximum(q, 1e-300))).sum()
    return float((q * density).sum() + (q * (field @ q)).sum() / 2 + entropy)
