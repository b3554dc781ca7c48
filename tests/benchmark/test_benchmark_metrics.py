"""Measures of clusterings, against scikit-learn, literal double loops and cases done by hand."""

import warnings
from dataclasses import asdict
from itertools import combinations, permutations

import bcubed
import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st
from pyannote.core import Annotation, Segment
from pyannote.metrics.diarization import DiarizationCoverage, DiarizationPurity
from sklearn import metrics as sk
from sklearn.metrics.cluster import contingency_matrix, pair_confusion_matrix

from castlist.benchmark.metrics import (
    b_cubed,
    by_character,
    contingency,
    pairwise,
    purity,
    score,
    unknown_share,
)

clusterings = st.lists(st.tuples(st.integers(0, 4), st.integers(-1, 5)), min_size=1, max_size=30)
placed = st.lists(st.tuples(st.integers(0, 4), st.integers(0, 5)), min_size=1, max_size=30)
framed = st.lists(
    st.tuples(st.integers(0, 4), st.integers(0, 5), st.integers(1, 9)), min_size=1, max_size=20
)


def columns(pairs):
    people, labels = zip(*pairs, strict=True)
    return np.array(people), np.array(labels)


@given(placed)
def test_the_table_is_scikit_learns(pairs):
    people, labels = columns(pairs)
    np.testing.assert_array_equal(contingency(people, labels), contingency_matrix(people, labels))


@given(placed)
def test_scores_that_scikit_learn_has(pairs):
    people, labels = columns(pairs)
    found = score(contingency(people, labels))
    with warnings.catch_warnings():
        warnings.simplefilter("ignore", UserWarning)
        wanted = {
            "ari": sk.adjusted_rand_score(people, labels),
            "ami": sk.adjusted_mutual_info_score(people, labels),
            "nmi_arithmetic": sk.normalized_mutual_info_score(people, labels),
            "nmi_geometric": sk.normalized_mutual_info_score(
                people, labels, average_method="geometric"
            ),
            "v": sk.v_measure_score(people, labels),
        }
    assert {name: getattr(found, name) for name in wanted} == pytest.approx(wanted, abs=1e-9)
    assert found.v == pytest.approx(found.nmi_arithmetic)


@given(placed)
def test_b_cubed_is_the_mean_over_tracks(pairs):
    people, labels = columns(pairs)
    precisions, recalls = [], []
    for i in range(len(people)):
        cluster = [j for j in range(len(people)) if labels[j] == labels[i]]
        person = [j for j in range(len(people)) if people[j] == people[i]]
        both = len(set(cluster) & set(person))
        precisions.append(both / len(cluster))
        recalls.append(both / len(person))
    p, r = np.mean(precisions), np.mean(recalls)
    assert b_cubed(contingency(people, labels)) == pytest.approx((p, r, 2 * p * r / (p + r)))


@given(placed)
def test_b_cubed_is_that_of_the_package_bcubed(pairs):
    people, clusters = ({n: {pair[side]} for n, pair in enumerate(pairs)} for side in (0, 1))
    p, r = bcubed.precision(clusters, people), bcubed.recall(clusters, people)
    assert b_cubed(contingency(*columns(pairs))) == pytest.approx((p, r, bcubed.fscore(p, r)))


@given(framed)
def test_purities_by_frame_are_pyannote_s_purity_and_coverage(tracks):
    """Pyannote weighs segments of time: a track is one as long as it has frames."""
    who, found, start = Annotation(), Annotation(), 0
    for person, cluster, frames in tracks:
        segment = Segment(start, start + frames)
        who[segment], found[segment] = f"p{person}", f"c{cluster}"
        start += frames
    people, labels, frames = (np.array(column) for column in zip(*tracks, strict=True))
    table = contingency(people, labels, frames=frames)
    assert purity(table) == pytest.approx(DiarizationPurity()(who, found))
    assert purity(table.T) == pytest.approx(DiarizationCoverage()(who, found))


