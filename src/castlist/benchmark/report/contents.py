"""What the report says, from rows: tables of plain text. How they look is decided elsewhere."""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence
from dataclasses import astuple, dataclass, replace
from math import isnan, nan

from castlist import models
from castlist.benchmark.case import Given
from castlist.benchmark.methods import CURVE, METHODS, VARIANTS
from castlist.benchmark.metrics import Score
from castlist.benchmark.report.table import Line, Table
from castlist.benchmark.rows import Row
from castlist.benchmark.summary import (
    B3_F,
    LOG_RATIO,
    OURS,
    RATIO,
    SECONDS,
    UNKNOWN_SHARE,
    WCP,
    Mean,
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

INVERSE = Measure(
    "inverse purity",
    lambda row: row.score.inverse_purity,
    about="share of the tracks in the cluster that has most of their person",
)
B3_PRECISION = Measure(
    "B3 P",
    lambda row: row.score.b3_precision,
    about="B-cubed precision: of a track's cluster, the share that is its person",
)
B3_RECALL = Measure(
    "B3 R",
    lambda row: row.score.b3_recall,
    about="B-cubed recall: of a track's person, the share that is in its cluster",
)

MAIN = (LOG_RATIO, RATIO, WCP, INVERSE, B3_PRECISION, B3_RECALL, B3_F, UNKNOWN_SHARE)
MORE = (
    Measure("ARI", lambda row: row.score.ari, about="adjusted Rand index"),
    Measure("AMI", lambda row: row.score.ami, about="adjusted mutual information"),
    Measure(
        "NMI arithmetic",
        lambda row: row.score.nmi_arithmetic,
        about="mutual information over the mean of both entropies",
    ),
    Measure(
        "NMI geometric", lambda row: row.score.nmi_geometric, about="over the root of their product"
    ),
    Measure("V", lambda row: row.score.v, about="V-measure: equals NMI arithmetic"),
    Measure("pair P", lambda row: row.score.pair_precision, about="precision over pairs of tracks"),
    Measure("pair R", lambda row: row.score.pair_recall, about="their recall"),
    Measure("pair F", lambda row: row.score.pair_f, about="and F"),
    Measure(
        "character P",
        lambda row: row.score.character_precision,
        about="people and clusters paired one to one: mean precision of the people",
    ),
    Measure("character R", lambda row: row.score.character_recall, about="and mean recall"),
    Measure(
        "clicks",
        lambda row: row.score.clicks,
        best=-1,
        about="operator clicks index: clicks to mend it all, over the number of tracks",
    ),
)


def _of(score: Score | None, name: str) -> float:
    return nan if score is None else float(getattr(score, name))


OTHER_WAYS = (
    UNKNOWN_SHARE,
    Measure(
        "WCP, known",
        lambda row: _of(row.known, "wcp"),
        about="unknown tracks left out, not clusters of their own",
    ),
    Measure("B3 F, known", lambda row: _of(row.known, "b3_f"), about="likewise"),
    Measure(
        "WCP, frames",
        lambda row: row.frame_score.wcp,
        about="frames counted, not tracks; an unknown track's frames are a cluster",
    ),
    Measure("NMI, frames", lambda row: row.frame_score.nmi_arithmetic, about="arithmetic"),
    Measure("B3 F, frames", lambda row: row.frame_score.b3_f, about="likewise"),
    Measure(
        "WCP, frames, known",
        lambda row: _of(row.known_frames, "wcp"),
        about="frames of known tracks",
    ),
    Measure("B3 F, frames, known", lambda row: _of(row.known_frames, "b3_f"), about="likewise"),
)
MEMORY = Measure(
    "MB",
    lambda row: nan if row.memory is None else row.memory,
    0,
    -1,
    "peak memory beyond the data",
)


@dataclass(frozen=True)
class Protocol:
    """Which rows may be compared with one another.

    Attributes:
        encoder: Name of the face-ID network.
        own_tracks: Whether the tracks are castlist's own.
        cannot_link: Whether methods could know which tracks share a frame.
    """

    encoder: str = models.DEFAULT_ENCODER
    own_tracks: bool = False
    cannot_link: bool = True

    @staticmethod
    def of(row: Row) -> Protocol:
        """Return a row's."""
        return Protocol(row.encoder, row.own_tracks, row.cannot_link)


def main_rows(rows: Sequence[Row]) -> list[Row]:
    """Return the rows of one protocol: the usual one if there are any, else that of most rows.

    Variants of castlist have tables of their own, and aren't among them unless there is nothing
    else. Films come first, and all else by name; methods in the order of their B-cubed F.
    """
    by = protocols([row for row in rows if row.method not in VARIANTS] or rows)
    own = by.get(Protocol()) or max(by.values(), key=len)
    found = sorted(own, key=lambda row: (not row.film, row.data, row.seed))
    scored = (groups(found) or {"": found}).popitem()[1]
    worth = {
        name: -mean([row for row in scored if row.method == name] or of, B3_F.value).value
        for name, of in by_method(found).items()
    }
    return sorted(found, key=lambda row: (worth[row.method], row.method))


def protocols(rows: Sequence[Row]) -> dict[Protocol, list[Row]]:
    """Return the rows of each protocol."""
    found: dict[Protocol, list[Row]] = {}
    for row in rows:
        found.setdefault(Protocol.of(row), []).append(row)
    return found


def part(row: Row) -> str:
    """Return the part of a table in which a row's method stands, by what it is given."""
    if row.method in TRIVIAL:
        return ENDS
    return next((title for told, title in PARTS.items() if row.given.startswith(told)), FAIR)


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
        return _in_figures(found, B3_F), found.value

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

    parts = _parts(rows, cells, [1] * len(sets))
    parts = {"": [Line(("tracks & people", "", *size))], **parts}
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
            *_unfinished(group),
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
        *_unfinished(rows),
    )


