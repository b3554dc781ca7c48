"""Which faces are worth following: tall enough, and the largest of a frame."""

import numpy as np
from hypothesis import given
from hypothesis import strategies as st

from castlist.faces.filters import Filters
from castlist.faces.types import Faces


def faces_of(sizes: list[tuple[float, float]]) -> Faces:
    """Faces of these widths and heights."""
    n = len(sizes)
    extent = np.array(sizes, np.float32).reshape(n, 2)
    corner = np.arange(n, dtype=np.float32)[:, None] * [3, 5]
    boxes = np.concatenate([corner, corner + extent], axis=1).astype(np.float32)
    return Faces(boxes, np.linspace(0.9, 0.4, n, dtype=np.float32), np.zeros((n, 5, 2), np.float32))


@given(
    st.lists(st.tuples(st.integers(1, 90), st.integers(1, 90)), max_size=12),
    st.integers(1, 6),
    st.sampled_from([100, 400, 1000]),
)
def test_by_size_it_is_the_plain_rule(sizes, most, height):
    filters = Filters(min_height=0.05, min_pixels=16, most=most)
    tall = [i for i, (_, h) in enumerate(sizes) if h >= max(0.05 * height, 16)]
    expected = sorted(tall, key=lambda i: -sizes[i][0] * sizes[i][1])[:most]
    assert filters.large_enough(faces_of(sizes), height).tolist() == expected


def test_small_film_asks_for_pixels_and_a_large_one_for_a_part():
    filters = Filters(min_height=0.05, min_pixels=16)
    faces = faces_of([(20, 16), (50, 40), (60, 50)])  # the limit itself is enough
    assert filters.large_enough(faces, 240).tolist() == [2, 1, 0]
    assert filters.large_enough(faces, 1000).tolist() == [2]


def test_no_face_at_all():
    assert Filters().large_enough(faces_of([]), 1080).shape == (0,)
