"""Casts scored face by face: by hand, and against a literal walk over all boxes."""

import json
from dataclasses import asdict
from itertools import combinations

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from castlist.benchmark.casts import rows
from castlist.benchmark.end_to_end import EndToEnd, end_to_end, pool
from castlist.benchmark.truth import TrueTrack
from castlist.tracks.types import Tracks

PLACES = 4
"""Faces are at a few places far apart, so that a box matches the one at its own place."""


def boxes(places):
    left = 100 * np.asarray(places, np.float32).reshape(-1)
    return np.stack([left, left * 0, left + 50, left * 0 + 50], axis=1)


def labelled(who, frames, place):
    return TrueTrack(who, np.array(frames, np.int64), boxes([place] * len(frames)))


def ours(*tracks):
    """Tracks of ours, each (frames, place)."""
    track = np.repeat(np.arange(len(tracks)), [len(frames) for frames, _ in tracks])
    frame = np.concatenate([np.zeros(0, np.int64), *(np.array(f, np.int64) for f, _ in tracks)])
    place = np.repeat([place for _, place in tracks], [len(frames) for frames, _ in tracks])
    no = np.zeros(len(track), bool)
    return Tracks(track, track * 0, frame, frame, boxes(place), np.ones(len(track)), ~no, no)


def test_a_case_done_by_hand():
    """Person a is seen on 4 frames and found on 3; b on 2 of 2; one track is of nothing."""
    truth = [labelled("a", range(4), 0), labelled("b", range(2), 1)]
    mine = ours((range(3), 0), (range(2), 1), (range(5), 3))
    found = end_to_end(truth, mine, np.array([0, 1, 1])).score
    assert (found.boxes, found.ours) == (6, 10)
    assert (found.missed, found.false) == (1 / 6, 5 / 10)
    # cluster 0 is pure; of cluster 1's seven boxes two are b
    assert found.b3_precision == pytest.approx((3 * 1 + 2 * 2 / 7) / 10)
    assert found.b3_recall == pytest.approx((3 * 3 / 4 + 2 * 1) / 6)
    assert (found.pair_precision, found.pair_recall) == ((3 + 1) / (3 + 21), (3 + 1) / (6 + 1))


def test_a_perfect_cast_is_perfect():
    truth = [labelled("a", range(4), 0), labelled("b", range(2), 1)]
    found = end_to_end(truth, ours((range(4), 0), (range(2), 1)), np.array([1, 0])).score
    assert asdict(found) == asdict(
        EndToEnd(
            boxes=6,
            ours=6,
            missed=0,
            false=0,
            b3_precision=1,
            b3_recall=1,
            b3_f=1,
            pair_precision=1,
            pair_recall=1,
            pair_f=1,
        )
    )


def test_people_who_are_not_scored_are_left_out():
    truth = [labelled("a", range(4), 0), labelled("unsure", range(6), 1)]
    found = end_to_end(truth, ours((range(4), 0), (range(6), 1)), np.array([0, 0])).score
    assert (found.boxes, found.ours, found.false, found.b3_f) == (4, 4, 0, 1)


def test_unknown_tracks_are_alone_or_missed():
    truth = [labelled("a", range(4), 0), labelled("a", range(4, 6), 1)]
    mine = ours((range(4), 0), (range(4, 6), 1))
    single = end_to_end(truth, mine, np.array([0, -1])).score
    assert (single.missed, single.ours) == (0, 6)
    assert single.b3_recall == pytest.approx((4 * 4 / 6 + 2 * 2 / 6) / 6)
    out = end_to_end(truth, mine, np.array([0, -1]), unknown="out").score
    assert (out.missed, out.ours, out.b3_precision) == (2 / 6, 4, 1)
    assert out.b3_recall == pytest.approx(4 * 4 / 6 / 6)


def test_nothing_on_either_side():
    truth, mine = [labelled("a", range(4), 0)], ours((range(4), 0))
    nothing = ours()
    found = end_to_end(truth, nothing, np.zeros(0, np.int64)).score
    assert (found.missed, found.b3_recall, found.pair_recall) == (1, 0, 0)
    assert end_to_end([], mine, np.array([0])).score.false == 1
    assert end_to_end([], nothing, np.zeros(0, np.int64)).score.b3_f == 1
    with pytest.raises(ValueError, match="1 labels wanted"):
        end_to_end(truth, mine, np.array([0, 1]))


spans = st.tuples(st.integers(0, 6), st.integers(1, 5), st.integers(0, PLACES - 1))


def _apart(tracks):
    """Keep the tracks that don't share a frame and a place with an earlier one."""
    taken, kept = set(), []
    for start, length, place, who in tracks:
        cells = {(frame, place) for frame in range(start, start + length)}
        if not cells & taken:
            taken |= cells
            kept.append((range(start, start + length), place, who))
    return kept


