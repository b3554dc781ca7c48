"""The lines of a table: a method each, in the part that says what it is given, and its figures."""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence
from math import isnan, nan

from castlist.benchmark.case import Given
from castlist.benchmark.report.table import Line
from castlist.benchmark.rows import Row
from castlist.benchmark.summary import OURS, Mean, Measure, by_method, given, mean

FAIR, LEARNED, TOLD, ENDS = (
    "Given only the tracks",
    "Given something of other sets",
    "Given part of the truth",
    "The ends of the scale",
)
TRIVIAL = ("all-singletons", "one-cluster")
PARTS = {
    Given.OTHERS: LEARNED,
    Given.OTHERS_TRACKS: LEARNED,
    Given.OTHERS_TRACKS_CHOSEN: LEARNED,
    Given.OTHERS_LABELS: LEARNED,
    Given.LABELS: TOLD,
    Given.TRUE_K: TOLD,
    Given.ORACLE: TOLD,
}


def part(row: Row) -> str:
    """Return the part of a table in which a row's method stands, by what it is given."""
    if row.method in TRIVIAL:
        return ENDS
    return next((title for told, title in PARTS.items() if row.given.startswith(told)), FAIR)


def by_part(
    rows: Sequence[Row],
    cells: Callable[[Sequence[Row]], Sequence[tuple[str, float]]],
    best: Sequence[int],
) -> dict[str, list[Line]]:
    """Return a line a method, in the part that tells what it is given.

    Args:
        rows: In order of method.
        cells: Of a method's rows: what is written, and what it is worth.
        best: Of each cell, whether more is better (1), less is (-1), or neither (0).
    """
    found: dict[str, dict[str, Sequence[tuple[str, float]]]] = {}
    told = {}
    for name, own in by_method(rows).items():
        found.setdefault(part(own[0]), {})[name] = cells(own)
        told[name] = given(own)
    order = [title for title in (FAIR, LEARNED, TOLD, ENDS) if title in found]
    return {title: _lines(found[title], told, best) for title in order}


def _lines(
    methods: Mapping[str, Sequence[tuple[str, float]]],
    told: Mapping[str, str],
    best: Sequence[int],
) -> list[Line]:
    top = {}
    for n, sign in enumerate(best):
        values = [round(sign * found[n][1], 3) for found in methods.values()]
        values = [value for value in values if sign and not isnan(value)]
        top[n] = max(values) if len(values) > 1 else nan
    return [
        Line(
            (name, told[name], *(text for text, _ in found)),
            frozenset(n + 2 for n, (_, v) in enumerate(found) if round(best[n] * v, 3) == top[n]),
            ours=name == OURS,
        )
        for name, found in methods.items()
    ]


def measured(rows: Sequence[Row], measures: Sequence[Measure]) -> list[str]:
    """Return what the rows of a method come to in the mean, by each measure."""
    return [in_figures(mean(rows, measure.value), measure) for measure in measures]


def in_figures(found: Mean, measure: Measure) -> str:
    """Return a mean, and its spread if it has one, as it is written."""
    spread = "" if found.spread is None else f" ± {found.spread:.{measure.digits}f}"
    return f"{number(found.value, measure.digits)}{spread}"


def number(value: float, digits: int) -> str:
    """Return a number as it is written; a dash for what isn't one."""
    return "–" if isnan(value) else f"{round(value, digits) + 0.0:.{digits}f}"  # not -0


def unfinished(rows: Sequence[Row]) -> tuple[str, ...]:
    """Name the methods that were not run on all the data sets."""
    every = len({row.data for row in rows})
    ran = {name: len({row.data for row in own}) for name, own in by_method(rows).items()}
    short = [f"{name} ({count})" for name, count in ran.items() if count < every]
    return (f"Run on fewer data sets than {every}: {', '.join(short)}.",) if short else ()
