"""Which join of a character is told of as the weakest."""

import numpy as np
from hypothesis import given
from hypothesis import strategies as st

import puppets
from castlist.cast.joins import GONE, Join, weakest, weakest_joins
from castlist.cast.types import Cast
from castlist.cluster.forest import Merge, load_merges, save_merges
from castlist.pipeline import run
from castlist.settings import Settings

TREE = [Merge(0, 1, 0.2, 1), Merge(2, 3, 0.3, 2), Merge(4, 6, 0.4, 3), Merge(5, 7, 0.5, 4)]
"""Of tracks 0 to 4: 0 and 1 (node 5), 2 and 3 (6), 4 with these (7), then all."""


def test_the_last_join_of_each_by_its_smaller_side():
    owner = dict.fromkeys(range(5), "C01")
    assert weakest(TREE, range(5), owner) == {"C01": Join((0, 1), 0.5)}
    assert weakest(TREE[:3], range(5), owner | {0: "C02", 1: "C02"}) == {
        "C01": Join((4,), 0.4),
        "C02": Join((0,), 0.2),
    }


def test_what_was_parted_is_joined_no_more():
    owner = {0: "C01", 1: "C01", 2: "C02", 3: "C02", 4: "C03"}
    found = weakest(TREE, range(5), owner)
    assert {who: join.distance for who, join in found.items()} == {"C01": 0.2, "C02": 0.3}


def test_who_moved_counts_where_they_are():
    assert weakest(TREE, range(5), {0: "C01", 2: "C01", 3: "C01"}) == {"C01": Join((0,), 0.5)}


def test_a_poor_track_that_joined_at_the_end_may_be_weaker_or_not():
    late = [Merge(0, 1, 0.5, 1), Merge(2, 3, 0.4, 2)]  # 2 joins the node of both at less
    assert weakest(late, range(3), dict.fromkeys(range(3), "C01")) == {"C01": Join((0,), 0.5)}


def test_what_was_asked_for_and_tracks_that_are_gone_are_passed_over():
    asked = [Merge(0, 1, 0.0, 0), Merge(2, 3, 0.0, 1)]
    assert weakest(asked, range(3), dict.fromkeys(range(3), "C01")) == {}
    assert weakest(TREE, [0, GONE, 2, GONE, GONE], {0: "C01", 2: "C01"})["C01"].distance == 0.5
    assert weakest([], [], {}) == {}


@given(st.data())
def test_equal_to_trying_each_merge(data):
    count = data.draw(st.integers(1, 8))
    left, merges = list(range(count)), []
    while len(left) > 1 and data.draw(st.booleans()):
        a, b = data.draw(st.permutations(left))[:2]
        distance = data.draw(st.sampled_from([0.0, 0.1, 0.2, 0.3]))
        merges.append(Merge(min(a, b), max(a, b), distance, len(merges)))
        left = [node for node in left if node not in (a, b)] + [count + len(merges) - 1]
    owner = {t: data.draw(st.sampled_from(["A", "B"])) for t in range(count)}

    def sides(merge, who):
        """The owner's tracks on either side of a merge, the fewer first."""
        return sorted(([t for t in leaves(n) if owner[t] == who] for n in merge), key=len)

    def leaves(node):
        if node < count:
            return [node]
        merge = merges[node - count]
        return sorted(leaves(merge.left) + leaves(merge.right))

    found = weakest(merges, range(count), owner)
    for who in "AB":
        joins = [(m.distance, sides((m.left, m.right), who)) for m in merges if m.distance > 0]
        joins = [(distance, both) for distance, both in joins if all(both)]
        assert (who in found) == bool(joins)
        if joins:
            most = max(distance for distance, _ in joins)
            assert found[who].distance == most
            fewest = [both for distance, both in joins if distance == most]
            assert any(
                list(found[who].tracks) in both and len(found[who].tracks) == len(both[0])
                for both in fewest
            )


def test_a_tree_is_read_as_it_was_written(tmp_path):
    save_merges(tmp_path / "merges.parquet", TREE)
    assert load_merges(tmp_path / "merges.parquet") == TREE


def test_of_a_run(tmp_path, monkeypatch):
    puppets.play(monkeypatch)
    film = puppets.film_of(tmp_path / "film.mp4", puppets.TO_CORRECT)
    run(film, settings=Settings(adapt=False))
    folder = tmp_path / "film.castlist"
    found = weakest_joins(folder, Cast.load(folder / "cast.json"))
    assert found.keys() == {"C01"}  # red, who is there thrice
    assert set(found["C01"].tracks) < {0, 2, 3}
    assert np.isfinite(found["C01"].distance)
