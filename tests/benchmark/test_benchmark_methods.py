"""Methods: what they are given, what they find, and what small sets do to them."""

from dataclasses import replace
from itertools import combinations, cycle, product

import numpy as np
import pytest
import torch
from made_sets import embeddings, track_set

from castlist import models
from castlist.adapt import PAPER, Adapted, Recipe
from castlist.benchmark import adaptations
from castlist.benchmark import case as cases
from castlist.benchmark.case import Case, Given, Method
from castlist.benchmark.cost import Cost
from castlist.benchmark.methods import METHODS, chosen, method, quick
from castlist.benchmark.metrics import contingency, score
from castlist.benchmark.peers import bcl, mvcorr
from castlist.benchmark.peers.hac import best_cut
from castlist.benchmark.report import ablations
from castlist.benchmark.variants import ABLATION, CURVE, DISTANCES, PLAIN
from castlist.cluster.average import AverageClustering
from castlist.cluster.likeness import Strangers, moved, together, track_means
from castlist.errors import CastlistError
from castlist.tracks.types import evidence

PEOPLE = list("aaaabbbccddd")


def case(people=PEOPLE, links=(), scatter=0.05, others=(), **more):
    tracks = track_set(people, links)
    return Case(tracks=tracks, embeddings=embeddings(tracks, scatter), others=others, **more)


def other_set(seed=1, people="xxyyz", scatter=0.05):
    tracks = track_set(list(people), name="other")
    return tracks, embeddings(tracks, scatter, seed)


def b3_f(people, labels):
    return score(contingency(people, labels)).b3_f


@pytest.mark.parametrize("name", ["hac-others", "hac-oracle", "hac-true-k", "hdbscan"])
def test_people_far_apart_are_found(name):
    found = method(name).fit_predict(case(others=[other_set()]))
    assert b3_f(PEOPLE, found) == 1


@pytest.fixture
def brief(monkeypatch):
    """Have adaptation, and training on other sets, end after a step."""

    def adapt(tracks, recipe, **given):
        given["frozen"] = None  # these aren't of the encoder's width
        short = replace(
            recipe, rounds=1, steps=1, head_steps=min(recipe.head_steps, 1), batch=4, views=4
        )
        return adaptations.adapt(tracks, short, **given)

    monkeypatch.setattr(cases, "adapt", adapt)
    for peer in (bcl, mvcorr):
        monkeypatch.setattr(peer, "STEPS", 1)


@pytest.mark.usefixtures("brief")
@pytest.mark.parametrize(
    ("name", "people"),
    [
        *product(METHODS, ["a", "ab", "aa", "aab"]),
        *zip(ABLATION, cycle(["a", "ab", "aab"]), strict=False),
    ],
)
def test_the_smallest_sets_are_clustered(name, people):
    found = method(name).fit_predict(case(list(people), others=[other_set()]))
    assert found.shape == (len(people),)
    assert found.dtype == np.int64
    assert found.min() >= -1


def test_groups_of_names():
    assert chosen("all") == list(METHODS)
    assert set(chosen("ablation")) > {"castlist", "frozen", *ABLATION, *DISTANCES}
    assert chosen("curve") == ["castlist", "frozen", *CURVE]
    assert chosen("frozen,hdbscan") == chosen(" frozen, hdbscan") == ["frozen", "hdbscan"]
    assert chosen("curve, hdbscan") == [*chosen("curve"), "hdbscan"]
    assert chosen("hdbscan,ablation,frozen")[:3] == ["hdbscan", "castlist", "frozen"]
    assert chosen("hdbscan,ablation,frozen").count("frozen") == 1
    assert {*chosen("hac")} >= {"hac-others", "hac-single", "hac-complete", "hac-ward"}
    assert not METHODS.keys() & ABLATION.keys()
    assert not set(quick()) & ABLATION.keys()


LINKED = track_set(list("aaaabbbccdde"), [(0, 1), (2, 3)])
STRENGTH = np.repeat([20] * 11 + [1], 3).astype(np.float32)  # of the only track of e next to none
BEFORE = embeddings(LINKED, scatter=0.3)
AFTER = embeddings(LINKED, scatter=0.3, seed=1) + np.float32(0.4)  # everybody is drawn together
AFTER /= np.linalg.norm(AFTER, axis=1, keepdims=True)


