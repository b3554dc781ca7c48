"""What castlist comes to with other parts, fewer, less or more time, and another network."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import astuple

from castlist.benchmark.report.lines import measured, unfinished
from castlist.benchmark.report.protocol import protocols
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
    by_method,
    given,
    mean,
    widest,
)
from castlist.benchmark.variants import CURVE

SHOWN = (LOG_RATIO, RATIO, WCP, B3_F, UNKNOWN_SHARE)
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
    _, group = widest(rows)
    group = [row for row in group if row.method in ABLATIONS | LEFT_OUT]
    by = by_method(group)

    def lines(methods: Mapping[str, tuple[str, ...]]) -> list[Line]:
        return [
            Line((name, given(by[name]), *told, *measured(by[name], SHOWN)), ours=name == OURS)
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
        *(m.title for m in SHOWN),
    )
    told = f"Means over {len({row.data for row in group})} data sets ± spread over the seeds."
    return Table(
        "ablations",
        "Ablations: fine-tuning, clustering rule, distance",
        columns,
        parts,
        (told, *unfinished(group)),
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
    _, group = widest(rows)
    by = by_time(group)
    if not by:
        return None
    shown = [LOG_RATIO, WCP, B3_F, UNKNOWN_SHARE]
    lines = [
        Line((name, f"{seconds:.1f}", *measured(own, shown)), ours=name == OURS)
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
            *unfinished(counted),
        ),
        frozenset({0}),
    )


def encoders(rows: Sequence[Row]) -> Table | None:
    """Return castlist by encoder and protocol; None if there is only one."""
    by = protocols([row for row in rows if row.pictures])
    lines = []
    for protocol, own in sorted(by.items(), key=lambda item: astuple(item[0])):
        _, group = widest(own)
        for name, of in by_method(group).items():
            if name in (OURS, "frozen", "hac-oracle"):
                cells = (
                    protocol.encoder,
                    "castlist's own" if protocol.own_tracks else "labelled",
                    "known" if protocol.cannot_link else "hidden",
                    name,
                    given(of),
                    str(len({row.data for row in of})),
                    *measured(of, SHOWN),
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
        *(m.title for m in SHOWN),
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
