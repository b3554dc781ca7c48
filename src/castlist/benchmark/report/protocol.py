"""Which rows may stand in one table, and in which order."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass

from castlist import models
from castlist.benchmark.rows import Row
from castlist.benchmark.summary import B3_F, by_method, mean, widest
from castlist.benchmark.variants import VARIANTS


@dataclass(frozen=True)
class Protocol:
    """Which rows may be compared with one another.

    Attributes:
        encoder: Name of the face-ID network.
        own_tracks: Whether the tracks are castlist's own.
        cannot_link: Whether methods could know which tracks share a frame.
    """

    encoder: str = models.DEFAULT_ENCODER
    own_tracks: bool = False
    cannot_link: bool = True

    @staticmethod
    def of(row: Row) -> Protocol:
        """Return a row's."""
        return Protocol(row.encoder, row.own_tracks, row.cannot_link)


def main_rows(rows: Sequence[Row]) -> list[Row]:
    """Return the rows of one protocol: the usual one if there are any, else that of most rows.

    Variants of castlist have tables of their own, and aren't among them unless there is nothing
    else. Films come first, and all else by name; methods in the order of their B-cubed F.
    """
    by = protocols([row for row in rows if row.method not in VARIANTS] or rows)
    own = by.get(Protocol()) or max(by.values(), key=len)
    found = sorted(own, key=lambda row: (not row.film, row.data, row.seed))
    _, scored = widest(found)
    worth = {
        name: -mean([row for row in scored if row.method == name] or of, B3_F.value).value
        for name, of in by_method(found).items()
    }
    return sorted(found, key=lambda row: (worth[row.method], row.method))


def protocols(rows: Sequence[Row]) -> dict[Protocol, list[Row]]:
    """Return the rows of each protocol."""
    found: dict[Protocol, list[Row]] = {}
    for row in rows:
        found.setdefault(Protocol.of(row), []).append(row)
    return found
