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
