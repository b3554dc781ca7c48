"""Which tracks are together so far, which may never be, and the tree of merges that led there.

Who is merged with whom is decided by the clusterings; here it is only carried out and noted. A run
leaves the tree as `merges.parquet`.
"""

from __future__ import annotations

from collections.abc import Sequence, Set
from dataclasses import dataclass, replace
from pathlib import Path

import numpy as np

from castlist.faces.types import Ints
from castlist.tables import read_table, write_table


@dataclass(frozen=True)
class Merge:
    """Two nodes of the tree of merges become one. Tracks are nodes 0 to T - 1, merges follow.

    Attributes:
        left: The node with the lower number.
        right: The other one.
        distance: Between the clusters that the link joined: mean loss, or 1 - mean cosine.
        round: Pass of the algorithm, from 0; or the number of the merge.
    """

    left: int
    right: int
    distance: float
    round: int


class Forest:
    """Which tracks are together so far, and which groups may never be.

    Args:
        count: How many tracks there are.
        cannot_link: Pairs of tracks that are never joined, (P, 2), but for those that have to be.
        must_link: Pairs of tracks that are joined from the start, (M, 2), against all else.
    """

    def __init__(self, count: int, cannot_link: Ints | None, must_link: Ints | None = None) -> None:
        self._parent = list(range(count))
        self._node = list(range(count))  # of each root in the tree of merges
        self._apart: list[set[int]] = [set() for _ in range(count)]
        self.merges: list[Merge] = []
        for a, b in [] if must_link is None else must_link.tolist():
            self.link(a, b, 0.0, 0)
        for a, b in [] if cannot_link is None else cannot_link.tolist():
            a, b = self.group(a), self.group(b)
            if a != b:
                self._apart[a].add(b)
                self._apart[b].add(a)

    def link(self, a: int, b: int, distance: float, number: int) -> None:
        """Join the groups of two tracks, unless they are joined or have to stay apart."""
        a, b = self.group(a), self.group(b)
        if a == b or b in self._apart[a]:
            return
        if len(self._apart[a]) < len(self._apart[b]):
            a, b = b, a
        left, right = sorted((self._node[a], self._node[b]))
        self._node[a] = len(self._parent) + len(self.merges)
        self.merges.append(Merge(left, right, distance, number))
        self._parent[b] = a
        for other in self._apart[b]:
            self._apart[other].discard(b)
            self._apart[other].add(a)
        self._apart[a] |= self._apart[b]

    def labels(self) -> tuple[Ints, Ints, Ints]:
        """Return the group of each track, and of each group its size and its first track."""
        roots = np.array([self.group(t) for t in range(len(self._parent))], np.int64)
        _, first, labels, sizes = np.unique(
            roots, return_index=True, return_inverse=True, return_counts=True
        )
        return labels.astype(np.int64), sizes, first

    def barred(self, track: int, groups: Set[int]) -> bool:
        """Tell whether the group of a track may never be joined with one of these groups."""
        return not self._apart[self.group(track)].isdisjoint(groups)

    def group(self, track: int) -> int:
        """Return the group of a track: one of its tracks, the same for all. Joining changes it."""
        while self._parent[track] != track:
            self._parent[track] = self._parent[self._parent[track]]
            track = self._parent[track]
        return track


def among(merges: Sequence[Merge], number: Ints, count: int) -> list[Merge]:
    """Return the tree of some tracks with its nodes numbered as in the tree of more.

    Args:
        merges: The tree of n tracks.
        number: Shape (n,): number of each of them among all, rising.
        count: How many tracks there are in all.
    """
    node = [*number.tolist(), *range(count, count + len(merges))]
    return [replace(merge, left=node[merge.left], right=node[merge.right]) for merge in merges]


_KINDS = {"left": np.int64, "right": np.int64, "distance": np.float64, "round": np.int64}


def save_merges(path: Path, merges: Sequence[Merge]) -> None:
    """Write a tree, a row a merge, in order."""
    columns = {
        name: np.array([getattr(merge, name) for merge in merges], kind)
        for name, kind in _KINDS.items()
    }
    write_table(path, columns)


def load_merges(path: Path) -> list[Merge]:
    """Read a tree.

    Raises:
        WorkspaceError: The file is missing, damaged or lacks a column.
    """
    columns = read_table(path, _KINDS, stage="clusters")
    return [Merge(*row) for row in zip(*(columns[name].tolist() for name in _KINDS), strict=True)]
