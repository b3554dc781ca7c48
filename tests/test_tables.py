"""Tables of a workspace: there and back, and what is said of one that can't be read."""

from __future__ import annotations

import subprocess
import sys
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


READ = """
import os, sys
from pathlib import Path
import numpy as np
from castlist.faces import store
from castlist.faces.scan import Scanned
from castlist.faces.types import Detections
from castlist.tables import read_table, write_table

folder = Path(sys.argv[1])
write_table(folder / "table.parquet", {"a": np.arange(3)})
none, box, score = np.zeros(1, np.int64), np.zeros((1, 4), np.float32), np.zeros(1, np.float32)
face = Detections(none, none, box, score, np.zeros((1, 5, 2), np.float32), score)
store.write_part(folder / "parts", 0, [Scanned(none, face, [b"crop"])])
threads = len(os.listdir("/proc/self/task"))
read_table(folder / "table.parquet", ["a"], stage="scan")
store.join_parts(folder / "parts", folder / "all.parquet")
store.read(folder / "all.parquet")
assert list(store.read_crops(folder / "all.parquet", none)) == [(0, b"crop")]
print(len(os.listdir("/proc/self/task")) - threads)
"""


@pytest.mark.skipif(sys.platform != "linux", reason="counts the threads in /proc")
def test_reading_leaves_no_thread_that_could_abort_the_process_at_its_end(tmp_path: Path) -> None:
    done = subprocess.run(
        [sys.executable, "-c", READ, tmp_path], capture_output=True, text=True, check=True
    )
    assert done.stdout.strip() == "0"
