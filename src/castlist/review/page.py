"""What the review app shows: the report's page, with pictures by address and a way to correct.

The page is made anew after each correction. Its sprites are laid out by track, so that they stay
the same whoever the tracks belong to, and are packed when they are asked for.
"""

from __future__ import annotations

import html
import re
from dataclasses import dataclass
from functools import lru_cache
from importlib import resources
from pathlib import Path

from castlist.cast.edits import Log, holding
from castlist.cast.questions import questions
from castlist.cast.suggest import Asked
from castlist.report import page
from castlist.report.contents import gather
from castlist.report.sprites import pack

KINDS = {
    "tile": (page.TILE_EDGE, page.TILE_COLUMNS),
    "portrait": (page.PORTRAIT_EDGE, page.PORTRAIT_COLUMNS),
}
"""Edge and columns of the sprites of each kind."""
SCRIPTS = (*page.SCRIPTS[:-1], "review.js", page.SCRIPTS[-1])


@dataclass(frozen=True)
class View:
    """A workspace as it is after so many entries of its log.

    Attributes:
        version: How many entries.
        html: The page.
        files: The pictures of each kind, in the order of the sprites.
    """

    version: int
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


def view(folder: Path, *, film: bool) -> View:
    """Make the page of a finished workspace.

    Args:
        folder: The workspace.
        film: Whether the film itself can be shown.

    Raises:
        WorkspaceError: A file is missing or damaged.
    """
    entries = Log.of(folder).read()
    held, undone = holding(entries)
    contents = gather(folder, by_character=False)
    doubts = {
        one.track: one.likely
        for one in questions(folder, most=10**6)
        if one.asked is Asked.ELSEWHERE
    }
    for track in contents.facts["tracks"]:
        track["doubt"] = doubts.get(track["id"], 0.0)
    served = {
        "version": len(entries),
        "undo": held[-1].kind if held else None,
        "redo": undone[-1].kind if undone else None,
        "film": film,
    }
    layout = {
        kind: {"edge": edge, "columns": columns, "missing": []}
        for kind, (edge, columns) in KINDS.items()
    }
    facts = contents.facts | {"sheets": layout, "served": served}
    files = {"tile": contents.tiles, "portrait": contents.portraits}
    return View(
        len(entries),
        _html(facts),
        {kind: tuple(folder / file for file in own) for kind, own in files.items()},
    )


def _html(facts: dict[str, object]) -> str:
    style = page.asset("page.css") + _asset("review.css")
    script = "\n".join(
        _asset(name) if name == "review.js" else page.asset(name) for name in SCRIPTS
    )
    film = facts["film"]
    assert isinstance(film, dict)
    parts = {
        "policy": "; ".join(
            [
                "default-src 'none'",
                f"script-src {page.fingerprint(script)}",
                f"style-src {page.fingerprint(style)}",
                "img-src 'self' blob:",
                "media-src 'self'",
                "connect-src 'self'",
                "base-uri 'none'",
                "form-action 'none'",
            ]
        ),
        "title": html.escape(page.printable(film["name"])),
        "style": style,
        "facts": page.embed(facts),
        "sheets": "",
        "script": script,
    }
    return re.sub(r"\{\{(\w+)\}\}", lambda match: parts[match[1]], page.asset("page.html"))


def _asset(name: str) -> str:
    return (resources.files("castlist.review") / "assets" / name).read_text("utf-8")