@given(framed)
def test_to_count_frames_is_to_repeat_tracks(tracks):
    people, labels, frames = (np.array(column) for column in zip(*tracks, strict=True))
    np.testing.assert_array_equal(
        contingency(people, labels, frames=frames),
        contingency(np.repeat(people, frames), np.repeat(labels, frames)),
    )


def test_an_unknown_track_s_frames_stay_together():
    table = contingency(["a", "a", "b"], [0, -1, -1], frames=[2, 3, 4])
    np.testing.assert_array_equal(table, [[2, 3, 0], [0, 0, 4]])
    out = contingency(["a", "a", "b"], [0, -1, -1], unknown="out", frames=[2, 3, 4])
    np.testing.assert_array_equal(out, [[2]])


@given(placed)
def test_pairs_are_scikit_learn_s(pairs):
    (_, false), (missed, both) = pair_confusion_matrix(*columns(pairs))
    precision, recall, _ = pairwise(contingency(*columns(pairs)))
    assert precision == pytest.approx(both / (both + false) if both + false else 1)
    assert recall == pytest.approx(both / (both + missed) if both + missed else 1)


@given(placed)
def test_pairwise_counts_pairs(pairs):
    together, same, both = 0, 0, 0
    for (person, label), (other, its_label) in combinations(pairs, 2):
        together += label == its_label
        same += person == other
        both += label == its_label and person == other
    precision = both / together if together else 1
    recall = both / same if same else 1
    total = precision + recall
    wanted = (precision, recall, 2 * precision * recall / total if total else 0)
    assert pairwise(contingency(*columns(pairs))) == pytest.approx(wanted)


@given(placed)
def test_purities_clicks_and_characters_by_loops(pairs):
    people, labels = columns(pairs)
    total, clicks = 0, 0
    for label in set(labels):
        inside = people[labels == label].tolist()
        most = max(inside.count(person) for person in set(inside))
        total += most
        clicks += 1 + len(inside) - most
    covered = 0
    for person in set(people):
        spread = labels[people == person].tolist()
        covered += max(spread.count(label) for label in set(spread))
    found = score(contingency(people, labels))
    assert found.wcp == pytest.approx(total / len(pairs))
    assert found.inverse_purity == pytest.approx(covered / len(pairs))
    assert found.clicks == pytest.approx(clicks / len(pairs))
    assert found.ratio == len(set(labels)) / len(set(people))
    assert (found.tracks, found.people, found.characters) == (
        len(pairs),
        len(set(people)),
        len(set(labels)),
    )


@given(st.lists(st.tuples(st.integers(0, 3), st.integers(0, 3)), min_size=1, max_size=12))
def test_characters_are_paired_as_the_best_of_all_pairings(pairs):
    table = contingency(*columns(pairs))
    people, clusters = table.shape
    best = max(
        (fit, p + r)
        for pairing in permutations([*range(clusters), *[None] * people], people)
        for fit, p, r in [_of_pairing(table, pairing)]
    )
    precision, recall = by_character(table)
    assert precision + recall == pytest.approx(best[1])


def _of_pairing(table, pairing):
    cells = [(i, j) for i, j in enumerate(pairing) if j is not None]
    fit = sum(table[i, j] for i, j in cells)
    precision = sum(table[i, j] / table[:, j].sum() for i, j in cells) / len(table)
    return fit, precision, sum(table[i, j] / table[i].sum() for i, j in cells) / len(table)


def test_a_case_done_by_hand():
    """Cluster 0 holds a, a, b; cluster 1 holds b, b, b; cluster 2 holds c; cluster 3 holds a."""
    found = score(contingency(list("aabbbbca"), [0, 0, 0, 1, 1, 1, 2, 3]))
    assert (found.tracks, found.people, found.characters) == (8, 3, 4)
    assert found.wcp == 7 / 8  # the b among a's is the one error
    assert found.inverse_purity == (2 + 3 + 1) / 8
    assert found.ratio == 4 / 3
    assert found.clicks == (4 + 1) / 8
    assert found.b3_precision == pytest.approx((2 * 2 / 3 + 1 / 3 + 3 + 1 + 1) / 8)
    assert found.b3_recall == pytest.approx((2 * 2 / 3 + 1 / 4 + 3 * 3 / 4 + 1 + 1 / 3) / 8)
    assert (found.pair_precision, found.pair_recall) == ((1 + 3) / (3 + 3), 4 / (3 + 6))
    # a has cluster 0, b cluster 1, c cluster 2
    assert found.character_precision == pytest.approx((2 / 3 + 1 + 1) / 3)
    assert found.character_recall == pytest.approx((2 / 3 + 3 / 4 + 1) / 3)