@pytest.fixture
def asked(monkeypatch):
    """What adaptation was asked for; all that it does is to draw everybody together."""
    asked = []

    def adapt(tracks, recipe, *, frozen, **given):
        asked.append((recipe, tracks.cannot_link.tolist(), frozen))
        adapted = Adapted(AFTER, BEFORE, AFTER, AFTER[0], [], {})
        return adaptations.Kept(adapted, Cost(), None)

    monkeypatch.setattr(cases, "adapt", adapt)
    return asked


KNOWN = Strangers(*models.model(models.DEFAULT_ENCODER).strangers)
MOVED = moved(KNOWN, *(track_means(x, LINKED.track) for x in (BEFORE, together(BEFORE, AFTER))))


def of_castlist(**more):
    """Castlist's clustering of what `asked` leaves, with some arguments replaced."""
    given = {
        "X": together(BEFORE, AFTER),
        "track": LINKED.track,
        "cannot_link": LINKED.cannot_link,
        "evidence": evidence(STRENGTH, LINKED.track),
        "frozen": BEFORE,
        **more,
    }
    strangers = given.pop("strangers", KNOWN)
    return AverageClustering(strangers).fit(**given).labels_


LEFT_OUT = {
    "castlist": ({}, {}),
    "castlist-no-matching": ({"matching": None}, {}),
    "castlist-no-augment": ({"augment": PLAIN}, {}),
    "castlist-no-consensus": ({"consensus": False}, {}),
    "castlist-no-strength": ({}, {}),
    "castlist-no-poor": ({}, {"evidence": None}),
    "castlist-no-shift": ({}, {"frozen": None}),
    "castlist-no-film": ({}, {"frozen": None, "strangers": MOVED}),
    "castlist-no-frozen": ({}, {"X": AFTER}),
    "castlist-unlinked": ({}, {"cannot_link": None}),
}
"""Of each method: what differs in the recipe, and what in the clustering."""


@pytest.mark.parametrize("name", LEFT_OUT)
def test_an_ablation_is_castlist_but_for_one_part(name, asked):
    own = Case(tracks=LINKED, embeddings=BEFORE, strength=STRENGTH)
    found = method(name).fit_predict(own)
    ((recipe, links, frozen),) = asked
    in_recipe, in_clustering = LEFT_OUT[name]
    assert recipe == replace(Recipe(), **in_recipe) == method(name).recipe
    assert links == ([] if name == "castlist-unlinked" else LINKED.cannot_link.tolist())
    if name == "castlist-no-strength":
        np.testing.assert_array_equal(frozen, own.embeddings)
    else:
        assert frozen is None
    np.testing.assert_array_equal(found, of_castlist(**in_clustering))
    assert np.array_equal(found, of_castlist()) == (not in_clustering)


@pytest.mark.parametrize("name", ["videoclusternet", "videoclusternet-cosine"])
def test_the_paper_leaves_out_tracks_of_outlying_quality(name, monkeypatch):
    quality = np.repeat(np.float32([0.9, 0.91, 0.9, 0.92, 0.2]), 3)
    asked = []

    def adapt(tracks, recipe, *, frozen, **given):
        asked.append((recipe, frozen))
        made = Adapted(AFTER[:15], AFTER[:15], AFTER[:15], 0 * AFTER[0], [], {}, quality)
        return adaptations.Kept(made, Cost(), None)

    monkeypatch.setattr(cases, "adapt", adapt)
    own = case(people=list("aabbc"))
    found = method(name).fit_predict(own)
    assert (found == -1).tolist() == [False, False, False, False, True]
    ((recipe, frozen),) = asked
    assert recipe == PAPER
    np.testing.assert_array_equal(frozen, own.embeddings)  # so no crop counts more than another


def test_ablations_are_all_tested_and_in_the_report():
    assert {*ABLATION, "castlist"} == set(LEFT_OUT)
    assert set(ablations.LEFT_OUT) == set(ABLATION)


def test_crops_that_are_not_to_be_changed_are_not():
    crops = torch.randint(0, 256, (4, 3, 192, 192), dtype=torch.uint8)
    changed = PLAIN(crops, torch.Generator().manual_seed(0))
    torch.testing.assert_close(changed, crops.float(), atol=1e-2, rtol=0)


