"""What rows come to: means over data sets and seeds, all tracks pooled, and who is ahead of whom.

Three quantities that are easily taken for one another, and here never are: the figure of one data
set; the *mean* of the figures of several; the *pooled* figure, of one table with the tracks of
several in it, where people and clusters of different data sets are different.
"""

from __future__ import annotations

import math
from collections import defaultdict
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass, replace
from statistics import fmean, stdev

import numpy as np

from castlist.benchmark.case import Method
from castlist.benchmark.rows import Row
from castlist.cluster.labels import UNKNOWN

OURS = "castlist"
"""The method that all others are held against."""
RESAMPLES = 10_000
INTERVAL = (0.025, 0.975)

Value = Callable[[Row], float]
_NONE: Mapping[str, Method] = {}


@dataclass(frozen=True)
class Measure:
    """A measure of rows.

    Attributes:
        title: Its name in tables.
        value: The measure of a row; nan where there is none.
        digits: Behind the point.
        best: 1 if more is better, -1 if less is, 0 if neither.
        about: What it is, in a sentence.
    """

    title: str
    value: Value
    digits: int = 3
    best: int = 1
    about: str = ""


def log_ratio(row: Row) -> float:
    """Return how far the ratio is from 1, be it too high or too low: its logarithm without sign."""
    return abs(math.log(row.score.ratio or 1e-9))


FOUND = Measure("found", lambda row: row.score.characters, 1, 0, "clusters")
RATIO = Measure("ratio", lambda row: row.score.ratio, 2, 0, "clusters over people; 1 is best")
LOG_RATIO = Measure(
    "|ln r|", log_ratio, 2, -1, "how far the ratio is from 1: its logarithm, without the sign"
)
WCP = Measure("WCP", lambda row: row.score.wcp, about="weighted cluster purity")
B3_F = Measure("B3 F", lambda row: row.score.b3_f, about="B-cubed F")
UNKNOWN_SHARE = Measure(
    "unknown", lambda row: row.unknown, best=-1, about="share of the tracks placed nowhere"
)
SECONDS = Measure("seconds", lambda row: row.seconds, 2, -1, "of the method, on one thread")


@dataclass(frozen=True)
class Mean:
    """A mean over data sets.

    Attributes:
        value: Of the data sets' means over the seeds.
        spread: Standard deviation, of a sample, of the seeds' means over the data sets; None for
            one seed.
    """

    value: float
    spread: float | None = None


def mean(rows: Sequence[Row], value: Value) -> Mean:
    """Return the mean of a method's rows over data sets, and its spread over seeds.

    A seed that hasn't been run on all the data sets doesn't count in the spread.
    """
    by_set: dict[str, list[float]] = defaultdict(list)
    by_seed: dict[int, list[float]] = defaultdict(list)
    for row in rows:
        found = value(row)
        by_set[row.data].append(found)
        by_seed[row.seed].append(found)
    whole = [fmean(found) for found in by_seed.values() if len(found) == len(by_set)]
    return Mean(
        fmean(fmean(found) for found in by_set.values()), stdev(whole) if len(whole) > 1 else None
    )


def pool(rows: Sequence[Row], name: str) -> list[Row]:
    """Put the tracks of several data sets together: a row a method and seed.

    People and clusters of different data sets are different. Seeds that haven't been run on all
    the data sets of their method are left out.

    Args:
        rows: Of any methods.
        name: What all the data sets together are called.
    """
    by_seed: dict[tuple[str, int], list[Row]] = defaultdict(list)
    sets: dict[str, set[str]] = defaultdict(set)
    for row in rows:
        by_seed[row.method, row.seed].append(row)
        sets[row.method].add(row.data)
    return [_pooled(own, name) for (who, _), own in by_seed.items() if len(own) == len(sets[who])]


def _pooled(rows: Sequence[Row], name: str) -> Row:
    rows = sorted(rows, key=lambda row: row.data)
    identity, labels, used = [], [], 0
    for number, row in enumerate(rows):
        identity += [f"{number}/{who}" for who in row.identity.tolist()]
        labels.append(np.where(row.labels == UNKNOWN, UNKNOWN, row.labels + used))
        used += int(row.labels.max(initial=UNKNOWN)) + 1
    memory = [row.memory for row in rows if row.memory is not None]
    return replace(
        rows[0],
        data=name,
        given=given(rows),
        identity=np.array(identity, np.str_),
        labels=np.concatenate(labels),
        frames=np.concatenate([row.frames for row in rows]),
        crops=np.concatenate([row.crops for row in rows]),
        adapted=None,
        seconds=sum(row.seconds for row in rows),
        memory=max(memory, default=None),
    )


@dataclass(frozen=True)
class Lead:
    """By how much one method is ahead of another on some data sets.

    Attributes:
        difference: Of their means over the data sets.
        low: Lower end of the 95 % interval of the difference, by paired bootstrap.
        high: Its upper end.
        ahead: Share of the resamples in which the difference is above 0.
    """

    difference: float
    low: float
    high: float
    ahead: float


