"""Splitting where the person changes, joining where one comes back: no face is lost or doubled."""

import tracemalloc

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from made_faces import faces, unit
from scipy.optimize import linear_sum_assignment

from castlist.faces.types import Detections
from castlist.tracks.identity import SIDE, Tracklet, join, split
from castlist.tracks.motion import moved

ANNA, BELA, CARL = np.eye(3, dtype=np.float32)


def tracklet(rows, samples, embeddings) -> Tracklet:
    return Tracklet(
        np.array(rows, np.intp),
        np.array(samples, np.intp),
        np.array(embeddings, np.float32).reshape(len(samples), 3),
    )


def row_lists(tracklets: list[Tracklet]) -> list[list[int]]:
    return [t.rows.tolist() for t in tracklets]


class TestSplit:
    still = faces([(i, 0) for i in range(30)])

    def test_one_person_stays_whole(self):
        whole = tracklet(range(30), [0, 10, 20, 29], [ANNA, unit(1, 0.2, 0), ANNA, ANNA])
        assert split(whole, self.still, different=0.5, weak=0.0) == [whole]

    @pytest.mark.parametrize("samples", [[], [4]])
    def test_fewer_than_two_samples_say_nothing(self, samples):
        whole = tracklet(range(5), samples, [ANNA] * len(samples))
        assert split(whole, self.still, different=0.5, weak=0.0) == [whole]

    def test_two_people_part_at_the_largest_movement_between_them(self):
        hop = faces([(i, 0 if i < 14 else 30) for i in range(30)])
        whole = tracklet(range(30), [0, 10, 20, 29], [ANNA, ANNA, BELA, BELA])
        before, after = split(whole, hop, different=0.5, weak=0.0)
        assert before.rows.tolist() == list(range(14))
        assert after.rows.tolist() == list(range(14, 30))
        assert before.samples.tolist() == [0, 10]
        np.testing.assert_array_equal(after.embeddings, [BELA, BELA])

    def test_three_people_part_in_three(self):
        people = [ANNA] * 3 + [BELA] * 3 + [CARL] * 3
        parts = split(
            tracklet(range(27), range(0, 27, 3), people), self.still, different=0.5, weak=0.0
        )
        assert [len(part.samples) for part in parts] == [3, 3, 3]
        assert row_lists(parts) == [[*range(7)], [*range(7, 16)], [*range(16, 27)]]

    def test_what_says_nothing_of_who_it_is_parts_nothing(self):
        people = [ANNA] * 3 + [0.4 * BELA] * 3  # cut off by the picture's edge, say
        whole = tracklet(range(18), range(0, 18, 3), people)
        assert split(whole, self.still, different=0.5, weak=0.5) == [whole]
        assert len(split(whole, self.still, different=0.5, weak=0.3)) == 2

    def test_one_clear_face_on_either_side_speaks(self):
        people = [ANNA, 0.1 * BELA, 0.1 * CARL, 0.1 * ANNA, BELA, BELA]
        whole = tracklet(range(18), range(0, 18, 3), people)
        parts = split(whole, self.still, different=0.3, weak=0.5)
        assert [len(part.samples) for part in parts] == [3, 3]

    def test_a_single_odd_crop_is_outvoted(self):
        people = [ANNA] * 4 + [unit(1, 1, 0)] + [ANNA] * 4
        whole = tracklet(range(27), range(0, 27, 3), people)
        assert split(whole, self.still, different=0.75, weak=0.0) == [whole]

    def test_limit_itself_is_not_different(self):
        a, b = unit(1, 0, 0), unit(0.6, 0.8, 0)
        whole = tracklet(range(10), [0, 9], [a, b])
        assert len(split(whole, self.still, different=float(a @ b), weak=0.0)) == 1
        assert len(split(whole, self.still, different=float(a @ b) + 1e-3, weak=0.0)) == 2