def _unfinished(rows: Sequence[Row]) -> tuple[str, ...]:
    """Name the methods that were not run on all the data sets."""
    every = len({row.data for row in rows})
    ran = {name: len({row.data for row in own}) for name, own in by_method(rows).items()}
    short = [f"{name} ({count})" for name, count in ran.items() if count < every]
    return (f"Run on fewer data sets than {every}: {', '.join(short)}.",) if short else ()


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
            _number(sum(seconds.values()) / len(seconds), 2),
            _number(max(seconds.values()), 2),
            _number(1000 * sum(row.seconds for row in own) / max(tracks, 1), 1),
            _number(max(memory.values()), 0),
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


ABLATIONS = {
    OURS: ("to the consensus of each track", "average linkage that stops by itself", "cosine"),
    "castlist-loss": ("to the consensus of each track", "the paper's Algorithm 1", "trained loss"),
    "castlist-cosine": ("to the consensus of each track", "the paper's Algorithm 1", "cosine"),
    "videoclusternet": ("as the paper", "the paper's Algorithm 1", "trained loss"),
    "videoclusternet-cosine": ("as the paper", "the paper's Algorithm 1", "cosine"),
    "frozen-cosine": ("none", "the paper's Algorithm 1", "cosine"),
    "frozen-cosine-unlinked": ("none", "the same, without cannot-links", "cosine"),
    "frozen": ("none", "average linkage that stops by itself", "cosine"),
    "frozen-unlinked": ("none", "the same, without cannot-links", "cosine"),
    "hac-others": ("none", "average linkage, threshold chosen on the other sets", "cosine"),
}
"""What castlist is put together from, and what takes the place of its parts: adaptation,
clustering rule, distance."""
LEFT_OUT = {
    "castlist-no-matching": ("without matching", "as castlist", "cosine"),
    "castlist-no-augment": ("crops aren't changed", "as castlist", "cosine"),
    "castlist-no-consensus": ("to a single crop of the track", "as castlist", "cosine"),
    "castlist-no-strength": ("all crops count alike", "as castlist", "cosine"),
    "castlist-no-poor": ("as castlist", "no track is too poor", "cosine"),
    "castlist-no-shift": ("as castlist", "the frozen encoder's limit", "cosine"),
    "castlist-no-film": ("as castlist", "the film's strangers aren't heard", "cosine"),
    "castlist-no-frozen": ("as castlist", "as castlist", "cosine, adapted network alone"),
    "castlist-unlinked": ("without cannot-links", "without cannot-links", "cosine"),
}
"""Castlist with one part left out."""


def ablations(rows: Sequence[Row]) -> Table | None:
    """Return what castlist comes to when parts of it are replaced; None if no such row is there.

    Args:
        rows: Of one protocol.
    """
    _, group = (groups(rows) or {"": list(rows)}).popitem()
    group = [row for row in group if row.method in ABLATIONS | LEFT_OUT]
    by = by_method(group)
    shown = [LOG_RATIO, RATIO, WCP, B3_F, UNKNOWN_SHARE]

    def lines(methods: Mapping[str, tuple[str, ...]]) -> list[Line]:
        return [
            Line((name, given(by[name]), *told, *_figures(by[name], shown)), ours=name == OURS)
            for name, told in methods.items()
            if name in by
        ]

    parts = {"": lines(ABLATIONS), "castlist with one part left out": lines(LEFT_OUT)}
    parts = {title: own for title, own in parts.items() if own}
    if not parts:
        return None
    columns = (
        "method",
        "given",
        "fine-tuning",
        "clustering rule",
        "distance",
        *(m.title for m in shown),
    )
    told = f"Means over {len({row.data for row in group})} data sets ± spread over the seeds."
    return Table(
        "ablations",
        "Ablations: fine-tuning, clustering rule, distance",
        columns,
        parts,
        (told, *_unfinished(group)),
        frozenset(range(5)),
    )


