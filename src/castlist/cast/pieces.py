"""Tracks that were several when the user spoke of them: where this run's are cut again.

Another run may make one track of two of which different things were said. Then it is cut where
the later one began, and all that was said holds. A *piece* is a stretch of a track of this run:
what was said of whatever track a run has seen there was said of it.
"""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Iterable, Mapping, Sequence
from itertools import product

import numpy as np

from castlist.cast.anchors import Anchor, Finder, Span, common, length
from castlist.cast.edits import TELLING, Edit, Kind
from castlist.cast.parts import Cut
from castlist.cast.people import People
from castlist.cast.told import Told


def cuts_between(edits: Sequence[Edit], finder: Finder) -> list[Cut]:
    """Return where tracks have to be cut so that nobody is two people.

    Args:
        edits: The decisions that hold, in order.
        finder: Of the run's tracks, cut where the user cut them.
    """
    pieces = _Pieces(finder)
    people, told = People(), dict[int, Told]()
    for edit in edits:
        other, same, who = (pieces.of(part) for part in (edit.other, edit.same, edit.who))
        if edit.kind is Kind.CHANGES:
            for before, after in product(same, other):
                people.change(before, after)
        elif who:
            if edit.kind not in TELLING:
                people.take(edit.kind, who, same, other)
            told |= _told(edit, who, same, told)

    def two(a: int, b: int) -> bool:
        if people.are_one(a, b):
            return False
        differ = a in told and b in told and told[a].differs(told[b])
        no_face = (a in people.no_faces) != (b in people.no_faces)
        return differ or no_face or people.are_two(a, b)

    cuts = []
    for track, stretches in pieces.stretches().items():
        together: list[int] = []  # since the last cut
        for piece, frame in stretches:
            if any(two(piece, one) for one in together):
                cuts.append(Cut(track, frame))
                together = []
            together.append(piece)
    return cuts


def _told(edit: Edit, who: list[int], same: list[int], told: Mapping[int, Told]) -> dict[int, Told]:
    """Return what is told of pieces after a decision: of who comes to others, what is of them."""
    before = {piece: told.get(piece, Told()) for piece in who}
    match edit.kind:
        case Kind.MERGE:
            before = dict.fromkeys(who + same, before[who[0]])
        case Kind.MOVE | Kind.SPLIT | Kind.NO_FACE:
            before = dict.fromkeys(who, told.get(same[0], Told()) if same else Told())
        case Kind.CONFIRM | Kind.NEVER:
            return {}
    return {piece: said.after(edit) for piece, said in before.items()}


class _Pieces:
    """The pieces of a run's tracks, by the order in which they were spoken of last."""

    def __init__(self, finder: Finder) -> None:
        self._finder = finder
        self._spans: dict[int, Span] = {}
        self._on: defaultdict[int, list[int]] = defaultdict(list)  # of each track: its pieces

    def of(self, anchors: Iterable[Anchor]) -> list[int]:
        """Return the pieces that are meant, each once."""
        return list(dict.fromkeys(piece for one in anchors for piece in self._meant(one)))

    def stretches(self) -> dict[int, list[tuple[int, int]]]:
        """Return of each track of several its pieces in order of time, and where each begins.

        Where two share frames, the one that was spoken of last is there.
        """
        found = {}
        for track, pieces in self._on.items():
            if len(pieces) < 2:
                continue
            begin, end = self._finder.span(track)
            owner = np.full(end - begin + 1, -1)
            for piece in pieces:
                first, last = self._spans[piece]
                owner[first - begin : last - begin + 1] = piece
            starts = np.flatnonzero((np.diff(owner, prepend=-1) != 0) & (owner >= 0))
            found[track] = [(int(owner[row]), begin + int(row)) for row in starts]
        return found

    def _meant(self, anchor: Anchor) -> list[int]:
        return [
            piece
            for track in self._finder.find_all([anchor])
            for piece in self._meant_on(track, common(anchor.span, self._finder.span(track)))
        ]

    def _meant_on(self, track: int, span: Span) -> list[int]:
        """Return the pieces of a track of which this holds half at least, or make one of it."""
        on = self._on[track]
        meant = [
            piece
            for piece in on
            if 2 * length(common(self._spans[piece], span)) >= length(self._spans[piece])
        ]
        if len(meant) < 2:
            meant = meant or [len(self._spans)]
            self._spans[meant[0]] = span
        on[:] = [piece for piece in on if piece not in meant] + meant
        return meant
