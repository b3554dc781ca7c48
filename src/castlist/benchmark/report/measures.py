"""The columns of the report's tables: what is measured of a row, and what that means."""

from __future__ import annotations

from math import nan

from castlist.benchmark.metrics import Score
from castlist.benchmark.summary import B3_F, LOG_RATIO, RATIO, UNKNOWN_SHARE, WCP, Measure

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
