"""When each frame of a film is shown: `frames.parquet`. Nothing else knows a variable rate."""

from __future__ import annotations

from dataclasses import dataclass
from fractions import Fraction
from pathlib import Path

import numpy as np
from numpy.typing import NDArray

from castlist.tables import read_table, write_table


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
        write_table(path, columns)

    @staticmethod
    def load(path: Path) -> Timeline:
        """Read `frames.parquet`.

        Raises:
            WorkspaceError: The file is missing, damaged or lacks a column.
        """
        column = read_table(path, ("pts", "end_pts"), stage="scan")
        ends = column["end_pts"]
        return Timeline(column["pts"], int(ends[-1]) if len(ends) else 0)
