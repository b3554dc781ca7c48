"""The report's page: tables and figures in one HTML file that needs no network.

It looks as the film report does: its style sheet comes first, what is different follows. The
page's own policy forbids every connection and every script but ours.
"""

from __future__ import annotations

import base64
import html
from collections.abc import Sequence
from dataclasses import dataclass

import castlist
from castlist.benchmark.report.figures import Drawn
from castlist.benchmark.report.table import Table, in_html
from castlist.benchmark.rows import Row
from castlist.report.page import asset, fill

PACKAGE = "castlist.benchmark.report"


@dataclass(frozen=True)
class Section:
    """A part of the page.

    Attributes:
        name: By which it is linked to.
        title: Above it.
        tables: Its tables; figures come first.
        figures: Its figures.
        about: What one has to know of all of it.
    """

    name: str
    title: str
    tables: Sequence[Table]
    figures: Sequence[Drawn] = ()
    about: str = ""


def render(sections: Sequence[Section], rows: Sequence[Row]) -> str:
    """Return the page's HTML.

    Args:
        sections: What it shows.
        rows: Of which its head tells how many there are.
    """
    links = "".join(
        f'<li><a href="#{section.name}">{html.escape(section.title)}</a></li>'
        for section in sections
    )
    return fill(
        asset("benchmark.html", PACKAGE),
        style=asset("page.css") + asset("benchmark.css", PACKAGE),
        script=asset("sort.js", PACKAGE),
        allowed=["img-src data:"],
        links=links,
        numbers=_numbers(rows),
        protocol=html.escape(_protocol(rows[0])),
        sections="\n".join(_section(section) for section in sections),
        version=html.escape(castlist.__version__),
    )


def _numbers(rows: Sequence[Row]) -> str:
    by_set = {row.data: row for row in rows if row.whole}
    told = {
        "methods": len({row.method for row in rows}),
        "data sets": len(by_set),
        "tracks": sum(row.score.tracks for row in by_set.values()),
        "people": sum(row.score.people for row in by_set.values()),
        "seeds at most": len({row.seed for row in rows}),
        "runs": len(rows),
    }
    return "".join(f"<div><dt>{name}</dt><dd>{count:,}</dd></div>" for name, count in told.items())


def _protocol(row: Row) -> str:
    tracks = "castlist's own tracks" if row.own_tracks else "the labelled tracks"
    links = "may know" if row.cannot_link else "do not know"
    return (
        f"All methods cluster {tracks} by the embeddings of one network, {row.encoder}, and "
        f"{links} which tracks share a frame. Each table says what a method is given beyond that; "
        "methods that are given less stand above those that are given more, and are to be "
        "compared with their like."
    )


def _section(section: Section) -> str:
    figures = "".join(_figure(drawn) for drawn in section.figures)
    tables = "".join(in_html(table) for table in section.tables)
    about = f'<p class="lead">{html.escape(section.about)}</p>' if section.about else ""
    kind = "maps-grid" if section.name == "maps" else "figures"
    return (
        f'<section id="{section.name}"><h2>{html.escape(section.title)}</h2>{about}'
        f'<div class="{kind}">{figures}</div>{tables}</section>'
    )


def _figure(drawn: Drawn) -> str:
    title, note = html.escape(drawn.title), html.escape(drawn.note)
    return (
        f'<figure id="{drawn.name}"><figcaption><h3>{title}</h3></figcaption>'
        f'<div class="scroll" tabindex="0" role="region" aria-label="{title}"><picture>'
        f'<source media="(prefers-color-scheme: dark)" srcset="{_embedded(drawn.dark)}">'
        f'<img src="{_embedded(drawn.svg)}" alt="{title}. {note}"></picture></div>'
        f'<p class="notes">{note}</p></figure>\n'
    )


def _embedded(svg: str) -> str:
    return f"data:image/svg+xml;base64,{base64.b64encode(svg.encode('utf-8')).decode('ascii')}"
