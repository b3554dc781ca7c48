"""The numbers of papers, from `literature.toml`: each with its source and what it was given."""

from __future__ import annotations

import tomllib
from pathlib import Path
from typing import Any

from castlist.benchmark.report.table import Line, Table


def literature() -> list[Table]:
    """Return the tables of the literature."""
    path = Path(__file__).with_name("literature.toml")
    told = tomllib.loads(path.read_text("utf-8"))
    return [_table(table, told["sources"]) for table in told["table"]]


def _table(table: dict[str, Any], sources: dict[str, dict[str, str]]) -> Table:
    rows, columns = table["row"], ("method", "given", *table["columns"], "to know", "source")
    lines = [
        Line(
            (
                row["method"],
                row["given"],
                *row["cells"],
                row.get("note", ""),
                sources[row["source"]]["short"],
            )
        )
        for row in rows
    ]
    named = [sources[name] for name in dict.fromkeys(row["source"] for row in rows)]
    read = "; ".join(f"{source['short']}: {source['long']}" for source in named)
    return Table(
        name=f"literature-{table['name']}",
        title=table["title"],
        columns=columns,
        parts={"": lines},
        notes=(*table["caveats"], f"Sources. {read}."),
        words=frozenset({0, 1, len(columns) - 2, len(columns) - 1}),
    )