def lead(one: Sequence[float], other: Sequence[float]) -> Lead:
    """Compare two methods by a paired bootstrap over data sets (Efron and Tibshirani, 1993).

    The data sets are drawn with replacement, as many as there are, `RESAMPLES` times; each time
    both methods are compared on what was drawn.

    Args:
        one: A figure of each data set, (n,), of the method that may be ahead.
        other: Of the other method, in the same order.
    """
    apart = np.subtract(one, other)
    drawn = np.random.default_rng(0).integers(0, len(apart), (RESAMPLES, len(apart)))
    differences = apart[drawn].mean(axis=1)
    low, high = np.quantile(differences, INTERVAL)
    ahead = float((differences > 1e-12).mean())
    return Lead(float(apart.mean()), float(low), float(high), ahead)


def lead_of_ours(rows: Sequence[Row], name: str, value: Value = B3_F.value) -> Lead | None:
    """Return by how much castlist is ahead of a method on the data sets that both were run on.

    None for castlist itself, and where these are fewer than two.
    """
    ours, other = (per_set([row for row in rows if row.method == n], value) for n in (OURS, name))
    both = [data for data in ours if data in other]
    if name == OURS or len(both) < 2:
        return None
    return lead([ours[data] for data in both], [other[data] for data in both])


def per_set(rows: Sequence[Row], value: Value) -> dict[str, float]:
    """Return a method's mean over the seeds of each data set."""
    names = dict.fromkeys(row.data for row in rows)
    return {name: fmean(value(row) for row in rows if row.data == name) for name in names}


def by_method(rows: Sequence[Row]) -> dict[str, list[Row]]:
    """Return the rows of each method."""
    found: dict[str, list[Row]] = {}
    for row in rows:
        found.setdefault(row.method, []).append(row)
    return found


def given(rows: Sequence[Row]) -> str:
    """Say in words what a method was given on some data sets."""
    return " / ".join(dict.fromkeys(row.given for row in rows))


def groups(rows: Sequence[Row]) -> dict[str, list[Row]]:
    """Return the groups of data sets that means are taken over, by what they are called.

    A crops folder counts once, with all its tracks. Of one data set there is no mean.
    """
    films = [row for row in rows if row.film]
    whole = [row for row in rows if row.whole]
    found: dict[str, list[Row]] = {}
    for title, group in {"films": films, "data sets": whole}.items():
        count = len({row.data for row in group})
        if count > 1 and group not in found.values():
            found[f"{count} {title}"] = group
    return found


def widest(rows: Sequence[Row]) -> tuple[str, list[Row]]:
    """Return the group of most data sets and what it is called; of one data set, its rows."""
    alone = {next((row.data for row in rows), ""): list(rows)}
    return (groups(rows) or alone).popitem()


def tables(
    rows: Sequence[Row], methods: Mapping[str, Method] = _NONE
) -> dict[str, list[dict[str, str]]]:
    """Return what to print, by title: a table a data set, and the means over several.

    What differs between seeds is told as mean ± standard deviation. There is no mean over data
    sets of different encoders.

    Args:
        rows: What was found.
        methods: All that were to be run, by name: of each that is missing in a data set it is told
            why.
    """
    found = {}
    for name in dict.fromkeys(row.data for row in rows):
        own = [row for row in rows if row.data == name]
        size = f"{own[0].score.tracks} tracks of {own[0].score.people} people"
        shown = [FOUND, *_PRINTED]
        found[f"{name}: {size}"] = [*_table(own, shown), *_left_out(own, methods, shown)]
    encoders = dict.fromkeys(row.encoder for row in rows)
    for encoder in encoders:
        by = f", {encoder}" if len(encoders) > 1 else ""
        for title, group in groups([row for row in rows if row.encoder == encoder]).items():
            found[f"Mean over {title}{by}"] = _table(group, [LOG_RATIO, *_PRINTED])
    return found


def _left_out(
    rows: Sequence[Row], methods: Mapping[str, Method], measures: Sequence[Measure]
) -> list[dict[str, str]]:
    """Return a line of dashes for each method that has no row on a data set."""
    why = left_out(rows, methods)
    return [
        {"method": name, "given": told, **{measure.title: "–" for measure in measures}}
        for name, told in why.items()
    ]


def left_out(rows: Sequence[Row], methods: Mapping[str, Method]) -> dict[str, str]:
    """Say in words why methods have no row on a data set, by name."""
    here = {row.method for row in rows}
    return {
        name: way.lacks(pictures=rows[0].pictures, others=False)
        for name, way in methods.items()
        if name not in here
    }


_PRINTED = (RATIO, WCP, B3_F, UNKNOWN_SHARE, SECONDS)


def _table(rows: Sequence[Row], measures: Sequence[Measure]) -> list[dict[str, str]]:
    """Return a line a method; with how many data sets it was run on, if not on all."""
    lines, every = [], len({row.data for row in rows})
    for name, own in by_method(rows).items():
        ran = len({row.data for row in own})
        line = {"method": name if ran == every else f"{name} ({ran})", "given": given(own)}
        for measure in measures:
            found = mean(own, measure.value)
            spread = "" if found.spread is None else f"\n± {found.spread:.{measure.digits}f}"
            line[measure.title] = f"{found.value:.{measure.digits}f}{spread}"
        if any(row.method == OURS for row in rows) and every > 1:
            line[AHEAD] = in_words(lead_of_ours(rows, name))
        lines.append(line)
    return lines


AHEAD = f"{OURS} ahead by"


def in_words(found: Lead | None) -> str:
    """Write a lead as difference and share of the resamples, and below it the 95 % interval."""
    if found is None:
        return ""
    return f"{found.difference:+.3f}, {found.ahead:.0%}\n[{found.low:+.3f}, {found.high:+.3f}]"
