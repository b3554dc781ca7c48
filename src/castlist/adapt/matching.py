"""Coarse matching: which tracks are close enough to a track to lend it positive pairs.

VideoClusterNet (2024), section 3.3: each track is a Gaussian over the embeddings of its crops. Its
threshold is the mean density of its own crops in the lowest quarter; another track matches if its
mean embedding is denser than that. Densities are kept as logarithms.

The paper doesn't say how the covariance of a few crops in hundreds of dimensions is made
invertible, nor whether matches go both ways. `variance` and `mutual` are the readings that were
measured (docs/method.md); what is set here had no false match among the labelled sets.

Two tracks that share a frame are two people. If a third one matches both, it matches one of them
at most rightly, and nothing tells which: so it matches neither.
"""

from __future__ import annotations

from dataclasses import dataclass
from typing import Literal

import numpy as np
from numpy.typing import NDArray
from scipy.special import logsumexp

from castlist.cluster.forest import Forest
from castlist.faces.types import Doubles, Floats, Ints
from castlist.tracks.sums import sum_by

Variance = Literal["isotropic", "diagonal", "shrunk"]

TAIL = 0.25
"""Share of a track's own crops whose density makes its threshold."""
LEAST = 3
"""Crops below which a track has no Gaussian: others may match it, it matches none."""
BLOCK = 64
"""Tracks whose densities of all others exist at one time."""
ROUNDED = 1e-12
"""Share of what is summed up that is more than what rounding takes of it."""
PRIOR = 4.0
"""Crops that the film's pooled variance is worth against a track's own, where it is shrunk."""


@dataclass(frozen=True, kw_only=True)
class Matching:
    """Matches tracks.

    Attributes:
        variance: "isotropic": one variance a track; "diagonal": one a track and dimension;
            "shrunk": the same, drawn towards the film's.
        mutual: Whether two tracks match only if each matches the other, and neither of them others
            that are two people.
    """

    variance: Variance = "isotropic"
    mutual: bool = True

    def __call__(
        self,
        embeddings: Floats,
        track: Ints,
        cannot_link: Ints | None = None,
        must_link: Ints | None = None,
    ) -> Ints:
        """Return the matches.

        Args:
            embeddings: Of the crops, (N, d).
            track: Shape (N,): track of each crop, 0 to T - 1, each at least once.
            cannot_link: Pairs of tracks that are two people, (P, 2): they never match.
            must_link: Pairs of tracks that are one person, (Q, 2): who isn't one of them, isn't
                the other one either.

        Returns:
            Pairs (M, 2) of an anchor and a track that matches it, in order; both ways if mutual.
        """
        count = np.bincount(track)
        if not len(count):
            return np.zeros((0, 2), np.int64)
        x = embeddings.astype(np.float64)
        mean = sum_by(x, track, len(count)) / count[:, None]
        variance = self._variances((x - mean[track]) ** 2, track, count)  # (T, d)
        anchors = np.flatnonzero(count >= LEAST)
        crops = np.split(np.argsort(track, kind="stable"), np.cumsum(count)[:-1])
        matches: set[tuple[int, int]] = set()
        for start in range(0, len(anchors), BLOCK):
            block = anchors[start : start + BLOCK]
            threshold = np.array([_tail(x[crops[a]], mean[a], variance[a]) for a in block])
            near = _perhaps(mean, mean[block], variance[block], threshold)
            for anchor, least, row in zip(block.tolist(), threshold, near, strict=True):
                others = np.flatnonzero(row)
                dense = _log_density(mean[others], mean[anchor], variance[anchor]) >= least
                matches |= {(anchor, other) for other in others[dense].tolist()}
        people = Forest(len(count), cannot_link, must_link)
        matches = {(a, b) for a, b in matches if a != b and not people.barred(a, {people.group(b)})}
        if self.mutual:
            matches &= {(b, a) for a, b in matches}
            doubtful = _doubtful(matches, people)
            matches -= doubtful | {(b, a) for a, b in doubtful}
        return np.array(sorted(matches), np.int64).reshape(-1, 2)

    def _variances(self, squares: Doubles, track: Ints, count: Ints) -> Doubles:
        """Return the variance of each track, (T, d), from the squared deviations of the crops."""
        free = np.maximum(count - 1, 1)[:, None]
        own = sum_by(squares, track, len(count))
        if self.variance == "isotropic":
            own = np.repeat(own.mean(axis=1, keepdims=True), own.shape[1], axis=1)
        if self.variance == "shrunk":
            pooled = own.sum(axis=0) / max(int((count - 1).sum()), 1)
            own, free = own + PRIOR * pooled, free + PRIOR
        return np.asarray(own / free + 1e-9)


def _doubtful(matches: set[tuple[int, int]], people: Forest) -> set[tuple[int, int]]:
    """Return the matches of an anchor to two tracks that are two people."""
    groups: dict[int, set[int]] = {}
    for anchor, match in matches:
        groups.setdefault(anchor, set()).add(people.group(match))
    return {(a, b) for a, b in matches if people.barred(b, groups[a])}


def _tail(crops: Doubles, mean: Doubles, variance: Doubles) -> float:
    """Return the log of the mean density of a track's own crops, (n, d), in the lowest part."""
    own = np.sort(_log_density(crops, mean, variance))
    tail = own[: int(np.ceil(TAIL * len(own)))]
    return float(logsumexp(tail) - np.log(len(tail)))


def _perhaps(x: Doubles, mean: Doubles, variance: Doubles, least: Doubles) -> NDArray[np.bool_]:
    """Tell which rows of x, (n, d), may be so dense for each of some Gaussians, (A, n).

    (x - m)^2 / v is expanded into products of matrices: quick, but where much cancels not exact.
    What is rounded off is given to the row.
    """
    weight = 1 / variance
    square = weight @ (x**2).T + (weight * mean**2).sum(axis=1)[:, None]
    distance = square - 2 * (weight * mean) @ x.T
    return np.asarray(distance - ROUNDED * square <= -2 * least[:, None])


def _log_density(x: Doubles, mean: Doubles, variance: Doubles) -> Doubles:
    """Return the log-density of each row of x, (n, d), up to what the rows have in common."""
    return np.asarray(-((x - mean) ** 2 / variance).sum(axis=1) / 2)
