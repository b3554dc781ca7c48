"""Tracklets by motion alone: faces chained from frame to frame inside a shot. No face is compared.

The scanner has looked densely wherever a face moves fast, so a face and its successor lie close
together; a chain ends when nothing lies close enough. Whether two chains are one person, or one
chain two, is for `tracks.identity`.
"""

from __future__ import annotations

import numpy as np
from numpy.typing import NDArray
from scipy.optimize import linear_sum_assignment

from castlist.faces.types import Detections, Floats, Ints
from castlist.film.types import Shots

GATE = 0.8
"""Farthest that a face moves from one look to the next, in its own sizes (see `moved`)."""


def tracklets(
    faces: Detections, looked: Ints, shots: Shots, *, patience: int
) -> list[NDArray[np.intp]]:
    """Chain the faces of a film into tracklets.

    Args:
        faces: All faces, in order of frame.
        looked: Shape (F,): the frames on which the detector ran, ascending.
        shots: No chain runs across a cut.
        patience: Frames for which a chain outlives its last face.

    Returns:
        For each tracklet the rows of its faces, in order of frame.
    """
    starts = np.searchsorted(faces.frame, looked)
    ends = np.searchsorted(faces.frame, looked, side="right")
    shot_of = np.searchsorted(shots.first_frame, looked, side="right") - 1
    done: list[list[int]] = []
    active: list[list[int]] = []
    for i, frame in enumerate(looked):
        if i and shot_of[i] != shot_of[i - 1]:
            done, active = done + active, []
        alive = [chain for chain in active if frame - faces.frame[chain[-1]] <= patience]
        done += [chain for chain in active if frame - faces.frame[chain[-1]] > patience]
        rows = np.arange(starts[i], ends[i])
        heads = np.array([chain[-1] for chain in alive], np.intp)
        taken = _assign(moved(faces.boxes[heads], faces.boxes[rows]))
        for chain, column in taken.items():
            alive[chain].append(int(rows[column]))
        new = np.setdiff1d(np.arange(len(rows)), list(taken.values()))
        active = alive + [[int(rows[column])] for column in new]
    chains = [np.array(chain, np.intp) for chain in done + active]
    return sorted(chains, key=lambda chain: int(chain[0]))


def moved(a: Floats, b: Floats) -> Floats:
    """Return how far each box of b (M, 4) is from each of a (N, 4), in face sizes: (N, M).

    It is the distance of the centres over the mean size, plus the log ratio of the sizes.
    """
    size_a, size_b = (np.sqrt(np.prod(box[:, 2:] - box[:, :2], axis=1)) + 1e-6 for box in (a, b))
    centre_a, centre_b = ((box[:, :2] + box[:, 2:]) / 2 for box in (a, b))
    apart = np.linalg.norm(centre_a[:, None] - centre_b[None], axis=2)
    size = (size_a[:, None] + size_b[None]) / 2
    return np.asarray(apart / size + np.abs(np.log(size_a[:, None] / size_b[None])), np.float32)


def _assign(cost: Floats) -> dict[int, int]:
    """Return the pairs (row: column) of the cheapest assignment that lie within the gate."""
    far = float(cost.max(initial=0.0)) + 10 * GATE
    rows, columns = linear_sum_assignment(np.where(cost < GATE, cost, far))
    return {int(r): int(c) for r, c in zip(rows, columns, strict=True) if cost[r, c] < GATE}