def test_an_adaptation_without_strengths_is_another_one(tmp_path):
    own = track_set(list("ab"))
    short = replace(Recipe(), steps=1, batch=2, views=2)
    given = {"encoder": "sface", "device": "cpu", "seed": 0, "work": tmp_path}
    plain, unweighted, again = (
        adaptations.adapt(own, short, frozen=frozen, **given)
        for frozen in (None, _unit(own), _unit(own))
    )
    assert plain.file != unweighted.file == again.file
    np.testing.assert_array_equal(unweighted.adapted.frozen, _unit(own))


def _unit(tracks):
    """Embeddings of length 1 of as many numbers as the encoder's."""
    rows = np.random.default_rng(0).normal(size=(len(tracks.track), 128))
    return (rows / np.linalg.norm(rows, axis=1, keepdims=True)).astype(np.float32)


@pytest.mark.parametrize("lost", ["cost", "centre", None])
def test_a_damaged_adaptation_is_made_anew(lost, tmp_path, caplog):
    own = track_set(list("aab"))
    short = replace(Recipe(), steps=1, batch=4, views=4)
    given = {"encoder": models.DEFAULT_ENCODER, "device": "cpu", "seed": 0, "work": tmp_path}
    first = adaptations.adapt(own, short, **given)
    path = tmp_path / adaptations.FOLDER / first.file
    with np.load(path) as kept:
        arrays = {name: kept[name] for name in kept if name != lost}
    np.savez(path, **arrays)
    if lost is None:
        path.write_bytes(path.read_bytes()[:1000])
    again = adaptations.adapt(own, short, **given)
    assert f"{first.file}: can't be read" in caplog.text
    np.testing.assert_array_equal(again.adapted.embeddings, first.adapted.embeddings)
    assert adaptations.read(path).cost == again.cost


def test_how_many_matches_are_right_is_logged(caplog):
    caplog.set_level("INFO")
    own = track_set(list("aab"))
    alike = np.eye(128, dtype=np.float32)[[0] * len(own.track)]
    short = replace(Recipe(), steps=1, batch=2, views=2)
    adaptations.adapt(own, short, encoder="sface", device="cpu", seed=0, frozen=alike)
    assert "made: 2.00 matches a track, 0.333 of them right" in caplog.text


def test_trivial_methods():
    assert len(set(method("all-singletons").fit_predict(case()))) == len(PEOPLE)
    assert set(method("one-cluster").fit_predict(case())) == {0}


def test_frozen_is_what_a_run_does():
    strength = np.repeat([20, 20, 20, 20, 20, 20, 20, 20, 20, 20, 20, 5], 3).astype(np.float32)
    links = [(0, 4), (1, 5), (2, 7), (3, 9), (0, 9)]
    own = case(links=links, scatter=0.6, strength=strength)
    clustering = AverageClustering(Strangers(*models.model(own.encoder).strangers)).fit(
        own.embeddings,
        track=own.tracks.track,
        cannot_link=own.tracks.cannot_link,
        evidence=np.array([3.0] * 11 + [0.75]),
    )
    np.testing.assert_array_equal(method("frozen").fit_predict(own), clustering.labels_)
    unlinked = case(scatter=0.6, strength=strength)
    np.testing.assert_array_equal(
        method("frozen-unlinked").fit_predict(own), method("frozen").fit_predict(unlinked)
    )


@pytest.mark.parametrize("name", ["frozen", "hac-others", "hac-oracle"])
def test_two_people_in_one_frame_are_never_merged(name):
    twins = [(0, 1), (2, 3), (4, 5)]
    found = method(name).fit_predict(case(list("aaaabb"), links=twins, others=[other_set()]))
    assert all(found[i] != found[j] for i, j in twins)


def test_true_k_is_the_number_of_people():
    own = case(scatter=1.0)
    assert len(set(method("hac-true-k").fit_predict(own))) == own.tracks.people == 4


def test_the_best_cut_is_as_good_as_any():
    sets = [other_set(seed, people, 0.7) for seed, people in enumerate(["xxyyzz", "ppqqqrs"])]

    def mean(cut):
        fixed = Method(Given.NOTHING, lambda own: _average_linkage(own.embeddings, cut))
        cases = [Case(tracks=tracks, embeddings=e) for tracks, e in sets]
        return np.mean([b3_f(c.tracks.identity, fixed.fit_predict(c)) for c in cases])

    best = mean(best_cut(sets))
    others = [mean(cut) for cut in np.linspace(0, 2, 41)]
    assert best >= max(others) - 1e-9
    assert best > min(others)


