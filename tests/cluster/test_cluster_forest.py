"""The tree of merges: numbered among more tracks, and on disk."""

import numpy as np
import pyarrow.parquet as pq
import pytest

from castlist.cluster.forest import Forest, among, save_merges


def tree():
    forest = Forest(4, None)
    for number, (a, b) in enumerate([(0, 2), (1, 3), (0, 3)]):
        forest.link(a, b, 0.25 * number, number)
    return forest.merges


def test_a_tree_among_more_tracks():
    merges = among(tree(), np.array([1, 2, 5, 8]), 10)
    assert [(merge.left, merge.right) for merge in merges] == [(1, 5), (2, 8), (10, 11)]
    assert [(merge.distance, merge.round) for merge in merges] == [(0, 0), (0.25, 1), (0.5, 2)]


def test_what_must_be_joined_is_so_against_what_may_not():
    forest = Forest(4, np.array([[0, 2], [1, 3]]), np.array([[0, 1], [1, 2]]))
    forest.link(0, 3, 0.1, 1)  # may not be: 3 is apart from 1
    assert forest.labels()[0].tolist() == [0, 0, 0, 1]


@pytest.mark.parametrize("count", [0, 3])
def test_a_row_a_merge(tmp_path, count):
    merges = tree()[:count]
    save_merges(tmp_path / "merges.parquet", merges)
    table = pq.read_table(tmp_path / "merges.parquet")
    assert table.to_pylist() == [vars(merge) for merge in merges]
    assert [str(kind) for kind in table.schema.types] == ["int64", "int64", "double", "int64"]