@st.composite
def sampled(draw) -> tuple[Tracklet, Detections]:
    """A tracklet of any length, its samples embedded anyhow."""
    count = draw(st.integers(1, 25))
    frames = sorted(draw(st.sets(st.integers(0, 60), min_size=count, max_size=count)))
    found = faces([(frame, draw(st.integers(0, 90))) for frame in frames])
    chosen = sorted(draw(st.sets(st.integers(0, count - 1), min_size=1)))
    rng = np.random.default_rng(draw(st.integers(0, 999)))
    embeddings = rng.normal(size=(len(chosen), 3)).astype(np.float32)
    embeddings /= np.linalg.norm(embeddings, axis=1, keepdims=True)
    return tracklet(range(count), chosen, embeddings), found


@settings(max_examples=150, deadline=None)
@given(sampled(), st.floats(-1, 1))
def test_split_keeps_all_rows_and_samples_in_order(made, different):
    whole, found = made
    parts = split(whole, found, different=different, weak=0.0)
    for name in ("rows", "samples", "embeddings"):
        together = np.concatenate([getattr(part, name) for part in parts])
        np.testing.assert_array_equal(together, getattr(whole, name))
    for part in parts:
        assert len(part.samples)  # so that it can be compared further on
        assert set(part.samples) <= set(part.rows)
        assert len(split(part, found, different=different, weak=0.0)) == 1


class TestJoin:
    def joined(self, rows, people, *, same=0.8, gap=20) -> list[list[int]]:
        """Join chains, given by (frame, x, ...) of their faces and who each one shows."""
        found = faces([face for chain in rows for face in chain])
        pieces, first = [], 0
        for chain, person in zip(rows, people, strict=True):
            span = range(first, first + len(chain))
            pieces.append(tracklet(span, [first], [person]))
            first += len(chain)
        return row_lists(join(pieces, found, same=same, longest_gap=gap))

    def test_lost_and_found_again(self):
        assert self.joined([[(0, 0), (1, 0)], [(9, 20), (10, 20)]], [ANNA, ANNA]) == [[0, 1, 2, 3]]

    def test_three_pieces_in_a_row(self):
        assert self.joined([[(0, 0)], [(9, 0)], [(18, 0)]], [ANNA] * 3) == [[0, 1, 2]]

    def test_somebody_else_comes(self):
        assert len(self.joined([[(0, 0)], [(9, 0)]], [ANNA, BELA])) == 2

    def test_likeness_counts_from_the_limit_on(self):
        other = unit(0.6, 0.8, 0)
        alike = float(ANNA @ other)
        assert len(self.joined([[(0, 0)], [(9, 0)]], [ANNA, other], same=alike)) == 1
        assert len(self.joined([[(0, 0)], [(9, 0)]], [ANNA, other], same=alike + 1e-3)) == 2

    def test_away_for_too_long(self):
        assert len(self.joined([[(0, 0)], [(20, 0)]], [ANNA] * 2, gap=20)) == 1
        assert len(self.joined([[(0, 0)], [(21, 0)]], [ANNA] * 2, gap=20)) == 2

    def test_too_far_off(self):
        assert len(self.joined([[(0, 0)], [(9, 99)]], [ANNA] * 2)) == 1
        assert len(self.joined([[(0, 0)], [(9, 101)]], [ANNA] * 2)) == 2

    def test_twins_on_screen_together_are_never_one(self):
        assert len(self.joined([[(0, 0)], [(0, 60)]], [ANNA] * 2)) == 2

    def test_an_end_gets_one_beginning_the_likest(self):
        near = unit(1, 0.4, 0)
        assert self.joined([[(0, 0)], [(5, 0)], [(5, 60)]], [ANNA, near, ANNA]) == [[0, 2], [1]]

    def test_nothing_and_one(self):
        assert join([], faces([]), same=0.8, longest_gap=20) == []
        alone = tracklet([0], [0], [ANNA])
        assert join([alone], faces([(0, 0)]), same=0.8, longest_gap=20) == [alone]


