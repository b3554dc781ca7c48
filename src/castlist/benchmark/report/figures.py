"""The report's figures: bars, points, and maps of tracks; drawn for light and for dark pages.

Nothing of a film's pictures is shown. Data sets may be called anything, so no text is markup.
"""

from __future__ import annotations

import io
import re
from collections.abc import Callable, Iterator, Mapping, Sequence
from contextlib import contextmanager
from dataclasses import dataclass
from typing import TYPE_CHECKING, Any

import numpy as np
from numpy.typing import NDArray
from scipy.optimize import linear_sum_assignment

from castlist.benchmark.metrics import contingency
from castlist.benchmark.report.ablations import by_time
from castlist.benchmark.report.lines import ENDS, FAIR, LEARNED, TOLD, part
from castlist.benchmark.rows import Row
from castlist.benchmark.summary import B3_F, OURS, RATIO, by_method, groups, mean, per_set
from castlist.cluster.likeness import track_means
from castlist.errors import MissingExtraError
from castlist.faces.types import Floats, Ints
from castlist.report.adaptation import layout
from castlist.report.colours import SURFACES, palette

if TYPE_CHECKING:
    from matplotlib.axes import Axes
    from matplotlib.figure import Figure

INKS = (("#1c1d20", "#5c6066", "#e2e2de"), ("#ececef", "#a3a8b0", "#2d3037"))
"""Text, lesser text and lines in the light and the dark scheme; as the style sheet has them."""
GREYS = ("#a9acb1", "#666b74")
"""Of tracks placed nowhere, in either scheme."""
DPI = 160
BEST = 3
"""Methods that are named of each part where there are too many."""
FEWEST = 5
"""Tracks below which there is nothing to map."""

Points = NDArray[np.float32]


@dataclass(frozen=True)
class Drawn:
    """A figure.

    Attributes:
        name: Of its files.
        title: What it shows.
        note: How to read it.
        svg: For light pages.
        dark: For dark pages.
        png: For light pages.
    """

    name: str
    title: str
    note: str
    svg: str
    dark: str
    png: bytes


def bars(rows: Sequence[Row], over: str) -> Drawn:
    """Draw the mean B-cubed F of each method, with its spread over the seeds.

    Args:
        rows: In order of method.
        over: What the means are over.
    """
    found = {name: mean(own, B3_F.value) for name, own in by_method(rows).items()}
    own_part = {row.method: part(row) for row in rows}
    order = [n for title in (FAIR, LEARNED, TOLD, ENDS) for n in found if own_part[n] == title]

    def draw(figure: Figure, scheme: int) -> None:
        axes = figure.subplots()
        colour = _part_colours(scheme)
        for place, name in enumerate(order):
            value, spread = found[name].value, found[name].spread
            axes.barh(
                place,
                value,
                0.68,
                color=colour[own_part[name]],
                xerr=spread or None,
                ecolor=INKS[scheme][0],
            )
            end = value + (spread or 0) + 0.008
            axes.text(end, place, f"{value:.3f}", va="center", fontsize=8.5)
        axes.set_yticks(range(len(order)), order)
        for label in axes.get_yticklabels():
            label.set_fontweight("bold" if label.get_text() == OURS else "normal")
        axes.invert_yaxis()
        axes.margins(y=0.02)
        axes.set_xlim(0, 1.1)
        axes.set_xticks(np.linspace(0, 1, 6))
        axes.set_xlabel(f"B-cubed F, mean of {over}")
        axes.grid(axis="x")
        axes.tick_params(axis="y", length=0)
        _legend(figure, axes, colour, [t for t in colour if t in own_part.values()])

    return _drawn(
        "bars",
        f"B-cubed F, mean of {over}",
        "Lines at the ends are the standard deviation over the seeds, where a method is random.",
        (7.2, 0.27 * len(order) + 1.3),
        draw,
    )


