"""The tracks' pictures and embeddings on disk."""

from pathlib import Path

import cv2
import numpy as np
import pytest
from made_faces import faces
from torch import Tensor

from castlist.encoders import Encoder
from castlist.errors import WorkspaceError
from castlist.faces import store
from castlist.faces.scan import Scanned
from castlist.tracks import crops
from castlist.tracks.crops import CropPictures, embed_faces, save_crops

FACES = faces([(i, 0) for i in range(10)])


class MeanColour(Encoder):
    """The mean colour of the chip, as an embedding."""

    def __init__(self) -> None:
        super().__init__(name="colour", dim=3, mean=0, scale=1)
        self.batches: list[int] = []

    def embed_chips(self, chips: Tensor) -> Tensor:
        self.batches.append(len(chips))
        return chips.mean(dim=(2, 3))


def colour(row: int) -> np.ndarray:
    return np.array([70 + 14 * row, 200 - 14 * row, 60], np.uint8)


def jpeg(row: int) -> bytes:
    """A picture of that mean colour, of contrast enough to be left as it is."""
    picture = np.broadcast_to(colour(row)[::-1], (192, 192, 3)).copy()
    picture[:96] += 30
    picture[96:] -= 30
    return cv2.imencode(".jpg", picture)[1].tobytes()


@pytest.fixture
def detections(tmp_path):
    path = tmp_path / "detections.parquet"
    parts = tmp_path / "parts"
    for a, b in ((0, 4), (4, 10)):
        scanned = Scanned(np.arange(a, b), FACES[a:b], [jpeg(row) for row in range(a, b)])
        store.write_part(parts, b - 1, [scanned])
    store.join_parts(parts, path)
    return path


@pytest.mark.parametrize("rows", [[], [3], [0, 2, 5, 9], list(range(10))])
@pytest.mark.parametrize("batch", [1, 2, 256])
def test_rows_are_embedded_each_as_what_it_shows(detections, monkeypatch, rows, batch):
    monkeypatch.setattr(crops, "BATCH", batch)
    encoder, told = MeanColour(), []
    embed = embed_faces(detections, encoder, lambda *progress: told.append(progress))
    found = embed(np.array(rows, np.int64))
    expected = 2 * np.array([colour(row) for row in rows], np.float32).reshape(
        -1, 3
    )  # mirrored too
    np.testing.assert_allclose(found, expected, atol=5)
    assert sum(encoder.batches) == 2 * len(rows)
    assert max(encoder.batches, default=0) <= batch
    assert [t[1:] for t in told] == [
        (min(k, len(rows)), len(rows)) for k in range(batch, len(rows) + batch, batch)
    ]


def test_progress_goes_on_from_call_to_call(detections):
    told = []
    embed = embed_faces(detections, MeanColour(), lambda *progress: told.append(progress))
    for rows in ([0, 2, 5], [], [7], [1, 9]):
        embed(np.array(rows, np.int64))
    assert told == [("tracks", 3, 3), ("tracks", 4, 4), ("tracks", 6, 6)]


def test_pictures_are_those_of_their_faces_and_old_ones_go(tmp_path, detections):
    old = tmp_path / "crops" / "000009_00000009.jpg"
    old.parent.mkdir()
    old.write_bytes(b"old")
    left = tmp_path / "crops.new"  # by a run that was killed
    left.mkdir()
    (left / "half.jpg").write_bytes(b"half")
    track, row = np.array([0, 0, 1]), np.array([4, 8, 2])
    made = save_crops(detections, FACES, track, row, np.array([9, 5, 7]), tmp_path)
    assert made.frame.tolist() == [4, 8, 2]
    assert made.pts.tolist() == FACES.pts[row].tolist()
    assert made.quality.tolist() == FACES.quality[row].tolist()
    assert made.strength.tolist() == [9, 5, 7]
    written = {str(path.relative_to(tmp_path)) for path in (tmp_path / "crops").iterdir()}
    assert written == set(made.file.tolist())
    assert len(written) == 3
    for file, number in zip(made.file, row, strict=True):
        assert (tmp_path / file).read_bytes() == jpeg(int(number))
    assert not left.exists()


def test_no_crops_leave_an_empty_folder(tmp_path, detections):
    none = np.zeros(0, np.int64)
    made = save_crops(detections, FACES, none, none, none, tmp_path)
    assert len(made) == 0
    assert list((tmp_path / "crops").iterdir()) == []


# Pictures that are gone


def spoil(file: Path, kind: str) -> None:
    if kind == "missing":
        file.unlink()
    else:
        file.write_bytes({"empty": b"", "damaged": b"no JPEG"}[kind])


@pytest.mark.parametrize("kind", ["missing", "empty", "damaged"])
def test_crop_that_is_gone_is_named(tmp_path, detections, kind):
    track, row = np.array([0, 0, 1]), np.array([4, 8, 2])
    made = save_crops(detections, FACES, track, row, np.array([9, 5, 7]), tmp_path)
    spoil(tmp_path / made.file[1], kind)
    pictures = CropPictures(tmp_path, made)
    assert pictures[np.array([0, 2])].shape == (2, 192, 192, 3)
    with pytest.raises(WorkspaceError, match=rf"{made.file[1]}: can't be read.*--force tracks"):
        pictures[:2]


@pytest.mark.parametrize("jpeg", [b"", b"no JPEG"])
def test_face_whose_picture_is_damaged_names_the_table(tmp_path, jpeg):
    store.write_part(tmp_path / "parts", 0, [Scanned(np.arange(1), FACES[:1], [jpeg])])
    store.join_parts(tmp_path / "parts", tmp_path / "detections.parquet")
    embed = embed_faces(tmp_path / "detections.parquet", MeanColour())
    with pytest.raises(WorkspaceError, match=r"detections\.parquet: can't be read.*--force scan"):
        embed(np.zeros(1, np.int64))
