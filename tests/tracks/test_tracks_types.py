"""Tracks and crops as tables: saved and read back, and which tracks share frames."""

from pathlib import Path

import numpy as np
import pyarrow as pa
import pyarrow.parquet as pq
import pytest
from hypothesis import given
from hypothesis import strategies as st

from castlist.errors import WorkspaceError
from castlist.tracks.types import Crops, Tracks, crop_file, evidence

SPANS = st.lists(
    st.tuples(st.integers(0, 25), st.integers(1, 12)).map(lambda s: (s[0], s[0] + s[1])),
    max_size=9,
)


def tracks_of(spans: list[tuple[int, int]]) -> Tracks:
    """Tracks over these frames, from the first up to and without the last."""
    track = np.array([n for n, (a, b) in enumerate(spans) for _ in range(a, b)], np.int64)
    frame = np.array([f for a, b in spans for f in range(a, b)], np.int64)
    rng, rows = np.random.default_rng(0), len(frame)
    return Tracks(
        track,
        frame // 10,
        frame,
        frame * 1001,
        rng.uniform(0, 99, (rows, 4)).astype(np.float32),
        rng.random(rows, np.float32),
        rng.random(rows) < 0.5,
        rng.random(rows) < 0.2,
    )


def crops_of(count: int) -> Crops:
    number = np.arange(count, dtype=np.int64)
    files = np.array([crop_file(n, 12 * n) for n in range(count)], np.str_)
    worth = np.float32(1) / (1 + number)
    return Crops(number // 3, 12 * number, 12 * number * 1001, worth, 20 * worth, files)


@given(SPANS)
def test_tracks_that_share_frames_are_those_of_brute_force(spans):
    expected = [
        [a, b]
        for b in range(len(spans))
        for a in range(b)
        if set(range(*spans[a])) & set(range(*spans[b]))
    ]
    assert tracks_of(spans).co_occurring().tolist() == sorted(expected)


@given(SPANS)
def test_first_and_last_rows(spans):
    tracks = tracks_of(spans)
    assert len(tracks) == len(spans)
    assert tracks.frame[tracks.first_row].tolist() == [a for a, _ in spans]
    assert tracks.frame[tracks.last_row].tolist() == [b - 1 for _, b in spans]
    assert tracks.track[tracks.first_row].tolist() == list(range(len(spans)))


@pytest.mark.parametrize("table", [tracks_of([]), tracks_of([(3, 9), (0, 4)]), crops_of(7)])
def test_read_back_as_saved(tmp_path, table):
    path = tmp_path / "table.parquet"
    table.save(path)
    again = type(table).load(path)
    for name, column in vars(table).items():
        np.testing.assert_array_equal(getattr(again, name), column)
        assert getattr(again, name).dtype == column.dtype
    assert [p.name for p in tmp_path.iterdir()] == ["table.parquet"]


def test_no_crops_read_back(tmp_path):
    path = tmp_path / "crops.parquet"
    crops_of(0).save(path)
    again = Crops.load(path)
    assert len(again) == 0
    assert again.file.dtype.kind == "U"


def test_crop_files_sort_by_track_and_frame():
    names = [crop_file(track, frame) for track in (0, 9, 10) for frame in (5, 40, 12345)]
    assert names == sorted(names)
    assert Path(names[0]).parts == ("crops", "000000_00000005.jpg")


@pytest.mark.parametrize("kind", [Tracks, Crops])
@pytest.mark.parametrize("content", [None, b"", b"PAR1 and no more"])
def test_missing_or_damaged_table(tmp_path, kind, content):
    path = tmp_path / "table.parquet"
    if content is not None:
        path.write_bytes(content)
    with pytest.raises(WorkspaceError, match=r"table.parquet.*--force tracks"):
        kind.load(path)


@pytest.mark.parametrize("kind", [Tracks, Crops])
def test_table_that_lacks_columns(tmp_path, kind):
    path = tmp_path / "table.parquet"
    pq.write_table(pa.table({"track": [0, 0, 1]}), path)
    with pytest.raises(WorkspaceError, match=r"table.parquet.*--force tracks"):
        kind.load(path)


@given(st.lists(st.tuples(st.integers(0, 5), st.integers(0, 100))).map(sorted), st.integers(6, 8))
def test_best_quality(crops, tracks):
    track = np.array([t for t, _ in crops], np.int64)
    quality = np.array([q / 100 for _, q in crops], np.float32)
    made = Crops(track, track, track, quality, quality, np.array([""] * len(track), np.str_))
    mine = [[q / 100 for t, q in crops if t == number] for number in range(tracks)]
    np.testing.assert_allclose(
        made.best_quality(tracks), [max(q, default=0) for q in mine], atol=1e-6
    )


@pytest.mark.parametrize(
    ("strength", "track", "worth"),
    [
        ([20, 20, 20], [0, 0, 1], [2, 1]),  # all alike
        ([20, 5, 5, 20, 20], [0, 1, 1, 2, 2], [1, 0.5, 2]),  # two that hardly say anything
        ([0, 0], [0, 1], [1, 1]),  # nothing to compare with
        ([], [], []),
    ],
)
def test_evidence_counts_typical_crops(strength, track, worth):
    found = evidence(np.array(strength, np.float32), np.array(track, np.int64))
    np.testing.assert_allclose(found, worth)
