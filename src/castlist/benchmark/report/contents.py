"""What the report says of the methods, from rows: tables of plain text, of accuracy and of cost.

How they look is decided elsewhere; what castlist is with other parts stands in `ablations`.
"""

from __future__ import annotations

from collections.abc import Callable, Sequence
from dataclasses import replace
from math import nan

from castlist.benchmark.methods import METHODS
from castlist.benchmark.report.lines import by_part, in_figures, number, unfinished
from castlist.benchmark.report.measures import MAIN, MEMORY, MORE, OTHER_WAYS
from castlist.benchmark.report.protocol import main_rows, protocols
from castlist.benchmark.report.table import Line, Table
from castlist.benchmark.rows import Row
from castlist.benchmark.summary import (
    B3_F,
    LOG_RATIO,
    OURS,
    RATIO,
    SECONDS,
    WCP,
    Measure,
    by_method,
    given,
    groups,
    lead_of_ours,
    left_out,
    mean,
    per_set,
    pool,
)


def data_sets(rows: Sequence[Row]) -> Table:
    """Return purity and cluster ratio of each data set, as the paper's Table 3 gives them."""

    def cell(own: Sequence[Row]) -> tuple[str, float]:
        purity, ratio = mean(own, WCP.value), mean(own, RATIO.value)
        return f"{100 * purity.value:.1f} & {ratio.value:.2f}", nan

    return _per_set(
        rows,
        "data-sets",
        "Each data set: purity and ratio",
        cell,
        (
            "Weighted cluster purity in percent & clusters over people; means over the seeds. "
            "Purity alone says little: all-singletons has 100.",
        ),
    )


def data_sets_b3(rows: Sequence[Row]) -> Table:
    """Return B-cubed F of each data set."""

    def cell(own: Sequence[Row]) -> tuple[str, float]:
        found = mean(own, B3_F.value)
        return in_figures(found, B3_F), found.value

    return _per_set(
        rows,
        "data-sets-b3",
        "Each data set: B-cubed F",
        cell,
        ("Mean ± standard deviation over the seeds, where a method is random.",),
    )


def published(rows: Sequence[Row]) -> list[Table]:
    """Return the tables of data sets of which there are features only, those of an encoder each."""
    found = []
    for protocol, own in protocols([row for row in rows if not row.pictures]).items():
        ordered = main_rows(own)
        why = left_out(own, {name: way for name, way in METHODS.items() if way.needs})
        for table in (*means(ordered), data_sets(ordered), data_sets_b3(ordered)):
            dashes = ("–",) * (len(table.columns) - 2)
            lines = [Line((name, told, *dashes)) for name, told in why.items()]
            found.append(
                replace(
                    table,
                    name=f"{protocol.encoder}-{table.name}",
                    title=f"{protocol.encoder}: {table.title}",
                    parts={**table.parts, "Left out": lines},
                )
            )
    return found


def _per_set(
    rows: Sequence[Row],
    name: str,
    title: str,
    cell: Callable[[Sequence[Row]], tuple[str, float]],
    notes: tuple[str, ...],
) -> Table:
    sets = list(dict.fromkeys(row.data for row in sorted(rows, key=_set_order)))
    first = {data: next(row for row in rows if row.data == data) for data in sets}
    size = [f"{first[data].score.tracks} & {first[data].score.people}" for data in sets]

    def cells(own: Sequence[Row]) -> list[tuple[str, float]]:
        by_set = [[row for row in own if row.data == data] for data in sets]
        return [cell(of) if of else ("", nan) for of in by_set]

    first_line = Line(("tracks & people", "", *size))
    parts = {"": [first_line], **by_part(rows, cells, [1] * len(sets))}
    return Table(name, title, ("method", "given", *sets), parts, notes, frozenset({0, 1}))


def means(rows: Sequence[Row]) -> list[Table]:
    """Return the main table of each mean over data sets, with the lead of castlist."""
    return [
        _measured(
            group, _named("mean", title), f"Mean of {title}", MAIN, _means(title, group), lead=True
        )
        for title, group in groups(rows).items()
    ]


def more_means(rows: Sequence[Row]) -> list[Table]:
    """Return the tables of all other measures, means over data sets."""
    found = []
    for title, group in groups(rows).items():
        name, told = _named("mean", title), _means(title, group)
        found += [
            _measured(group, f"{name}-more", f"Mean of {title}: more measures", MORE, told),
            _measured(
                group, f"{name}-ways", f"Mean of {title}: unknown and frames", OTHER_WAYS, told
            ),
        ]
    return found


