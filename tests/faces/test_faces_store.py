"""Faces on disk: however the parts are cut, the joined file is the same; crops come by row."""

import cv2
import numpy as np
import pyarrow as pa
import pyarrow.parquet as pq
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from castlist.errors import WorkspaceError
from castlist.faces import store
from castlist.faces.scan import Scanned
from castlist.faces.types import Detections


def scanned(frames: list[int], faces_on: dict[int, int], seed: int = 0) -> Scanned:
    """Frames looked at, so many faces on some of them; each crop names its frame and face."""
    frame = np.array([f for f in frames for _ in range(faces_on.get(f, 0))], np.int64)
    n, rng = len(frame), np.random.default_rng([seed, *frames])
    faces = Detections(
        frame,
        frame * 1001,
        rng.uniform(0, 99, (n, 4)).astype(np.float32),
        rng.random(n, np.float32),
        rng.uniform(0, 99, (n, 5, 2)).astype(np.float32),
        rng.random(n, np.float32),
    )
    crops = [f"crop {f} {k}".encode() for f in frames for k in range(faces_on.get(f, 0))]
    return Scanned(np.array(frames, np.int64), faces, crops)


BATCHES = [scanned([f, f + 1], {f: f % 3, f + 1: f % 2}) for f in range(0, 20, 2)]
"""Frames 0 to 19, two at a time, with 0 to 3 faces on each pair."""
WHOLE = Detections.concatenate([batch.faces for batch in BATCHES])
CROPS = [crop for batch in BATCHES for crop in batch.crops]


def write(folder, ends: list[int]) -> None:
    """Write the batches in parts that end behind these batches."""
    for start, end in zip([0, *ends], [*ends, len(BATCHES)], strict=True):
        store.write_part(folder, int(BATCHES[end - 1].frames[-1]), BATCHES[start:end])


@settings(max_examples=25, deadline=None)
@given(st.sets(st.integers(1, len(BATCHES) - 1)))
def test_parts_make_the_same_file_however_they_are_cut(tmp_path_factory, ends):
    folder = tmp_path_factory.mktemp("cut")
    write(folder / "parts", sorted(ends))
    store.join_parts(folder / "parts", folder / "faces.parquet")
    faces, looked = store.read(folder / "faces.parquet")
    for name in vars(WHOLE):
        np.testing.assert_array_equal(getattr(faces, name), getattr(WHOLE, name))
        assert getattr(faces, name).dtype == getattr(WHOLE, name).dtype
    np.testing.assert_array_equal(looked, np.arange(20))
    every = np.arange(len(WHOLE))
    assert list(store.read_crops(folder / "faces.parquet", every)) == list(enumerate(CROPS))


def test_parts_are_listed_by_the_last_frame_they_cover(tmp_path):
    assert store.parts(tmp_path) == []
    write(tmp_path, [3, 7])
    (tmp_path / ".000000099.parquet.1.tmp").write_bytes(b"killed")
    assert [part.last_frame for part in store.parts(tmp_path)] == [5, 13, 19]


def test_part_written_again_takes_the_place_of_the_old(tmp_path):
    store.write_part(tmp_path, 5, [scanned([0, 5], {0: 2}, seed=1)])
    store.write_part(tmp_path, 5, [scanned([0, 5], {0: 1})])
    store.join_parts(tmp_path, tmp_path / "faces.parquet")
    assert store.read(tmp_path / "faces.parquet")[0].frame.tolist() == [0]


@pytest.mark.parametrize("batches", [[], [scanned([0, 7, 9], {})]])
def test_film_without_a_face(tmp_path, batches):
    if batches:
        store.write_part(tmp_path, 9, batches)
    store.join_parts(tmp_path, tmp_path / "faces.parquet")
    faces, looked = store.read(tmp_path / "faces.parquet")
    assert len(faces) == 0
    assert faces.boxes.shape == (0, 4)
    assert faces.landmarks.shape == (0, 5, 2)
    assert looked.tolist() == ([0, 7, 9] if batches else [])
    assert list(store.read_crops(tmp_path / "faces.parquet", np.zeros(0, np.int64))) == []


@settings(max_examples=25, deadline=None)
@given(st.lists(st.integers(0, len(WHOLE) - 1)))
def test_crops_of_some_rows_come_once_and_in_order(tmp_path_factory, rows):
    folder = tmp_path_factory.mktemp("crops")
    write(folder / "parts", [2, 3, 8])
    store.join_parts(folder / "parts", folder / "faces.parquet")
    got = list(store.read_crops(folder / "faces.parquet", np.array(rows, np.int64)))
    assert got == [(row, CROPS[row]) for row in sorted(set(rows))]


@pytest.mark.parametrize("content", [None, b"", b"PAR1 but no more", b"x" * 4000])
def test_missing_or_damaged_file(tmp_path, content):
    path = tmp_path / "detections.parquet"
    if content is not None:
        path.write_bytes(content)
    with pytest.raises(WorkspaceError, match=r"detections.parquet.*--force scan"):
        store.read(path)


def test_file_cut_short(tmp_path):
    write(tmp_path / "parts", [])
    path = tmp_path / "detections.parquet"
    store.join_parts(tmp_path / "parts", path)
    path.write_bytes(path.read_bytes()[:-200])
    with pytest.raises(WorkspaceError, match="--force scan"):
        store.read(path)


def test_parquet_of_another_kind(tmp_path):
    path = tmp_path / "detections.parquet"
    pq.write_table(pa.table({"frame": [1, 2]}), path)
    with pytest.raises(WorkspaceError, match="--force scan"):
        store.read(path)


def test_decoded_crop_is_rgb():
    picture = np.zeros((192, 192, 3), np.uint8)
    picture[..., 0] = 200  # red
    data = cv2.imencode(".jpg", picture[..., ::-1])[1].tobytes()
    np.testing.assert_allclose(store.decode(data).mean(axis=(0, 1)), [200, 0, 0], atol=4)


@pytest.mark.parametrize("data", [b"", b"no JPEG"])
def test_what_is_no_picture_is_not_decoded(data):
    with pytest.raises(ValueError, match="no picture"):
        store.decode(data)


def test_crops_of_a_damaged_file(tmp_path):
    write(tmp_path / "parts", [])
    path = tmp_path / "detections.parquet"
    store.join_parts(tmp_path / "parts", path)
    group = pq.read_metadata(path).row_group(0)
    crops = group.column(group.num_columns - 1)
    data = bytearray(path.read_bytes())
    start = crops.dictionary_page_offset or crops.data_page_offset
    data[start : start + crops.total_compressed_size] = bytes(crops.total_compressed_size)
    path.write_bytes(data)
    assert len(store.read(path)[0]) == len(WHOLE)  # which leaves the crops out
    for broken in (path, tmp_path / "none.parquet"):
        with pytest.raises(WorkspaceError, match="--force scan"):
            list(store.read_crops(broken, np.arange(3)))