def by_time(rows: Sequence[Row]) -> dict[str, tuple[float, list[Row]]]:
    """Return seconds and rows of castlist adapted for less or more time, by method, in that order.

    Nothing if there are no such rows.
    """
    by = by_method([row for row in rows if row.method in ("frozen", OURS, *CURVE)])
    if not by.keys() & CURVE.keys():
        return {}
    timed = {name: (mean(own, SECONDS.value).value, own) for name, own in by.items()}
    return dict(sorted(timed.items(), key=lambda item: item[1][0]))


def curve(rows: Sequence[Row]) -> Table | None:
    """Return what comes of adapting for less or more time; None if there are no such rows.

    Args:
        rows: Of one protocol.
    """
    _, group = (groups(rows) or {"": list(rows)}).popitem()
    by = by_time(group)
    if not by:
        return None
    shown = [LOG_RATIO, WCP, B3_F, UNKNOWN_SHARE]
    lines = [
        Line((name, f"{seconds:.1f}", *_figures(own, shown)), ours=name == OURS)
        for name, (seconds, own) in by.items()
    ]
    counted = [row for _, own in by.values() for row in own]
    return Table(
        "curve",
        "Adapted for less or more time",
        ("method", "seconds", *(m.title for m in shown)),
        {"": lines},
        (
            f"Means over {len({row.data for row in counted})} data sets ± spread over the seeds. "
            "Each is a training of its own, whose learning rate falls to 0 at its end; where a "
            "film has few crops, with as many steps to each view.",
            *_unfinished(counted),
        ),
        frozenset({0}),
    )


def encoders(rows: Sequence[Row]) -> Table | None:
    """Return castlist by encoder and protocol; None if there is only one."""
    by = protocols([row for row in rows if row.pictures])
    shown = [LOG_RATIO, RATIO, WCP, B3_F, UNKNOWN_SHARE]
    lines = []
    for protocol, own in sorted(by.items(), key=lambda item: astuple(item[0])):
        _, group = (groups(own) or {"": own}).popitem()
        for name, of in by_method(group).items():
            if name in (OURS, "frozen", "hac-oracle"):
                cells = (
                    protocol.encoder,
                    "castlist's own" if protocol.own_tracks else "labelled",
                    "known" if protocol.cannot_link else "hidden",
                    name,
                    given(of),
                    str(len({row.data for row in of})),
                    *_figures(of, shown),
                )
                lines.append(Line(cells, ours=name == OURS))
    if len({line.cells[:3] for line in lines}) < 2:
        return None
    columns = (
        "encoder",
        "tracks",
        "shared frames",
        "method",
        "given",
        "sets",
        *(m.title for m in shown),
    )
    told = "Means over the data sets that were run, which may differ, ± spread over the seeds."
    return Table(
        "encoders",
        "Ablations: encoder, tracks, shared frames",
        columns,
        {"": lines},
        (told,),
        frozenset(range(5)),
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
        told = [(_in_figures(f, m), f.value) for f, m in zip(found, measures, strict=True)]
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
    return Table(name, title, columns, _parts(rows, cells, best), notes, frozenset({0, 1}))


def _lead(rows: Sequence[Row], name: str) -> tuple[str, str, str]:
    found = lead_of_ours(rows, name)
    if found is None:
        return ("", "", "")
    interval = f"{found.low:+.3f} to {found.high:+.3f}"
    return (f"{found.difference:+.3f}", interval, f"{100 * found.ahead:.1f} %")


def _parts(
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
    by_part: dict[str, dict[str, Sequence[tuple[str, float]]]] = {}
    told = {}
    for name, own in by_method(rows).items():
        by_part.setdefault(part(own[0]), {})[name] = cells(own)
        told[name] = given(own)
    order = [title for title in (FAIR, LEARNED, TOLD, ENDS) if title in by_part]
    return {title: _lines(by_part[title], told, best) for title in order}


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


def _set_order(row: Row) -> tuple[bool, str]:
    return (not row.film, row.data)


def _figures(rows: Sequence[Row], measures: Sequence[Measure]) -> list[str]:
    return [_in_figures(mean(rows, measure.value), measure) for measure in measures]


def _in_figures(found: Mean, measure: Measure) -> str:
    spread = "" if found.spread is None else f" ± {found.spread:.{measure.digits}f}"
    return f"{_number(found.value, measure.digits)}{spread}"


def _number(value: float, digits: int) -> str:
    return "–" if isnan(value) else f"{round(value, digits) + 0.0:.{digits}f}"  # not -0