def pooled(rows: Sequence[Row]) -> list[Table]:
    """Return the tables of all tracks of several data sets in one table of people by clusters."""
    found = []
    for title, group in groups(rows).items():
        name = _named("pooled", title)
        told = (
            f"All tracks of {title} in one table of people by clusters, where people and clusters "
            "of different data sets are different. This is no mean: a data set counts by its "
            "tracks.",
            *unfinished(group),
        )
        together = pool(group, title)
        main = [measure for measure in MAIN if measure is not LOG_RATIO]
        found += [
            _measured(together, name, f"Pooled: {title}", main, told),
            _measured(together, f"{name}-more", f"Pooled: {title}, more measures", MORE, told),
            _measured(
                together, f"{name}-ways", f"Pooled: {title}, unknown and frames", OTHER_WAYS, told
            ),
        ]
    return found


def _named(kind: str, title: str) -> str:
    """Return a table's name from what its data sets are called: "10 films"."""
    return "-".join([kind, *title.split()[1:]])


def _means(title: str, rows: Sequence[Row]) -> tuple[str, ...]:
    return (
        f"Means over {title} of the means over the seeds ± standard deviation of the seeds' means. "
        "Bold is the best of its part.",
        *unfinished(rows),
    )


def cost(rows: Sequence[Row]) -> Table:
    """Return what methods cost."""
    lines: dict[str, list[Line]] = {"": []}
    for name, own in by_method(rows).items():
        seconds, memory = per_set(own, SECONDS.value), per_set(own, MEMORY.value)
        tracks = sum(len(row.labels) for row in own)
        cells = (
            name,
            given(own),
            str(len(seconds)),
            number(sum(seconds.values()) / len(seconds), 2),
            number(max(seconds.values()), 2),
            number(1000 * sum(row.seconds for row in own) / max(tracks, 1), 1),
            number(max(memory.values()), 0),
        )
        lines[""].append(Line(cells, ours=name == OURS))
    return Table(
        "cost",
        "Cost",
        ("method", "given", "sets", "seconds, mean", "longest", "ms a track", "peak MB"),
        lines,
        (
            "Seconds on one thread for one data set, without the detection and the embedding of "
            "the crops, which all methods share; with the adaptation, where there is one, as it "
            "took when it was made.",
            "Memory is the peak of the process's resident pages during a row less what it held "
            "when the row began (libraries, all data sets); of all rows the highest.",
        ),
        frozenset({0, 1}),
    )


def _measured(
    rows: Sequence[Row],
    name: str,
    title: str,
    measures: Sequence[Measure],
    notes: tuple[str, ...],
    *,
    lead: bool = False,
) -> Table:
    lead = lead and any(row.method == OURS for row in rows)

    def cells(own: Sequence[Row]) -> list[tuple[str, float]]:
        found = [mean(own, measure.value) for measure in measures]
        told = [(in_figures(f, m), f.value) for f, m in zip(found, measures, strict=True)]
        if lead:
            told += [(word, nan) for word in _lead(rows, own[0].method)]
        return told

    columns = ("method", "given", *(m.title for m in measures))
    best = [m.best for m in measures]
    notes = (*notes, "; ".join(f"{m.title}: {m.about}" for m in measures) + ".")
    if lead:
        columns = (*columns, f"{OURS} ahead by", "95 % interval", "resamples ahead")
        best += [0, 0, 0]
        notes = (
            *notes,
            f"{OURS} ahead by: difference in B-cubed F, with the 95 % interval of a paired "
            "bootstrap over the data sets (10,000 resamples) and the share of the resamples in "
            f"which {OURS} is ahead.",
        )
    return Table(name, title, columns, by_part(rows, cells, best), notes, frozenset({0, 1}))


def _lead(rows: Sequence[Row], name: str) -> tuple[str, str, str]:
    found = lead_of_ours(rows, name)
    if found is None:
        return ("", "", "")
    interval = f"{found.low:+.3f} to {found.high:+.3f}"
    return (f"{found.difference:+.3f}", interval, f"{100 * found.ahead:.1f} %")


def _set_order(row: Row) -> tuple[bool, str]:
    return (not row.film, row.data)