def scatter(rows: Sequence[Row], over: str) -> Drawn:
    """Draw B-cubed F over the cluster ratio: a mark a method, a small dot a data set.

    Args:
        rows: In order of method.
        over: What the means are over.
    """
    points = {}
    for name, own in by_method([row for row in rows if part(row) != ENDS]).items():
        ratio, b3 = per_set(own, RATIO.value), per_set(own, B3_F.value)
        x = np.log2(np.maximum(list(ratio.values()), 1 / 64))
        points[name] = (x, np.array(list(b3.values())))
    own_part = {row.method: part(row) for row in rows}
    order = sorted(points, key=lambda name: -points[name][1].mean())
    of_part = {title: [n for n in order if own_part[n] == title] for title in (LEARNED, TOLD)}
    best = [name for names in of_part.values() for name in names[:BEST]]
    named = [name for name in order if own_part[name] == FAIR or name in best]

    def draw(figure: Figure, scheme: int) -> None:
        axes = figure.subplots()
        colour = _part_colours(scheme)
        axes.axvline(0, color=INKS[scheme][1], linewidth=0.8, zorder=0)
        for name in order:
            x, y = points[name]
            shade = colour[own_part[name]]
            axes.scatter(x, y, 7, color=shade, alpha=0.35, linewidths=0)
            axes.scatter(x.mean(), y.mean(), 46, color=shade, edgecolors=SURFACES[scheme], zorder=3)
        low, high = axes.get_ylim()
        means = [points[name][1].mean() for name in named]
        for name, place in zip(named, _apart(means, low, high), strict=True):
            x, y = points[name][0].mean(), points[name][1].mean()
            axes.annotate(
                name,
                (x, y),
                (1.05, (place - low) / (high - low)),
                textcoords="axes fraction",
                va="center",
                fontsize=8,
                fontweight="bold" if name == OURS else "normal",
                arrowprops={
                    "arrowstyle": "-",
                    "linewidth": 0.5,
                    "color": INKS[scheme][1],
                    "relpos": (0, 0.5),
                },
            )
        axes.set_ylim(low, high)
        ticks = range(int(np.floor(axes.get_xlim()[0])), int(np.ceil(axes.get_xlim()[1])) + 1)
        axes.set_xticks(ticks, [f"1/{2**-t}" if t < 0 else str(2**t) for t in ticks])
        axes.set_xlabel("clusters over people")
        axes.set_ylabel("B-cubed F")
        axes.grid()
        _legend(figure, axes, colour, [t for t in colour if t in own_part.values() and t != ENDS])

    return _drawn(
        "ratio",
        "B-cubed F over the cluster ratio",
        f"A large mark is a method's mean over {over} (of the ratio the geometric one), a small "
        "one a data set. The ends of the scale are left out; of each part that is given more than "
        f"the tracks the best {BEST} are named.",
        (7.2, 4.6),
        draw,
    )


def curve(rows: Sequence[Row]) -> Drawn | None:
    """Draw B-cubed F over the time that castlist was adapted; None if it was always the same.

    Args:
        rows: Of one protocol.
    """
    lines = {
        title: [(seconds, mean(own, B3_F.value)) for seconds, own in by.values()]
        for title, group in (groups(rows) or {rows[0].data: list(rows)}).items()
        if (by := by_time(group))
    }
    if not lines:
        return None

    def draw(figure: Figure, scheme: int) -> None:
        axes = figure.subplots()
        for (title, points), pair in zip(lines.items(), palette(), strict=False):
            x = [seconds for seconds, _ in points]
            y, spread = zip(*((b3.value, b3.spread or 0.0) for _, b3 in points), strict=True)
            axes.errorbar(x, y, spread, marker="o", color=pair[scheme], label=title)
        axes.set_xlabel("seconds of adaptation on one thread, mean")
        axes.set_ylabel("B-cubed F")
        axes.grid()
        axes.legend()

    return _drawn(
        "curve",
        "B-cubed F over the time of training",
        "On the left the network as it came. Each point is a training of its own, whose learning "
        "rate falls to 0 at its end. Bars are the standard deviation over the seeds.",
        (7.2, 3.8),
        draw,
    )


def maps(name: str, row: Row, frozen: Row | None, before: Floats, after: Floats) -> Drawn | None:
    """Draw a data set's tracks by t-SNE before and after adaptation, true and predicted.

    Args:
        name: Of the figure.
        row: What the adapted method found.
        frozen: What the network found as it came, if that is known.
        before: Shape (N, d): the crops' embeddings by the network as it came.
        after: Shape (N, d): by the adapted one.

    Returns:
        The figure; None where there are too few tracks.
    """
    if len(row.labels) < FEWEST:
        return None
    track = np.repeat(np.arange(len(row.crops)), row.crops)
    first = layout(track_means(before, track), None)
    second = layout(track_means(after, track), first)
    truth = person_colours(row.identity)
    panels: list[tuple[str, Points, Ints]] = [
        ("Before: people", first, truth),
        ("After: people", second, truth),
    ]
    if frozen is not None:
        panels.insert(
            1, ("Before: clusters", first, cluster_colours(row.identity, frozen.labels, truth))
        )
    panels.append(("After: clusters", second, cluster_colours(row.identity, row.labels, truth)))
    grid = (2, 2) if len(panels) == 4 else (1, 3)

    def draw(figure: Figure, scheme: int) -> None:
        shades = [pair[scheme] for pair in palette()]
        for axes, (title, points, group) in zip(figure.subplots(*grid).flat, panels, strict=True):
            colours = [GREYS[scheme] if g < 0 else shades[g % len(shades)] for g in group]
            axes.scatter(*points.T, 44, color=colours, edgecolors=SURFACES[scheme], linewidths=0.5)
            axes.set_title(title, fontsize=10, loc="left")
            axes.set_xticks([])
            axes.set_yticks([])
            axes.margins(0.07)
            axes.set_aspect("equal", "datalim")
            axes.spines[:].set_visible(True)

    before_b3 = "" if frozen is None else f"{frozen.score.b3_f:.3f} before, "
    return _drawn(
        name,
        row.data,
        f"{len(row.labels)} tracks of {row.score.people} people. B-cubed F {before_b3}"
        f"{row.score.b3_f:.3f} after.",
        (7.2, 7.2 * grid[0] / grid[1]),
        draw,
    )


