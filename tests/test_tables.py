"""Tables of a workspace: there and back, and what is said of one that can't be read."""

from __future__ import annotations

from pathlib import Path

import numpy as np
import pytest

from castlist.errors import WorkspaceError
from castlist.tables import read_table, write_table


def test_columns_come_back_as_they_went(tmp_path: Path) -> None:
    path = tmp_path / "table.parquet"
    write_table(path, {"a": np.arange(6)[::2], "b": np.array([0.5, 1, 2], np.float32)})
    column = read_table(path, ["b", "a"], stage="scan")
    assert {name: values.tolist() for name, values in column.items()} == {
        "b": [0.5, 1, 2],
        "a": [0, 2, 4],
    }
    assert column["b"].dtype == np.float32


@pytest.mark.parametrize("fault", ["missing", "damaged", "column"])
def test_a_table_that_cannot_be_read_names_the_stage(tmp_path: Path, fault: str) -> None:
    path = tmp_path / "table.parquet"
    if fault == "damaged":
        path.write_bytes(b"PAR1 and no more")
    elif fault == "column":
        write_table(path, {"b": np.arange(3)})
    with pytest.raises(WorkspaceError, match=r"table\.parquet.*--force scan"):
        read_table(path, ["a"], stage="scan")
