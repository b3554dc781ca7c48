"""When each frame of a film is shown: `frames.parquet`. Nothing else knows a variable rate."""

from __future__ import annotations

from dataclasses import dataclass
from fractions import Fraction
from pathlib import Path

import numpy as np
import pyarrow as pa
import pyarrow.parquet as pq
from numpy.typing import NDArray

from castlist.atomic import atomic_path
from castlist.errors import WorkspaceError


@dataclass(frozen=True)
class Timeline:
    """The times of a film's F frames, in units of its time base.

    Attributes:
        pts: Shape (F,): when each frame appears.
        end_pts: When the last one is gone.
    """

    pts: NDArray[np.int64]
    end_pts: int

    def __len__(self) -> int:
        return len(self.pts)

    @property
    def ends(self) -> NDArray[np.int64]:
        """When each frame is gone, shape (F,)."""
        return np.append(self.pts[1:], self.end_pts)[: len(self.pts)].astype(np.int64)

    def facts(self, time_base: Fraction) -> dict[str, float | int]:
        """Return what `cast.json` says of the film's length: duration in seconds, frames."""
        length = self.end_pts - int(self.pts[0]) if len(self) else 0
        return {"duration": round(float(length * time_base), 6), "frames": len(self)}

    def save(self, path: Path) -> None:
        """Write `frames.parquet`."""
        columns = {"frame": np.arange(len(self)), "pts": self.pts, "end_pts": self.ends}
        with atomic_path(path) as beside:
            pq.write_table(pa.table(columns), beside, compression="zstd")

    @staticmethod
    def load(path: Path) -> Timeline:
        """Read `frames.parquet`.

        Raises:
            WorkspaceError: The file is missing or damaged.
        """
        try:
            table = pq.read_table(path, columns=["pts", "end_pts"])
        except (OSError, pa.ArrowException) as error:
            raise WorkspaceError(
                f"{path}: can't be read; have it made anew with --force scan"
            ) from error
        ends = table["end_pts"].to_numpy()
        return Timeline(table["pts"].to_numpy(), int(ends[-1]) if len(ends) else 0)
