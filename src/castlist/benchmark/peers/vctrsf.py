"""VC-TRSF (Wang et al., TPAMI 2023): a transformer makes one vector of a track's crops.

Crops of a track, each its frozen embedding and where in the track it is, are read by a transformer;
what it leaves in an extra token is the track's vector. It is trained on the film alone: a student
that sees some crops of a track is to predict what a teacher, a running mean of the student, makes
of all of them, and not what it makes of a track that shares a frame.

The paper's text was not at hand. The reading taken: `LAYERS` layers of width d, 2 heads (1 if d is
odd), normalised first; places by sines; a predictor of two layers (BYOL); for a track i and two
random halves s of its crops the loss is the mean of

    2 - 2 cos(predict(student(i, s)), teacher(i)) + mean_j max(0, cos(..., teacher(j)))

over the tracks j of the batch that share a frame with i. It is trained by Adam at 1e-3, as many
steps as there are tracks, `MOST_STEPS` at most, on `BATCH` tracks a step. Tracks are clustered by
average linkage of the teacher's vectors, from which their mean is taken away: it is what the extra
token begins with.
"""

from __future__ import annotations

import copy

import numpy as np
import torch
from numpy.typing import NDArray
from torch import Tensor, nn
from torch.nn import functional

from castlist.benchmark.peers.hac import Hac
from castlist.benchmark.peers.peer import SeededTrueK, barred, stretched
from castlist.faces.types import Floats, Ints

LAYERS, HEADS = 2, 2
LONGEST = 16
"""Crops of a track that are read, evenly drawn."""
BATCH = 32
"""Tracks a step."""
MOMENTUM = 0.99
"""Of the teacher."""
RATE = 1e-3
MOST_STEPS = 150


class VcTrsf(SeededTrueK):
    """Trains a reader of tracks, then clusters what it makes of them by average linkage."""

    def _cluster(self, embeddings: Floats, track: Ints, cannot_link: Ints | None) -> Ints:
        vectors = track_vectors(embeddings, track, cannot_link, self.seed)
        every = np.arange(len(vectors))
        return Hac(clusters=self.clusters).fit(vectors, track=every).labels_


class Reader(nn.Module):
    """A transformer that makes a vector of each track; `size` is that of embeddings."""

    def __init__(self, size: int) -> None:
        super().__init__()
        heads = 1 if size % HEADS else HEADS
        layer = nn.TransformerEncoderLayer(
            size, heads, 2 * size, dropout=0.0, batch_first=True, norm_first=True
        )
        self.layers = nn.TransformerEncoder(layer, LAYERS, enable_nested_tensor=False)
        self.token = nn.Parameter(torch.zeros(size))

    def forward(self, crops: Tensor, seen: Tensor) -> Tensor:
        """Return the vectors of tracks, (B, d).

        Args:
            crops: Shape (B, n, d): crops of tracks, with their places added.
            seen: Shape (B, n): which of them are looked at.
        """
        token = self.token.expand(len(crops), 1, -1)
        hidden = ~functional.pad(seen, (1, 0), value=True)
        read = self.layers(torch.cat([token, crops], dim=1), src_key_padding_mask=hidden)
        vectors: Tensor = read[:, 0]
        return vectors


def track_vectors(X: Floats, track: Ints, cannot_link: Ints | None, seed: int) -> Floats:  # noqa: N803
    """Return what a teacher that was trained on the film makes of each track, (T, d), centred.

    Args:
        X: Embeddings of crops, (N, d), each of length 1.
        track: Shape (N,): track of each crop.
        cannot_link: Pairs of tracks that share a frame, (P, 2).
        seed: Of weights and draws; no global random state is touched.
    """
    crops, there = (torch.from_numpy(values) for values in in_rows(X, track))
    size, random = X.shape[1], np.random.default_rng(seed)
    apart = torch.from_numpy(barred(len(crops), cannot_link))
    with torch.random.fork_rng(devices=[]):
        torch.manual_seed(seed)
        student = Reader(size)
        predictor = nn.Sequential(nn.Linear(size, 2 * size), nn.ReLU(), nn.Linear(2 * size, size))
    teacher = copy.deepcopy(student).requires_grad_(False)
    optimizer = torch.optim.Adam([*student.parameters(), *predictor.parameters()], RATE)
    for _ in range(min(len(crops), MOST_STEPS)):
        batch = torch.from_numpy(random.permutation(len(crops))[:BATCH])
        own, seen = crops[batch], there[batch]
        centre = teacher(own, seen)
        company = apart[batch][:, batch]
        optimizer.zero_grad()
        for _ in range(2):
            some = torch.from_numpy(some_seen(seen.numpy(), random))
            torch.autograd.backward(loss(predictor(student(own, some)), centre, company))
        optimizer.step()
        with torch.no_grad():
            for old, new in zip(teacher.parameters(), student.parameters(), strict=True):
                old.lerp_(new, 1 - MOMENTUM)
    with torch.no_grad():
        vectors: Tensor = teacher(crops, there)
        return functional.normalize(vectors - vectors.mean(dim=0)).numpy()


def loss(predicted: Tensor, centre: Tensor, company: Tensor) -> Tensor:
    """Return how far predictions are from what they are of, and how near to others, a mean.

    Args:
        predicted: Shape (B, d).
        centre: Shape (B, d): what the teacher makes of the same tracks.
        company: Shape (B, B): which tracks share a frame.
    """
    cosine = functional.normalize(predicted) @ functional.normalize(centre).T  # (B, B)
    others = (functional.relu(cosine) * company).sum(dim=1) / company.sum(dim=1).clamp(min=1)
    return (2 - 2 * cosine.diagonal() + others).mean()


def in_rows(X: Floats, track: Ints) -> tuple[Floats, NDArray[np.bool_]]:  # noqa: N803
    """Return crops of tracks in rows, (T, n, d), places added, and which there are, (T, n).

    Embeddings are stretched until a coordinate is about 1; places are sines of as many periods.
    """
    sizes = np.bincount(track)
    longest = min(int(sizes.max()), LONGEST)
    rows = np.zeros((len(sizes), longest, X.shape[1]), np.float32)
    there = np.zeros((len(sizes), longest), np.bool_)
    places = sines(longest, X.shape[1])
    for row, (end, size) in enumerate(zip(np.cumsum(sizes), sizes, strict=True)):
        count = min(size, LONGEST)
        chosen = end - size + np.arange(count) * size // count
        rows[row, :count] = stretched(X[chosen]) + places[:count]
        there[row, :count] = True
    return rows, there


def sines(places: int, size: int) -> Floats:
    """Return the sines and cosines that tell places apart, (places, size)."""
    pace = 1e4 ** (-(np.arange(size) // 2 * 2) / size)  # (size,)
    angle = np.arange(places)[:, None] * pace
    return np.where(np.arange(size) % 2, np.cos(angle), np.sin(angle)).astype(np.float32)


def some_seen(there: NDArray[np.bool_], random: np.random.Generator) -> NDArray[np.bool_]:
    """Return a random half of each track's crops, one at least, (B, n)."""
    order = np.where(there, random.random(there.shape), 2).argsort(axis=1).argsort(axis=1)
    return np.asarray(order < np.maximum(there.sum(axis=1) // 2, 1)[:, None])
