"""Means, pooled rows, and who is ahead of whom; and the tables that are printed of them."""

import math

import numpy as np
import pytest
from made_sets import row

from castlist.benchmark.metrics import contingency, score
from castlist.benchmark.summary import (
    B3_F,
    LOG_RATIO,
    Mean,
    groups,
    in_words,
    lead,
    lead_of_ours,
    mean,
    per_set,
    pool,
    tables,
)

PERFECT, ONE, SINGLE = [0, 0, 1, 1], [0, 0, 0, 0], [0, 1, 2, 3]


def wcp(found):
    return found.score.wcp


def test_means_are_over_sets_and_the_spread_is_over_seeds():
    rows = [
        row("random", "x", PERFECT, seed=0),
        row("random", "x", ONE, seed=1),
        row("random", "y", ONE, seed=0),
        row("random", "y", ONE, seed=1),
    ]
    assert mean(rows, wcp) == Mean((0.75 + 0.5) / 2, np.std([0.75, 0.5], ddof=1))
    assert mean(rows[:1], wcp) == Mean(1.0)
    assert per_set(rows, wcp) == {"x": 0.75, "y": 0.5}


def test_a_seed_that_was_not_run_everywhere_does_not_spread():
    rows = [row("random", data, PERFECT, seed=seed) for data in "xy" for seed in (0, 1)]
    unfinished = row("random", "x", ONE, seed=2)
    assert mean([*rows, unfinished], wcp) == Mean(((1 + 1 + 0.5) / 3 + 1) / 2, 0.0)


def test_the_ratio_is_as_far_from_one_either_way():
    assert LOG_RATIO.value(row("m", "x", PERFECT)) == 0
    assert LOG_RATIO.value(row("m", "x", ONE)) == pytest.approx(math.log(2))
    assert LOG_RATIO.value(row("m", "x", SINGLE)) == pytest.approx(math.log(2))
    assert math.isfinite(LOG_RATIO.value(row("m", "x", [-1] * 4)))  # no character at all


def test_pooled_is_one_table_of_all_tracks():
    """People of one name in two films are two people; cluster 0 here and there are two clusters."""
    rows = [row("m", "x", [0, 0, 1, -1]), row("m", "y", [0, 1, 1], "aab", film=False)]
    (pooled,) = pool(rows, "all")
    assert (pooled.data, pooled.frames.tolist()) == ("all", [1, 2, 3, 4, 1, 2, 3])
    literal = score(contingency(["xa", "xa", "xb", "xb", "ya", "ya", "yb"], [0, 0, 1, 9, 2, 3, 3]))
    assert pooled.score.b3_f == literal.b3_f
    assert pooled.score.wcp == 6 / 7
    assert (pooled.score.people, pooled.score.characters) == (4, 4)  # unknown is no character
    assert pooled.unknown == 1 / 7
    assert (pooled.seconds, pooled.memory) == (2.0, 10.0)
    assert pooled.score.b3_f != mean(rows, B3_F.value).value


def test_seeds_are_pooled_one_by_one():
    rows = [row("m", data, ONE, seed=seed) for data in "xy" for seed in (0, 1)]
    pooled = pool([*rows, row("m", "x", ONE, seed=2), row("n", "x", ONE)], "all")
    assert [(r.method, r.seed, len(r.labels)) for r in pooled] == [
        ("m", 0, 8),
        ("m", 1, 8),
        ("n", 0, 4),
    ]


def test_a_lead_is_a_mean_of_paired_differences():
    one, other = [0.9, 0.8, 0.95, 0.7], [0.85, 0.85, 0.9, 0.6]
    found = lead(one, other)
    assert found.difference == pytest.approx(np.mean(one) - np.mean(other))
    rng = np.random.default_rng(0)
    apart = np.array(one) - other
    drawn = [apart[chosen].mean() for chosen in rng.integers(0, 4, (10_000, 4))]
    assert (found.low, found.high) == pytest.approx(tuple(np.quantile(drawn, [0.025, 0.975])))
    assert found.ahead == np.mean(np.array(drawn) > 1e-12)
    assert found.low < found.difference < found.high
    back = lead(other, one)
    assert back.difference == -found.difference
    assert back.low == pytest.approx(-found.high)


