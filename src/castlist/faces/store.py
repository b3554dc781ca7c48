"""Faces on disk: `detections.parquet`, one row a face with its crop, written part by part.

While a film is scanned each part is a file of its own, named by the last frame that it covers, so
that a killed scan goes on behind its last part. Crops are read back row by row, never all at once.
"""

from __future__ import annotations

import base64
from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path

import cv2
import numpy as np
import pyarrow as pa
import pyarrow.parquet as pq

from castlist.atomic import atomic_path
from castlist.faces.scan import Scanned
from castlist.faces.types import Detections, Floats, Ints
from castlist.film.types import Image
from castlist.tables import open_parquet, read_parquet, unreadable

BOX = ("x1", "y1", "x2", "y2")
LANDMARKS = tuple(
    f"{point}_{axis}"
    for point in ("left_eye", "right_eye", "nose", "left_mouth", "right_mouth")
    for axis in "xy"
)
_LOOKED = b"castlist.looked"  # frames on which the detector ran: int64, base64
_SCHEMA = pa.schema(
    [("frame", pa.int64()), ("pts", pa.int64())]
    + [(name, pa.float32()) for name in (*BOX, "score", *LANDMARKS, "quality")]
    + [("crop", pa.binary())]
)


@dataclass(frozen=True)
class Part:
    """A stretch of a film already scanned: its file and the last frame that it covers."""

    path: Path
    last_frame: int


def parts(folder: Path) -> list[Part]:
    """Return the parts of an unfinished scan, in order."""
    found = [Part(path, int(path.stem)) for path in folder.glob("[0-9]*.parquet")]
    return sorted(found, key=lambda part: part.last_frame)


def write_part(folder: Path, last_frame: int, scanned: list[Scanned]) -> None:
    """Write what was found up to and with `last_frame`, and since the part before."""
    looked = np.concatenate([np.zeros(0, np.int64), *(s.frames for s in scanned)])
    faces = Detections.concatenate([s.faces for s in scanned])
    crops = [jpeg for s in scanned for jpeg in s.crops]
    table = _table(faces, crops).replace_schema_metadata(
        {_LOOKED: base64.b64encode(looked.tobytes())}
    )
    folder.mkdir(exist_ok=True)
    with (
        atomic_path(folder / f"{last_frame:09d}.parquet") as path,
        path.open("wb") as file,
    ):
        pq.write_table(table, file, compression={"crop": "none"})


def join_parts(folder: Path, target: Path) -> None:
    """Make one file of all parts."""
    looked = [np.zeros(0, np.int64)]
    with (
        atomic_path(target) as path,
        path.open("wb") as file,
        pq.ParquetWriter(file, _SCHEMA, compression="zstd") as out,
    ):
        for part in parts(folder):
            with part.path.open("rb") as scanned:
                table = read_parquet(scanned)
            looked.append(_looked(table.schema.metadata))
            if len(table):
                out.write_table(table.replace_schema_metadata())
        frames = base64.b64encode(np.concatenate(looked).tobytes()).decode()
        out.add_key_value_metadata({_LOOKED.decode(): frames})


def read(path: Path) -> tuple[Detections, Ints]:
    """Read the faces of a film, without their crops, and the frames on which it was looked.

    Raises:
        WorkspaceError: The file is missing or damaged.
    """
    try:
        with path.open("rb") as file:
            looked = _looked(pq.read_metadata(file).metadata)
            table = read_parquet(file, [name for name in _SCHEMA.names if name != "crop"])
    except (OSError, KeyError, pa.ArrowException) as error:
        raise unreadable(path, "scan") from error
    column = {name: table[name].to_numpy() for name in table.column_names}
    n = len(table)
    faces = Detections(
        column["frame"],
        column["pts"],
        np.stack([column[name] for name in BOX], axis=1).astype(np.float32),
        column["score"],
        np.stack([column[name] for name in LANDMARKS], axis=1).reshape(n, 5, 2),
        column["quality"],
    )
    return faces, looked


def read_crops(path: Path, rows: Ints) -> Iterator[tuple[int, bytes]]:
    """Yield (row, JPEG) for these rows of the file, ascending.

    Raises:
        WorkspaceError: The file is missing or damaged.
    """
    wanted = np.unique(rows)
    first = 0
    try:
        with path.open("rb") as opened:
            file = open_parquet(opened)
            for group in range(file.num_row_groups):
                end = first + file.metadata.row_group(group).num_rows
                here = wanted[(wanted >= first) & (wanted < end)]
                if len(here):
                    crops = file.read_row_group(group, columns=["crop"], use_threads=False)
                    column = crops["crop"]
                    for row in here:
                        yield int(row), column[int(row) - first].as_py()
                first = end
    except (OSError, KeyError, pa.ArrowException) as error:
        raise unreadable(path, "scan") from error


def decode(jpeg: bytes) -> Image:
    """Return the crop, RGB (192, 192, 3).

    Raises:
        ValueError: It is no picture; the caller knows of which file.
    """
    coded = np.frombuffer(jpeg, np.uint8)
    picture = cv2.imdecode(coded, cv2.IMREAD_COLOR_RGB) if len(coded) else None
    if picture is None:
        raise ValueError("no picture")
    return np.asarray(picture, np.uint8)


def _looked(metadata: dict[bytes, bytes]) -> Ints:
    return np.frombuffer(base64.b64decode(metadata[_LOOKED]), np.int64)


def _table(faces: Detections, crops: list[bytes]) -> pa.Table:
    points: Floats = faces.landmarks.reshape(len(faces), 10)
    columns = [
        faces.frame,
        faces.pts,
        *faces.boxes.T,
        faces.scores,
        *points.T,
        faces.quality,
    ]
    arrays = [pa.array(np.ascontiguousarray(column)) for column in columns]
    return pa.Table.from_arrays([*arrays, pa.array(crops, pa.binary())], schema=_SCHEMA)
