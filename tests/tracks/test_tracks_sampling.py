"""Sampling of crops: one each 12 frames, at least 3 where there are 3."""

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from castlist.tracks.sampling import EVERY, LEAST, sample

FRAMES = st.sets(st.integers(0, 200), min_size=1, max_size=60).map(sorted)


def plain_sample(frames: list[int], every: int, least: int) -> list[int]:
    """t_n = every * n + f_1, the nearest face of each; then the farthest from those chosen."""
    chosen = set()
    t = frames[0]
    while t <= frames[-1]:
        chosen.add(min(range(len(frames)), key=lambda i: (abs(frames[i] - t), i)))
        t += every
    while len(chosen) < min(least, len(frames)):
        chosen.add(
            max(
                range(len(frames)),
                key=lambda i: (min(abs(frames[i] - frames[c]) for c in chosen), -i),
            )
        )
    return sorted(chosen)


@given(FRAMES, st.integers(1, 30), st.integers(0, 5))
def test_it_is_the_plain_rule(frames, every, least):
    expected = plain_sample(frames, every, least)
    assert sample(np.array(frames), every=every, least=least).tolist() == expected


@given(FRAMES)
def test_subset_ascending_with_the_first_and_three_where_there_are_three(frames):
    chosen = sample(np.array(frames)).tolist()
    assert chosen == sorted(set(chosen))
    assert set(chosen) <= set(range(len(frames)))
    assert chosen[0] == 0
    assert len(chosen) >= min(LEAST, len(frames))
    assert len(chosen) <= max(LEAST, (frames[-1] - frames[0]) // EVERY + 1)


@pytest.mark.parametrize(
    ("frames", "expected"),
    [
        ([7], [0]),
        ([7, 8], [0, 1]),
        ([7, 8, 9], [0, 1, 2]),
        (range(100, 112), [0, 5, 11]),  # t_0 alone: the farthest, then the middle one
        (range(49), [0, 12, 24, 36, 48]),
        ([0, 6, 12, 18, 24], [0, 2, 4]),
        ([0, 13, 23, 36], [0, 1, 2, 3]),  # t_1 and t_2 aren't there: their nearest are
        ([0, 10, 14, 24], [0, 1, 3]),  # 10 and 14 lie as near to 12: the earlier
        ([0, 100], [0, 1]),
    ],
)
def test_cases_by_hand(frames, expected):
    assert sample(np.array(list(frames))).tolist() == expected
