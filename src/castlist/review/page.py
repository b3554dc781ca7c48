"""What the review app shows: the report's page, with pictures by address and a way to correct.

The page is made anew after each correction. Its sprites are packed when they are asked for. Those
of the tracks are laid out by cluster, so that they stay the same whoever the tracks belong to.
"""

from __future__ import annotations

import html
from dataclasses import dataclass
from functools import lru_cache
from pathlib import Path
from typing import Any

from castlist.cast.edits import Log, holding
from castlist.cast.joins import weakest_joins
from castlist.cast.questions import Question, questions
from castlist.cast.suggest import Asked
from castlist.export.finished import Finished
from castlist.report import page
from castlist.report.contents import gather
from castlist.report.sprites import pack

PACKAGE = "castlist.review"
KINDS = {
    "tile": (page.TILE_EDGE, page.TILE_COLUMNS),
    "strip": (page.TILE_EDGE, page.TILE_COLUMNS),
    "portrait": (page.PORTRAIT_EDGE, page.PORTRAIT_COLUMNS),
}
"""Edge and columns of the sprites of each kind."""
SCRIPTS = ("drag.js", "review.js")
"""The app's own."""


@dataclass(frozen=True)
class View:
    """A workspace as it is after so many entries of its log.

    Attributes:
        version: How many entries.
        finished: The workspace.
        questions: All that is worth asking, what mends most first.
        html: The page.
        files: The pictures of each kind, in the order of the sprites.
    """

    version: int
    finished: Finished
    questions: list[Question]
    html: str
    files: dict[str, tuple[Path, ...]]

    def sheet(self, kind: str, number: int) -> bytes | None:
        """Return a sheet of sprites as JPEG, or None if there is no such sheet."""
        edge, columns = KINDS[kind]
        own = self.files[kind][number * columns**2 : (number + 1) * columns**2]
        return _sheet(own, edge, columns) if own else None


@lru_cache(maxsize=256)
def _sheet(files: tuple[Path, ...], edge: int, columns: int) -> bytes:
    return pack(files, edge=edge, columns=columns).jpegs[0]


def view(folder: Path) -> View:
    """Make the page of a finished workspace.

    Raises:
        WorkspaceError: The workspace isn't finished, or a file is damaged.
    """
    entries = Log.of(folder).read()
    held, undone = holding(entries)
    finished = Finished.load(folder)
    contents = gather(folder, served=True)
    asked = questions(folder, most=10**6)
    doubts = {one.track: one.likely for one in asked if one.asked is Asked.ELSEWHERE}
    for track in contents.facts["tracks"]:
        track["doubt"] = doubts.get(track["id"], 0.0)
    joins = weakest_joins(folder, finished.cast)
    by_cosine = finished.cast.settings.get("rule") != "paper"
    strips: list[str] = []  # those of the gallery lie together
    for character in contents.facts["characters"]:
        if join := joins.get(character["id"]):
            alike = 1 - join.distance if by_cosine else None
            character["join"] = {"tracks": join.tracks, "alike": alike}
        own = [contents.tiles[number] for number in character["strip"]]
        character["strip"] = [*range(len(strips), len(strips) + len(own))]
        strips += own
    served = {
        "version": len(entries),
        "undo": held[-1].kind if held else None,
        "redo": undone[-1].kind if undone else None,
        "film": finished.film.is_file(),
    }
    layout = {
        kind: {"edge": edge, "columns": columns, "missing": []}
        for kind, (edge, columns) in KINDS.items()
    }
    files = {"tile": contents.tiles, "strip": strips, "portrait": contents.portraits}
    return View(
        len(entries),
        finished,
        asked,
        _html(contents.facts | {"sheets": layout, "served": served}),
        {kind: tuple(folder / file for file in own) for kind, own in files.items()},
    )


def _html(facts: dict[str, Any]) -> str:
    return page.fill(
        page.asset("page.html"),
        style=page.asset("page.css") + page.asset("review.css", PACKAGE),
        script="\n".join(
            [page.asset(name) for name in page.SCRIPTS]
            + [page.asset(name, PACKAGE) for name in SCRIPTS]
        ),
        allowed=["img-src 'self' blob:", "media-src 'self'", "connect-src 'self'"],
        title=html.escape(page.printable(facts["film"]["name"])),
        facts=page.embed(facts),
        sheets="",
    )
