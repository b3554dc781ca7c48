"""The numbers of papers, from `literature.toml`: each with its source and what it was given."""

from __future__ import annotations

import tomllib
from pathlib import Path

from castlist.benchmark.report.table import Line, Table


def literature() -> list[Table]:
    """Return the tables of the literature."""
    path = Path(__file__).with_name("literature.toml")
    told = tomllib.loads(path.read_text("utf-8"))
    sources: dict[str, str] = told["sources"]
    return [
        Table(
            name=f"literature-{table['name']}",
            title=table["title"],
            columns=("method", "given", *table["columns"], "to know", "source"),
            parts={
                "": [
                    Line(
                        (
                            row["method"],
                            row["given"],
                            *row["cells"],
                            row.get("note", ""),
                            sources[row["source"]],
                        )
                    )
                    for row in table["row"]
                ]
            },
            notes=tuple(table["caveats"]),
            words=frozenset({0, 1, len(table["columns"]) + 2, len(table["columns"]) + 3}),
        )
        for table in told["table"]
    ]