@given(
    st.lists(st.tuples(spans, st.sampled_from(["a", "b", "c", "nonface"])), max_size=6),
    st.lists(st.tuples(spans, st.integers(0, 3)), max_size=6),
)
def test_all_measures_by_a_walk_over_all_boxes(true, found):
    people = _apart([(*span, who) for span, who in true])
    mine = _apart([(*span, label) for span, label in found])
    truth = [labelled(who, frames, place) for frames, place, who in people]
    labels = np.array([label for _, _, label in mine], np.int64)
    found = end_to_end(truth, ours(*[(frames, place) for frames, place, _ in mine]), labels)
    score = found.score

    who_at = {(f, place): who for frames, place, who in people for f in frames}
    left_out = {cell for cell, who in who_at.items() if who == "nonface"}
    who_at = {cell: who for cell, who in who_at.items() if cell not in left_out}
    where = {(f, place): label for frames, place, label in mine for f in frames}
    where = {cell: label for cell, label in where.items() if cell not in left_out}
    recall = [
        np.mean([where.get(o, -1) == where[cell] for o in who_at if who_at[o] == who_at[cell]])
        if cell in where
        else 0
        for cell in who_at
    ]
    precision = [
        np.mean([who_at.get(o) == who_at[cell] for o in where if where[o] == where[cell]])
        if cell in who_at
        else 0
        for cell in where
    ]
    assert score.b3_recall == pytest.approx(np.mean(recall) if recall else 1)
    assert score.b3_precision == pytest.approx(np.mean(precision) if precision else 1)
    same = {p for p in combinations(sorted(who_at), 2) if who_at[p[0]] == who_at[p[1]]}
    together = {p for p in combinations(sorted(where), 2) if where[p[0]] == where[p[1]]}
    both = len(same & together)
    assert score.pair_recall == pytest.approx(both / len(same) if same else 1)
    assert score.pair_precision == pytest.approx(both / len(together) if together else 1)
    assert score.missed == pytest.approx(np.mean([c not in where for c in who_at] or [0]))
    assert score.false == pytest.approx(np.mean([c not in who_at for c in where] or [0]))


def test_pooled_films_are_one_film_of_other_people_and_clusters():
    first = [labelled("a", range(4), 0), labelled("b", range(2), 1), labelled("mixed", range(3), 2)]
    second = [labelled("a", range(8), 1)]
    later = [TrueTrack("another a", second[0].frames + 10, second[0].boxes)]
    films = [
        end_to_end(first, ours((range(3), 0), (range(2), 1), (range(5), 2)), np.array([0, 1, 0])),
        end_to_end(second, ours((range(2), 1), (range(5), 1), (range(4), 3)), np.array([0, 1, 1])),
    ]
    both = ours(
        *((range(3), 0), (range(2), 1), (range(5), 2)),
        *((range(10, 12), 1), (range(10, 15), 1), (range(10, 14), 3)),
    )
    one = end_to_end(first + later, both, np.array([0, 1, 0, 2, 3, 3]))
    assert pool(films).score == one.score
    assert pool(films[:1]).score == films[0].score
    nothing = end_to_end([], ours(), np.zeros(0, np.int64))
    assert pool([films[0], nothing]).score == films[0].score


def test_rows_end_with_the_mean_of_the_films_and_with_all_pooled():
    truth = [labelled("a", range(4), 0)]
    whole = end_to_end(truth, ours((range(4), 0)), np.array([0]))
    truth = [labelled("b", range(12), 0)]
    half = end_to_end(truth, ours((range(6), 0)), np.array([0]))
    first, second, mean, pooled = rows({"x": whole, "mean": half})
    assert (first["film"], first["b3_f"]) == ("x", 1)
    assert (second["film"], second["missed"]) == ("mean", 0.5)  # of a film's name
    assert (mean["film"], mean["boxes"], mean["missed"]) == ("mean", 8, 0.25)
    assert (pooled["film"], pooled["boxes"], pooled["missed"]) == ("pooled", 16, 0.375)


def test_the_command_runs_films_and_scores_their_casts(monkeypatch, sample_film, tmp_path):
    """The run itself is a stand-in that leaves the truth's own tracks."""
    from typer.testing import CliRunner

    from castlist import pipeline
    from castlist.benchmark.truth import read_truth
    from castlist.cli import app
    from castlist.cluster.labels import save_labels
    from castlist.workspace import Workspace

    truth = read_truth(sample_film.with_suffix(".truth.json")).tracks

    def run(film, *, out, settings, until, hook):
        assert until == "clusters"
        track = np.repeat(np.arange(len(truth)), [len(t.frames) for t in truth])
        frame, box = (np.concatenate([getattr(t, k) for t in truth]) for k in ("frames", "boxes"))
        no = np.zeros(len(track), bool)
        whole = Tracks(track, track * 0, frame, frame, box, np.ones(len(track)), ~no, no)
        whole.save(Workspace(out).tracks)
        _, labels = np.unique([t.identity for t in truth], return_inverse=True)
        labels[0] = -1
        save_labels(Workspace(out).clusters, labels, labels)

    monkeypatch.setattr(pipeline, "run", run)
    command = ["benchmark", "casts", str(sample_film.parent), "--work", str(tmp_path)]
    done = CliRunner().invoke(app, command)
    assert done.exit_code == 0, done.output
    for words in ("Unknown tracks as clusters of their own", "Unknown tracks left out"):
        assert words in done.stdout
    assert done.stdout.count("mean") == done.stdout.count("pooled") == 2
    found = json.loads(CliRunner().invoke(app, [*command, "--json"]).stdout)
    assert list(found) == ["single", "out"]
    for treated in found.values():
        (film,) = treated["rows"]
        assert film["film"] == "sample"
        assert film | {"film": "mean"} == treated["mean"]
        assert film | {"film": "pooled"} == treated["pooled"]
        assert (film["false"], film["b3_precision"]) == (0, 1)
    assert found["single"]["mean"]["missed"] == 0 < found["out"]["mean"]["missed"]
    assert found["single"]["mean"]["b3_recall"] > found["out"]["mean"]["b3_recall"]