def test_a_lead_on_every_set_is_certain_and_none_is_none():
    assert lead([0.9, 0.8], [0.8, 0.7]).ahead == 1
    same = lead([0.9, 0.8], [0.9, 0.8])
    assert (same.difference, same.low, same.high, same.ahead) == (0, 0, 0, 0)


def test_the_lead_is_taken_on_sets_that_both_were_run_on():
    rows = [row("castlist", data, PERFECT) for data in "xyz"]
    rows += [row("other", data, ONE) for data in "xy"]
    found = lead_of_ours(rows, "other")
    assert found.difference == pytest.approx(1 - 2 / 3)
    assert found.ahead == 1
    assert lead_of_ours(rows, "castlist") is None
    assert lead_of_ours(rows[:4], "other") is None  # one set says nothing
    assert lead_of_ours(rows[3:], "other") is None
    assert in_words(None) == ""
    assert in_words(found) == "+0.333, 100%\n[+0.333, +0.333]"


def test_tables_show_means_and_spread():
    found = tables(
        [
            row("castlist", "x", PERFECT, given="cannot-links"),
            row("random", "x", PERFECT, seed=0),
            row("random", "x", ONE, seed=1),
            row("castlist", "y", ONE),
            row("random", "y", SINGLE, seed=0),
            row("random", "y", SINGLE, seed=1),
            row("castlist", "z", SINGLE, film=False),
            row("castlist", "z>=3", ONE, film=False, whole=False),
        ]
    )
    assert list(found) == [
        "x: 4 tracks of 2 people",
        "y: 4 tracks of 2 people",
        "z: 4 tracks of 2 people",
        "z>=3: 4 tracks of 2 people",
        "Mean over 2 films",
        "Mean over 3 data sets",
    ]
    fixed, random = found["x: 4 tracks of 2 people"]
    assert fixed["B3 F"] == "1.000"
    assert (random["found"], random["ratio"]) == ("1.5\n± 0.7", "0.75\n± 0.35")
    assert random["WCP"] == "0.750\n± 0.354"
    fixed, random = found["Mean over 2 films"]
    assert (fixed["given"], fixed["WCP"]) == ("cannot-links / nothing", "0.750")
    assert (fixed["ratio"], fixed["|ln r|"]) == ("0.75", "0.35")  # of 1 and 1/2; 0 and ln 2
    assert random["ratio"] == "1.38\n± 0.18"  # 1.5 of 1 and 2; 1.25 of 1/2 and 2
    assert random["WCP"] == "0.875\n± 0.177"
    assert fixed["castlist ahead by"] == ""
    assert random["castlist ahead by"].startswith("+0.083")  # of 1 - .833 and 2/3 - 2/3, in B3 F
    fixed, _ = found["Mean over 3 data sets"]
    assert fixed["WCP"] == f"{(1 + 0.5 + 1) / 3:.3f}"


def test_a_mean_over_fewer_sets_says_so():
    rows = [row("frozen", data, PERFECT) for data in "xy"] + [row("hdbscan", "x", ONE)]
    assert [line["method"] for line in tables(rows)["Mean over 2 films"]] == [
        "frozen",
        "hdbscan (1)",
    ]


def test_means_are_told_once_and_not_of_one_set():
    one, other = row("fixed", "x", PERFECT), row("fixed", "y", ONE)
    assert groups([one]) == {}
    assert groups([one, other]) == {"2 films": [one, other]}
    assert list(tables([one]))[1:] == []
    part = row("fixed", "y>=3", ONE, whole=False, film=False)
    assert groups([one, other, part]) == {"2 films": [one, other]}
