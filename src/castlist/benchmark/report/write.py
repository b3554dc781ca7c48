"""`castlist benchmark report`: from the rows of a work folder to a folder of files.

`report.html` has all of it on one page that needs no network; `results.md` has all tables and
`rows.csv` all rows; each table is in `tables` as CSV and LaTeX, each figure in `figures` as SVG and
PNG.
"""

from __future__ import annotations

import csv
import io
import logging
from collections.abc import Sequence
from pathlib import Path

from castlist.atomic import atomic_path
from castlist.benchmark import adaptations
from castlist.benchmark.report import ablations, contents, figures
from castlist.benchmark.report.figures import Drawn
from castlist.benchmark.report.literature import literature
from castlist.benchmark.report.page import Section, render
from castlist.benchmark.report.protocol import Protocol, main_rows, protocols
from castlist.benchmark.report.table import comma_separated, latex, markdown
from castlist.benchmark.rows import Row, Rows
from castlist.benchmark.summary import OURS, widest
from castlist.errors import CastlistError
from castlist.hooks import Hook, silent

log = logging.getLogger(__name__)


def write_report(work: Path, out: Path, hook: Hook = silent) -> Path:
    """Write the report of the rows that `castlist benchmark clusters` has left; return the page.

    Args:
        work: The work folder.
        out: The folder to write to; files of an earlier report are written anew.
        hook: Told of progress in drawing maps.

    Raises:
        CastlistError: There are no rows, or matplotlib is missing.
    """
    rows = Rows(work).latest()
    if not rows:
        raise CastlistError(
            f"{work}: no rows of a benchmark in it; make them with: castlist benchmark clusters"
        )
    own = main_rows(rows)
    sections = _sections(rows, own, _maps(own, work, hook))
    for folder in (out / "tables", out / "figures"):
        folder.mkdir(parents=True, exist_ok=True)
    tables = [table for section in sections for table in section.tables]
    for table in tables:
        _write(out / "tables" / f"{table.name}.csv", comma_separated(table))
        _write(out / "tables" / f"{table.name}.tex", latex(table))
    for drawn in (drawn for section in sections for drawn in section.figures):
        _write(out / "figures" / f"{drawn.name}.svg", drawn.svg)
        _write(out / "figures" / f"{drawn.name}.png", drawn.png)
    _write(out / "results.md", "\n".join(markdown(table) for table in tables))
    _write(out / "rows.csv", _flat(rows))
    page = out / "report.html"
    _write(page, render(sections, own))
    return page


def _sections(rows: Sequence[Row], own: Sequence[Row], maps: Sequence[Drawn]) -> list[Section]:
    """Return what the page shows; sections of which there is nothing are left out.

    Args:
        rows: All.
        own: Those that may be compared with one another.
        maps: Of the tracks.
    """
    over, group = widest(own)
    usual = protocols(rows)[Protocol.of(own[0])]  # with ablations
    parts = ablations.ablations(usual), ablations.curve(usual), ablations.encoders(rows)
    curve = figures.curve(usual)
    found = [
        Section(
            "results",
            "Results",
            contents.means(own),
            [figures.bars(group, over), figures.scatter(group, over)],
        ),
        Section("data-sets", "Data sets", [contents.data_sets(own), contents.data_sets_b3(own)]),
        Section("means", "Means: more measures", contents.more_means(own)),
        Section("pooled", "Pooled", contents.pooled(own)),
        Section(
            "ablations",
            "Ablations",
            [table for table in parts if table],
            [curve] if curve else [],
        ),
        Section("published", "Published features", contents.published(rows), about=_PUBLISHED),
        Section("maps", "Maps of the tracks", [], maps, about=_MAPS),
        Section("cost", "Cost", [contents.cost(own)]),
        Section("literature", "What papers report", literature(), about=_LITERATURE),
    ]
    return [section for section in found if section.tables or section.figures]


_MAPS = (
    "Each point is a track; near means alike (t-SNE of the tracks' mean embeddings; the second map "
    "starts from the first). Above as the network came, below adapted by castlist; on the left in "
    "the colours of the people, on the right in those of the clusters. A cluster has the colour of "
    "the person that it shares most tracks with, one to one; a colour that is nowhere on the left "
    "is a cluster too many, and grey is unknown."
)
_PUBLISHED = (
    "Data sets that come with embeddings and without pictures. These are by networks of their "
    "own, so nothing here is to be compared with what stands above, and what would adapt a "
    "network can't be run."
)
_LITERATURE = (
    "Numbers as papers print them, in percent. None was measured here, on none of these data can "
    "castlist be run by anybody today, and rows of one table are often not of the same task: read "
    "what stands below it."
)


def _maps(rows: Sequence[Row], work: Path, hook: Hook) -> list[Drawn]:
    """Draw a map for each data set that castlist was adapted to; of the lowest seed."""
    ours: dict[str, Row] = {}
    frozen = {row.data: row for row in rows if row.method == "frozen"}
    for row in rows:
        if row.method == OURS and row.whole and row.adapted:
            ours.setdefault(row.data, row)
    found = []
    for number, (data, row) in enumerate(ours.items(), start=1):
        hook("maps", number - 1, len(ours))
        try:
            kept = adaptations.read(work / adaptations.FOLDER / str(row.adapted)).adapted
        except adaptations.DAMAGED as error:
            log.warning("%s: no map: its adapted embeddings can't be read (%s)", data, error)
            continue
        name = figures.file_name(number, data)
        drawn = figures.maps(name, row, frozen.get(data), kept.frozen, kept.embeddings)
        found += [drawn] if drawn else []
    hook("maps", len(ours), len(ours))
    return found


def _flat(rows: Sequence[Row]) -> str:
    """Write all rows as CSV: a column a measure, those of other ways to count with their name."""
    flat = []
    for row in rows:
        line = {"own_tracks": row.own_tracks, "cannot_link": row.cannot_link}
        for name, value in row.to_dict().items():
            if isinstance(value, dict):
                line |= {f"{name}_{inner}": of for inner, of in value.items()}
            elif name != "labels":
                line[name] = value
        flat.append(line)
    names = list(dict.fromkeys(name for line in flat for name in line))
    text = io.StringIO()
    writer = csv.DictWriter(text, names, lineterminator="\n")
    writer.writeheader()
    writer.writerows(flat)
    return text.getvalue()


def _write(path: Path, content: str | bytes) -> None:
    with atomic_path(path) as beside:
        beside.write_bytes(
            content.encode("utf-8", "replace") if isinstance(content, str) else content
        )