def person_colours(identity: NDArray[np.str_]) -> Ints:
    """Number people by falling number of tracks, (T,)."""
    _, number, count = np.unique(identity, return_inverse=True, return_counts=True)
    rank = np.empty(len(count), np.int64)
    rank[np.argsort(-count, kind="stable")] = np.arange(len(count))
    return rank[number]


def cluster_colours(identity: NDArray[np.str_], labels: Ints, people: Ints) -> Ints:
    """Number clusters so that each has the number of the person it is paired with, (T,).

    Pairs are one to one, so as to share most tracks; clusters left over have further numbers,
    tracks in no cluster -1.

    Args:
        identity: Shape (T,): who each track is.
        labels: Shape (T,): cluster of each track.
        people: Shape (T,): number of each person, as of `person_colours`.
    """
    known = labels >= 0
    if not known.any():
        return np.full(len(labels), -1)
    table = contingency(identity, labels, unknown="out")
    names, clusters = np.unique(identity[known]), np.unique(labels[known])
    number = {who: int(people[identity == who][0]) for who in names}
    row, column = linear_sum_assignment(table, maximize=True)
    found = {
        int(clusters[c]): number[names[r]] for r, c in zip(row, column, strict=True) if table[r, c]
    }
    further = int(people.max()) + 1
    for cluster in clusters.tolist():
        if cluster not in found:
            found[cluster] = further
            further += 1
    return np.array([found.get(int(label), -1) for label in labels], np.int64)


def file_name(number: int, data: str) -> str:
    """Return a name for the files of a data set's map, whatever the data set is called."""
    return f"map-{number:02d}-{re.sub(r'[^A-Za-z0-9]+', '-', data).strip('-')[:40]}"


def _drawn(
    name: str,
    title: str,
    note: str,
    size: tuple[float, float],
    draw: Callable[[Figure, int], None],
) -> Drawn:
    """Draw a figure for both schemes."""
    light, dark = io.StringIO(), io.StringIO()
    png = io.BytesIO()
    for scheme, target in enumerate((light, dark)):
        with _style(scheme, name) as figure_class:
            figure = figure_class(figsize=size, layout="constrained")
            draw(figure, scheme)
            figure.savefig(target, format="svg", metadata={"Date": None})
            if not scheme:
                figure.savefig(png, format="png", dpi=DPI, metadata={"Software": None})
    return Drawn(name, title, note, light.getvalue(), dark.getvalue(), png.getvalue())


@contextmanager
def _style(scheme: int, salt: str) -> Iterator[type[Figure]]:
    """Have matplotlib draw as the page looks; the same input gives the same bytes."""
    try:
        from matplotlib import style
        from matplotlib.figure import Figure
    except ImportError as error:
        raise MissingExtraError("figures", "the benchmark's report") from error
    text, lesser, line = INKS[scheme]
    look: dict[str, Any] = {
        "figure.facecolor": SURFACES[scheme],
        "axes.facecolor": SURFACES[scheme],
        "savefig.facecolor": SURFACES[scheme],
        "text.color": text,
        "axes.labelcolor": lesser,
        "axes.edgecolor": line,
        "axes.titlecolor": text,
        "xtick.color": lesser,
        "ytick.color": text,
        "grid.color": line,
        "axes.axisbelow": True,
        "axes.spines.top": False,
        "axes.spines.right": False,
        "errorbar.capsize": 2.5,
        "font.size": 9.5,
        "legend.frameon": False,
        "text.parse_math": False,
        "svg.hashsalt": salt,
    }
    with style.context(["default", look]):
        yield Figure


def _legend(figure: Figure, axes: Axes, colour: Mapping[str, str], titles: Sequence[str]) -> None:
    marks = [axes.scatter([], [], 40, color=colour[title]) for title in titles]
    figure.legend(marks, titles, loc="outside lower left", ncols=2, fontsize=8.5)


def _part_colours(scheme: int) -> dict[str, str]:
    shades = [pair[scheme] for pair in palette()]
    return {FAIR: shades[0], LEARNED: shades[1], TOLD: shades[2], ENDS: GREYS[scheme]}


def _apart(places: Sequence[float], low: float, high: float) -> list[float]:
    """Move places, which fall, so far apart that labels fit, all between low and high."""
    gap = (high - low) / max(len(places) + 1, 26)
    moved: list[float] = []
    for place in places:
        moved.append(min(place, moved[-1] - gap) if moved else min(place, high))
    if moved and moved[-1] < low:  # too low: the last ones move up again
        moved[-1] = low
        for n in range(len(moved) - 2, -1, -1):
            moved[n] = max(moved[n], moved[n + 1] + gap)
    return moved