def _average_linkage(crops, cut):
    """Average linkage on the tracks' mean directions, literally."""
    means = crops.reshape(-1, 3, crops.shape[1]).mean(axis=1)
    means /= np.linalg.norm(means, axis=1, keepdims=True)
    clusters = [[i] for i in range(len(means))]
    while len(clusters) > 1:
        apart = {
            (i, j): np.mean([1 - means[a] @ means[b] for a in clusters[i] for b in clusters[j]])
            for i, j in combinations(range(len(clusters)), 2)
        }
        (i, j), least = min(apart.items(), key=lambda item: item[1])
        if least > cut:
            break
        clusters[i] += clusters.pop(j)
    labels = np.zeros(len(means), int)
    for number, members in enumerate(clusters):
        labels[members] = number
    return labels


def test_the_oracle_is_the_best_of_its_own_set_and_the_others_choice_is_blind():
    own = case(scatter=0.8, others=[other_set(scatter=0.3)])
    oracle, others = (method(n).fit_predict(own) for n in ("hac-oracle", "hac-others"))
    assert b3_f(PEOPLE, oracle) >= b3_f(PEOPLE, others)
    renamed = case(scatter=0.8, others=own.others)
    renamed.tracks.identity[:] = "somebody"
    np.testing.assert_array_equal(method("hac-others").fit_predict(renamed), others)
    np.testing.assert_array_equal(others, _same_partition(own, best_cut(own.others)))


def _same_partition(own, cut):
    """Labels of the literal clustering, in the order in which scipy numbers the same clusters."""
    found = method("hac-others").fit_predict(own)
    literal = _average_linkage(own.embeddings, cut)
    pairs = {(a, b) for a, b in zip(literal, found, strict=True)}
    assert len(pairs) == len(set(literal)) == len(set(found))
    return np.array([dict(pairs)[a] for a in literal])


@pytest.mark.parametrize("given", Given)
@pytest.mark.parametrize("links", [True, False])
def test_a_method_sees_only_what_it_is_given(given, links):
    seen = []
    spy = Method(given, lambda own: seen.append(own) or np.arange(len(own.tracks)), links=links)
    linked = track_set(list("xxyyz"), [(0, 2)]), other_set()[1]
    own = case(links=[(0, 4)], others=[linked], seed=7)
    spy.fit_predict(own)
    (shown,) = seen
    told_who = given in (Given.LABELS, Given.TRUE_K, Given.ORACLE)
    assert (shown.tracks.identity.tolist() == PEOPLE) == told_who
    assert set(shown.tracks.identity) == {""} or told_who
    assert len(shown.tracks.cannot_link) == links
    assert len(shown.others) == given.name.startswith("OTHERS")
    for other, _ in shown.others:
        assert len(other.cannot_link) == links
        assert (set(other.identity) == {""}) == (given is Given.OTHERS_TRACKS)
    assert (shown.seed, shown.tracks.name) == (7, "made")
    assert own.tracks.identity.tolist() == PEOPLE
    assert len(own.tracks.cannot_link) == 1


@pytest.mark.parametrize(
    ("given", "links", "pairs", "words"),
    [
        (Given.NOTHING, True, [(0, 1)], "cannot-links"),
        (Given.NOTHING, True, [], "nothing"),
        (Given.NOTHING, False, [(0, 1)], "nothing"),
        (Given.TRUE_K, True, [(0, 1)], "true K, cannot-links"),
        (Given.OTHERS, True, [], "threshold chosen on the other sets"),
    ],
)
def test_what_a_method_is_told_in_words(given, links, pairs, words):
    assert Method(given, lambda own: own.tracks.track, links).told(track_set("ab", pairs)) == words


@pytest.mark.parametrize("labels", [[0, 1], [[0], [1], [2]], [0, 1, -2]])
def test_labels_that_do_not_fit_are_refused(labels):
    with pytest.raises(ValueError, match="3 labels"):
        Method(Given.NOTHING, lambda own: np.array(labels)).fit_predict(case(list("abc")))


def test_errors_name_what_there_is():
    with pytest.raises(CastlistError, match="no method is called 'hca'; there are castlist, "):
        method("hca")
    with pytest.raises(CastlistError, match="needs other data sets"):
        method("hac-others").fit_predict(case())
