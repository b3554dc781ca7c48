"""C1C (Kalogeiton and Zisserman, BMVC 2020): FINCH that heeds must-links and cannot-links.

Must-links hold the crops of a track together, so tracks are what is clustered; cannot-links are
tracks that share a frame. The authors' code isn't public. The reading taken: a first neighbour is
searched among those that are not barred; links are made in ascending distance, and one that would
join two barred tracks is refused; merged clusters inherit what their parts were barred from. A
number of clusters is reached as in `peers.finch`, and not at all if the cannot-links forbid it.
"""

from __future__ import annotations

from castlist.benchmark.peers.finch import cut_into, hierarchy
from castlist.benchmark.peers.peer import TrueK
from castlist.cluster.likeness import track_means
from castlist.faces.types import Floats, Ints


class C1c(TrueK):
    """Partitions by first neighbours that keep all constraints.

    Attributes:
        levels_: The partitions, each (T,), the finest first.
    """

    levels_: list[Ints]

    def _cluster(self, embeddings: Floats, track: Ints, cannot_link: Ints | None) -> Ints:
        means = track_means(embeddings, track)
        self.levels_ = hierarchy(means, cannot_link)
        return cut_into(means, self.levels_, self.clusters, cannot_link)
