"""Reading films' truths."""

import json

import numpy as np
import pytest

from castlist.benchmark.truth import find_truths, read_truth
from castlist.errors import CastlistError

TRUTH = {
    "video": "a.mp4",
    "width": 640,
    "height": 360,
    "fps": 24.0,
    "tracks": [
        {"id": 0, "identity": "anna", "boxes": [[5, 1.5, 2, 30, 40], [4, 1, 2, 30, 40]]},
        {"id": 1, "identity": "unsure", "boxes": [[4, 50, 2, 90, 40]]},
        {"id": 2, "identity": "bela", "boxes": []},
    ],
}


def test_tracks_are_read_in_order_of_frame(tmp_path):
    path = tmp_path / "a.truth.json"
    path.write_text(json.dumps(TRUTH))
    truth = read_truth(path)
    assert truth.film == tmp_path / "a.mp4"
    anna, unsure, bela = truth.tracks
    assert anna.frames.tolist() == [4, 5]
    np.testing.assert_array_equal(anna.boxes, [[1, 2, 30, 40], [1.5, 2, 30, 40]])
    assert (anna.frames.dtype, anna.boxes.dtype) == (np.int64, np.float32)
    assert [t.scored for t in (anna, unsure, bela)] == [True, False, True]
    assert bela.boxes.shape == (0, 4)


@pytest.mark.parametrize("identity", ["nonface", "mixed", "unsure"])
def test_tracks_of_no_one_person_are_not_scored(tmp_path, identity):
    path = tmp_path / "a.truth.json"
    path.write_text(json.dumps({**TRUTH, "tracks": [{"identity": identity, "boxes": []}]}))
    assert not read_truth(path).tracks[0].scored


@pytest.mark.parametrize(
    "text",
    [
        None,
        "",
        "[]",
        "{}",
        json.dumps({**TRUTH, "tracks": [{"identity": "anna"}]}),
        json.dumps({**TRUTH, "tracks": [{"identity": "anna", "boxes": [[1, 2, 3]]}]}),
        json.dumps({**TRUTH, "tracks": [TRUTH["tracks"][0]] * 2}),
        json.dumps({"tracks": []}),
        "[" * 100_000,
    ],
)
def test_other_files_are_refused(tmp_path, text):
    path = tmp_path / "a.truth.json"
    if text is not None:
        path.write_text(text)
    with pytest.raises(CastlistError, match=r"a.truth.json: not a film's truth"):
        read_truth(path)


@pytest.mark.parametrize(
    "track",
    [
        {"identity": 3, "boxes": []},
        {"identity": None, "boxes": []},
        {"identity": "anna", "boxes": [[4, 1, 2, float("nan"), 40]]},
        {"identity": "anna", "boxes": [[4, 1, 2, float("inf"), 40]]},
        {"identity": "anna", "boxes": [[4, 30, 2, 1, 40]]},
        {"identity": "anna", "boxes": [[4, 1, 2, 30, 40], [4, 50, 2, 90, 40]]},
        {"identity": "anna", "boxes": [[-4, 1, 2, 30, 40]]},
        {"identity": "anna", "boxes": [[3.7, 1, 2, 30, 40]]},
        {"identity": "anna", "boxes": [[True, 1, 2, 30, 40]]},
        {"identity": "anna", "boxes": [[float("inf"), 1, 2, 30, 40]]},
        {"identity": "anna", "boxes": [[10**400, 1, 2, 30, 40]]},
    ],
    ids=str,
)
def test_tracks_that_cannot_be_are_refused(tmp_path, track):
    path = tmp_path / "a.truth.json"
    path.write_text(json.dumps({**TRUTH, "tracks": [track]}))
    with pytest.raises(CastlistError, match=r"a.truth.json: not a film's truth"):
        read_truth(path)


def test_a_file_of_another_encoding_is_not_in_the_sentence(tmp_path):
    path = tmp_path / "a.truth.json"
    path.write_bytes(b" " * 200_000 + "ë".encode("latin-1"))
    with pytest.raises(CastlistError, match="UTF-8") as caught:
        read_truth(path)
    assert len(str(caught.value)) < 400


def test_a_frame_may_be_written_as_any_whole_number_and_boxes_may_lie_outside(tmp_path):
    path = tmp_path / "a.truth.json"
    track = {"identity": "anna", "boxes": [[3.0, -5, 2, 700, 40]]}
    path.write_text(json.dumps({**TRUTH, "tracks": [track]}))
    (anna,) = read_truth(path).tracks
    assert anna.frames.tolist() == [3]
    np.testing.assert_array_equal(anna.boxes, [[-5, 2, 700, 40]])


def test_folder_is_read_in_order_of_name(tmp_path):
    for name in ("b", "a"):
        text = json.dumps({**TRUTH, "video": f"{name}.mp4"})
        (tmp_path / f"{name}.truth.json").write_text(text)
    (tmp_path / "notes.json").write_text("no truth")
    assert [truth.film.name for truth in find_truths(tmp_path)] == ["a.mp4", "b.mp4"]


def test_folder_without_truth(tmp_path):
    with pytest.raises(CastlistError, match="no films with truth"):
        find_truths(tmp_path)
    with pytest.raises(CastlistError, match="no films with truth"):
        find_truths(tmp_path / "missing")
