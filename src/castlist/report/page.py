"""Writes ``report.html``: facts, pictures, script and style in one file that needs no network.

Looks and behaviour are in ``assets/``; this only puts the parts together. The page's own policy
forbids every connection and every script but ours, whatever a film or a character is called.
"""

from __future__ import annotations

import base64
import hashlib
import html
import json
import re
from collections.abc import Sequence
from importlib import resources
from pathlib import Path
from typing import Any

from castlist.atomic import atomic_path
from castlist.report.contents import gather
from castlist.report.sprites import Sheets, pack

SCRIPTS = (
    "data.js",
    "format.js",
    "dom.js",
    "faces.js",
    "header.js",
    "timeline.js",
    "search.js",
    "gallery.js",
    "character.js",
    "adaptation.js",
    "making.js",
    "main.js",
)
"""In the order in which they are joined: a further panel is one more file before ``main.js``."""

TILE_EDGE = 96
TILE_COLUMNS = 8
PORTRAIT_EDGE = 192
PORTRAIT_COLUMNS = 4


def write_report(workspace: Path) -> Path:
    """Write ``report.html`` of a finished workspace and return its path.

    The file opens from disk in any current browser, without a network and without the workspace
    beside it. A crop that is lost is shown as a blank and warned of in the log.

    Raises:
        WorkspaceError: ``cast.json`` or one of the tables is missing, damaged or of another
            version.
    """
    contents = gather(workspace)
    tiles = pack(
        [workspace / file for file in contents.tiles], edge=TILE_EDGE, columns=TILE_COLUMNS
    )
    portraits = pack(
        [workspace / file for file in contents.portraits],
        edge=PORTRAIT_EDGE,
        columns=PORTRAIT_COLUMNS,
    )
    page = render(contents.facts, {"tile": tiles, "portrait": portraits})
    target = workspace / "report.html"
    with atomic_path(target) as temporary:
        temporary.write_text(page, "utf-8", newline="\n")
    return target


def render(facts: dict[str, Any], sheets: dict[str, Sheets]) -> str:
    """Return the page's HTML.

    Args:
        facts: As of ``Contents.facts``.
        sheets: Packed pictures by kind, "tile" and "portrait".
    """
    layout = {
        kind: {"columns": own.columns, "edge": own.edge, "missing": own.missing}
        for kind, own in sheets.items()
    }
    return fill(
        asset("page.html"),
        style=asset("page.css"),
        script="\n".join(asset(name) for name in SCRIPTS),
        allowed=["img-src blob:"],
        title=html.escape(printable(facts["film"]["name"])),
        facts=embed(facts | {"sheets": layout}),
        sheets="\n".join(
            f'<script type="text/plain" data-sheet="{kind}">'
            f"{base64.b64encode(jpeg).decode('ascii')}</script>"
            for kind, own in sheets.items()
            for jpeg in own.jpegs
        ),
    )


def fill(template: str, *, style: str, script: str, allowed: Sequence[str], **parts: str) -> str:
    """Return a page whose own policy forbids everything but its one script and one style sheet.

    Args:
        template: HTML with ``{{name}}`` where a part belongs, ``{{policy}}`` among them.
        style: The style sheet.
        script: The script.
        allowed: What else the policy allows, such as "img-src blob:".
        parts: The other parts, as HTML.
    """
    policy = [
        "default-src 'none'",
        f"script-src {_fingerprint(script)}",
        f"style-src {_fingerprint(style)}",
        *allowed,
        "base-uri 'none'",
        "form-action 'none'",
    ]
    parts |= {"style": style, "script": script, "policy": "; ".join(policy)}
    # One pass, so that what is filled in is never searched for placeholders itself.
    return re.sub(r"\{\{(\w+)\}\}", lambda match: parts[match[1]], template)


def embed(value: object) -> str:
    """Return JSON that is safe inside a script element, whatever its texts hold."""
    text = json.dumps(value, ensure_ascii=True, allow_nan=False, separators=(",", ":"))
    return text.replace("<", "\\u003c").replace(">", "\\u003e").replace("&", "\\u0026")


def asset(name: str, package: str = "castlist.report") -> str:
    """Return one of the files in ``assets/`` that a package's page is put together from."""
    return (resources.files(package) / "assets" / name).read_text("utf-8")


def printable(name: str) -> str:
    """Replace bytes of a file name that aren't text."""
    return name.encode("utf-8", "replace").decode("utf-8")


def _fingerprint(text: str) -> str:
    """Return a script's or a style sheet's hash, as a page's policy names it."""
    digest = hashlib.sha256(text.encode("utf-8")).digest()
    return f"'sha256-{base64.b64encode(digest).decode('ascii')}'"
