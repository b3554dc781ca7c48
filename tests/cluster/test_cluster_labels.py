"""The cluster of each track on disk."""

import numpy as np
import pyarrow as pa
import pyarrow.parquet as pq
import pytest

from castlist.cluster.labels import load_labels, save_labels
from castlist.errors import WorkspaceError


@pytest.mark.parametrize("labels", [[], [0], [-1, -1], [0, 2, -1, 1, 0]])
def test_read_back_as_saved(tmp_path, labels):
    path = tmp_path / "clusters.parquet"
    save_labels(path, np.array(labels, np.int64), np.zeros(len(labels), np.int64))
    again = load_labels(path)
    assert again.tolist() == labels
    assert again.dtype == np.int64


def test_parts_that_were_cut_off_are_read_where_they_are_wanted(tmp_path):
    path = tmp_path / "clusters.parquet"
    labels = np.array([0, 1, -1, 2])  # of three tracks and a part
    save_labels(path, labels, labels, [(0, 12)])
    assert load_labels(path).tolist() == [0, 1, -1]
    assert load_labels(path, parts=[(0, 12)]).tolist() == [0, 1, -1, 2]
    since = [(1, 7), (0, 12), (2, 9), (1, 9)]  # all but the second were cut off since then
    assert load_labels(path, parts=since).tolist() == [0, 1, -1, 3, 2, -1, 4]


@pytest.mark.parametrize("content", [None, b"", b"PAR1 and no more"])
def test_missing_or_damaged_file(tmp_path, content):
    path = tmp_path / "clusters.parquet"
    if content is not None:
        path.write_bytes(content)
    with pytest.raises(WorkspaceError, match=r"clusters.parquet.*--force clusters"):
        load_labels(path)


def test_table_without_clusters(tmp_path):
    path = tmp_path / "clusters.parquet"
    pq.write_table(pa.table({"track": [0, 1]}), path)
    with pytest.raises(WorkspaceError, match="--force clusters"):
        load_labels(path)