@settings(max_examples=150, deadline=None)
@given(st.data())
def test_join_keeps_all_rows_and_never_two_of_a_frame(data):
    count = data.draw(st.integers(0, 9), "tracklets")
    rows, owner = [], []
    for number in range(count):
        start = data.draw(st.integers(0, 40))
        for frame in range(start, start + data.draw(st.integers(1, 5))):
            rows.append((frame, data.draw(st.integers(0, 120))))
            owner.append(number)
    order = sorted(range(len(rows)), key=lambda k: rows[k][0])  # as made_faces.faces sorts
    owners = np.array([owner[k] for k in order], np.intp)
    found = faces(rows)
    people = [data.draw(st.sampled_from([ANNA, BELA])) for _ in range(count)]
    pieces = [
        tracklet(mine, mine[:2], [people[number]] * len(mine[:2]))
        for number in range(count)
        for mine in [np.flatnonzero(owners == number)]
    ]
    result = join(pieces, found, same=0.8, longest_gap=data.draw(st.integers(0, 20), "gap"))
    for name in ("rows", "samples"):
        before = sorted(int(r) for piece in pieces for r in getattr(piece, name))
        assert sorted(int(r) for whole in result for r in getattr(whole, name)) == before
    for whole in result:
        assert (np.diff(found.frame[whole.rows]) > 0).all()
        assert (np.diff(whole.samples) > 0).all()
        assert len(whole.samples) == len(whole.embeddings)
        np.testing.assert_array_equal(whole.embeddings, [whole.embeddings[0]] * len(whole.samples))


def joined_all_with_all(
    pieces: list[Tracklet], found: Detections, *, same: float, longest_gap: int
) -> list[list[int]]:
    """The rows of what is joined, by one assignment of all ends to all beginnings."""
    order = sorted(pieces, key=lambda t: int(t.rows[0]))
    first, last = (np.array([t.rows[side] for t in order]) for side in (0, -1))
    gap = found.frame[first] - found.frame[last][:, None]
    heads, tails = (
        np.stack([mean / np.linalg.norm(mean) for mean in means])
        for means in (
            [t.embeddings[:SIDE].sum(axis=0) for t in order],
            [t.embeddings[-SIDE:].sum(axis=0) for t in order],
        )
    )
    alike = tails @ heads.T
    way = moved(found.boxes[last], found.boxes[first])
    allowed = (gap > 0) & (gap <= longest_gap) & (way <= 2.0) & (alike >= same)
    pairs = zip(*linear_sum_assignment(np.where(allowed, -alike, 0.0)), strict=True)
    next_of = {int(i): int(j) for i, j in pairs if allowed[i, j]}
    chains = []
    for i in sorted(set(range(len(order))) - set(next_of.values())):
        chains.append(order[i].rows.tolist())
        while i in next_of:
            i = next_of[i]
            chains[-1] += order[i].rows.tolist()
    return chains


@settings(max_examples=200, deadline=None)
@given(
    st.integers(2, 40), st.integers(1, 90), st.integers(0, 40), st.floats(0.01, 0.9), st.integers(0)
)
def test_join_is_the_best_of_all_assignments(count, frames, gap, same, seed):
    rng = np.random.default_rng(seed)
    start = rng.integers(0, frames, count)
    spans = [range(first, first + rng.integers(1, 6)) for first in start]
    table = [
        (frame, int(rng.integers(0, 120)), n) for n, span in enumerate(spans) for frame in span
    ]
    table.sort(key=lambda row: row[0])  # as made_faces.faces sorts
    found = faces([row[:2] for row in table])
    owner = np.array([row[2] for row in table])
    pieces = [
        tracklet(rows, rows, ANNA + rng.normal(0, 0.6, (len(rows), 3)))
        for rows in (np.flatnonzero(owner == n) for n in range(count))
    ]
    result = join(pieces, found, same=same, longest_gap=gap)
    assert row_lists(result) == joined_all_with_all(pieces, found, same=same, longest_gap=gap)


def test_join_of_a_shot_as_long_as_the_film_takes_no_memory_for_pairs_far_apart():
    count = 1500
    found = faces([(10 * n, 0) for n in range(count)])
    pieces = [tracklet([n], [n], [ANNA]) for n in range(count)]
    tracemalloc.start()
    whole = join(pieces, found, same=0.8, longest_gap=50)
    _, peak = tracemalloc.get_traced_memory()
    tracemalloc.stop()
    assert row_lists(whole) == [[*range(count)]]
    assert peak < count**2  # bytes: one array of all pairs holds eight times as many