def test_a_person_without_a_cluster_counts_as_zero():
    assert by_character(contingency(["a", "a", "b"], [0, 0, 0])) == (2 / 3 / 2, 1 / 2)


def test_unknown_tracks_both_ways():
    people, labels = ["a", "a", "b", "b", "c"], [0, 0, 0, -1, -1]
    single = contingency(people, labels)
    np.testing.assert_array_equal(single, [[2, 0, 0], [1, 1, 0], [0, 0, 1]])
    out = contingency(people, labels, unknown="out")
    np.testing.assert_array_equal(out, [[2], [1]])
    assert (purity(single), purity(out)) == (4 / 5, 2 / 3)
    assert unknown_share(labels) == 2 / 5


@given(clusterings)
def test_unknown_tracks_are_clusters_of_their_own(pairs):
    people, labels = columns(pairs)
    fresh = np.where(labels == -1, 100 + np.arange(len(labels)), labels)
    assert asdict(score(contingency(people, labels))) == asdict(score(contingency(people, fresh)))


@given(clusterings)
def test_leaving_unknown_tracks_out_is_to_score_the_others(pairs):
    people, labels = columns(pairs)
    known = labels >= 0
    np.testing.assert_array_equal(
        contingency(people, labels, unknown="out"), contingency(people[known], labels[known])
    )


COUNTS = {"tracks", "people", "characters", "ratio", "clicks"}


@given(st.lists(st.integers(0, 4), min_size=1, max_size=30))
def test_the_truth_itself_is_perfect(people):
    found = asdict(score(contingency(people, people)))
    assert found["ratio"] == 1
    assert found["clicks"] == pytest.approx(len(set(people)) / len(people))
    assert [found[name] for name in found.keys() - COUNTS] == pytest.approx([1.0] * 15)


@given(placed, st.randoms(use_true_random=False))
def test_names_and_order_do_not_matter(pairs, random):
    people, labels = columns(pairs)
    names, numbers = list("vwxyz"), list(range(10, 16))
    random.shuffle(names)
    random.shuffle(numbers)
    order = list(range(len(pairs)))
    random.shuffle(order)
    renamed = contingency([names[people[i]] for i in order], [numbers[labels[i]] for i in order])
    plain, other = (asdict(score(t)) for t in (contingency(people, labels), renamed))
    for found in (plain, other):  # of equally good pairings any may be taken: their sum is one
        found["character_sum"] = found.pop("character_precision") + found.pop("character_recall")
    assert other == pytest.approx(plain, abs=1e-9)


@given(st.lists(st.integers(0, 4), min_size=1, max_size=30))
def test_singletons_are_pure_and_one_cluster_is_complete(people):
    single = score(contingency(people, np.arange(len(people))))
    assert (single.wcp, single.b3_precision, single.pair_precision) == pytest.approx((1, 1, 1))
    one = score(contingency(people, [0] * len(people)))
    assert (one.inverse_purity, one.b3_recall, one.pair_recall) == pytest.approx((1, 1, 1))


def test_nothing_can_not_be_scored():
    with pytest.raises(ValueError, match="no track"):
        score(contingency([], []))
    with pytest.raises(ValueError, match="no track"):
        score(contingency(["a"], [-1], unknown="out"))
    with pytest.raises(ValueError, match="one length"):
        contingency(["a"], [0, 1])
    with pytest.raises(ValueError, match="one length"):
        contingency(["a"], [0], frames=[1, 2])
    assert unknown_share([]) == 0
