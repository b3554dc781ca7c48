"""Formats of a film's truth: each read from a small file of it, and from a damaged one."""

import json
import shutil

import numpy as np
import pytest

from castlist.benchmark.datasets import coco_video, cvat, easycom, mot, registry, via
from castlist.benchmark.truth import find_truths, read_truth
from castlist.errors import CastlistError

MOT = """1,1,10,20,30,40,1,1,1
2,1,11,20,30,40,1,1,1
2,2,100,20,30,40,1,2,1
2,3,200,20,30,40,0,-1,1
"""

COCO = {
    "videos": [{"id": 1, "name": "film.mp4"}, {"id": 2, "name": "other.mp4"}],
    "images": [
        {"id": 1, "video_id": 1, "frame_id": 0},
        {"id": 2, "video_id": 1, "frame_index": 1},
        {"id": 3, "video_id": 2, "frame_id": 0},
    ],
    "categories": [{"id": 1, "name": "clara"}, {"id": 2, "name": "unknown"}],
    "annotations": [
        {"image_id": 1, "track_id": 1, "category_id": 1, "bbox": [10, 20, 30, 40]},
        {"image_id": 2, "instance_id": 1, "category_id": 1, "bbox": [11, 20, 30, 40]},
        {"image_id": 2, "track_id": 2, "category_id": 2, "bbox": [100, 20, 30, 40]},
        {"image_id": 3, "track_id": 9, "category_id": 1, "bbox": [0, 0, 1, 1]},
    ],
}

CVAT = """<?xml version="1.0" encoding="utf-8"?>
<annotations><version>1.1</version>
<track id="0" label="clara">
<box frame="0" outside="0" occluded="0" keyframe="1" xtl="10" ytl="20" xbr="40" ybr="60"/>
<box frame="1" outside="0" occluded="0" keyframe="0" xtl="11" ytl="20" xbr="41" ybr="60"/>
<box frame="2" outside="1" occluded="0" keyframe="1" xtl="11" ytl="20" xbr="41" ybr="60"/>
</track>
<track id="1" label="face">
<box frame="1" outside="0" occluded="0" keyframe="1" xtl="100" ytl="20" xbr="130" ybr="60">
<attribute name="identity">frank</attribute></box>
</track>
<track id="2" label="unknown">
<box frame="1" outside="0" occluded="0" keyframe="1" xtl="200" ytl="20" xbr="230" ybr="60"/>
</track></annotations>
"""

EASYCOM = [
    {
        "Frame_Number": 1,
        "Participants": [{"Participant_ID": 4, "x1": 10, "y1": 20, "x2": 40, "y2": 60}],
    },
    {
        "Frame_Number": 2,
        "Participants": [{"Participant_ID": 4, "x1": 11, "y1": 20, "x2": 41, "y2": 60}],
    },
    {"Frame_Number": 3, "Participants": []},
]


def via_region(seconds, box, who):
    return {"vid": "1", "flg": 0, "z": [seconds], "xy": [2, *box], "av": {"2": who}}


VIA = {
    "attribute": {
        "1": {"aname": "on screen", "anchor_id": "FILE1_Z2_XY0", "options": {"C1": "clara"}},
        "2": {"aname": "character", "anchor_id": "FILE1_Z1_XY1", "options": {"C1": "clara"}},
    },
    "metadata": {
        "a": {"vid": "1", "flg": 0, "z": [0, 1], "xy": [], "av": {"1": "C1"}},
        "b": via_region(0.0, [10, 20, 30, 40], "C1"),
        "c": via_region(0.1667, [11, 20, 30, 40], "C1"),
        "d": via_region(0.1667, [100, 20, 30, 40], "unknown"),
        "e": via_region(1.0, [11, 20, 30, 40], "C1"),
    },
    "file": {"1": {"fid": "1", "fname": "film.mp4", "type": 4, "loc": 1, "src": ""}},
    "view": {"1": {"fid_list": ["1"]}},
}


def told(truth):
    return [(t.identity, t.frames.tolist()) for t in truth.tracks]


@pytest.fixture
def film(tmp_path, sample_film):
    """A film of 24 frames a second."""
    return shutil.copy(sample_film, tmp_path / "film.mp4")


def write(film, ending, data):
    path = film.with_name(f"film{ending}")
    path.write_text(data if isinstance(data, str) else json.dumps(data))
    return path


def test_mot_with_classes(film):
    found = mot.read(write(film, ".mot.txt", MOT), film)
    assert told(found) == [("person 1", [0, 1]), ("person 2", [1]), ("unsure", [1])]
    np.testing.assert_array_equal(found.tracks[0].boxes[0], [10, 20, 40, 60])
    assert found.film == film


def test_mot_with_one_class_has_people_as_ids(film):
    text = "1,7,0,0,9,9,1,1,1\n2,7,0,0,9,9,1,1,1\n9,7,0,0,9,9,1,1,1\n2,8,50,0,9,9,0,1,1\n"
    found = mot.read(write(film, ".mot.txt", text), film)
    assert told(found) == [("person 7", [0, 1]), ("person 7", [8]), ("unsure", [1])]


def test_coco(film):
    found = coco_video.read(write(film, ".coco.json", COCO), film)
    assert told(found) == [("clara", [0, 1]), ("unsure", [1])]
    np.testing.assert_array_equal(found.tracks[0].boxes[0], [10, 20, 40, 60])


def test_coco_with_one_category_has_people_as_tracks(film):
    data = json.loads(json.dumps(COCO))
    data["categories"] = [{"id": 1, "name": "face"}]
    data["annotations"][2]["category_id"] = 1
    found = coco_video.read(write(film, ".coco.json", data), film)
    assert told(found) == [("person 1", [0, 1]), ("person 2", [1])]


def test_coco_without_the_film(film):
    path = write(film, ".coco.json", COCO)
    with pytest.raises(CastlistError, match="0 of its videos are called elsewhere"):
        coco_video.read(path, film.with_name("elsewhere.mp4"))


def test_cvat(film):
    found = cvat.read(write(film, ".cvat.xml", CVAT), film)
    assert told(found) == [("clara", [0, 1]), ("frank", [1]), ("unsure", [1])]
    np.testing.assert_array_equal(found.tracks[1].boxes[0], [100, 20, 130, 60])


def test_cvat_with_one_label_has_people_as_tracks(film):
    text = CVAT.replace('label="clara"', 'label="face"').replace('label="unknown"', 'label="face"')
    found = cvat.read(write(film, ".cvat.xml", text), film)
    assert told(found) == [("person 0", [0, 1]), ("frank", [1]), ("person 2", [1])]
    labels = "<meta><task><labels><label><name>frank</name></label></labels></task></meta><track"
    found = cvat.read(write(film, ".cvat.xml", text.replace("<track", labels, 1)), film)
    assert [track.identity for track in found.tracks] == ["face", "frank", "face"]


def test_via(film):
    found = via.read(write(film, ".via.json", VIA), film)
    assert told(found) == [("clara", [0, 4]), ("clara", [24]), ("unsure", [4])]
    np.testing.assert_array_equal(found.tracks[0].boxes[0], [10, 20, 40, 60])


def test_via_with_several_videos_is_read_for_the_film(film):
    data = json.loads(json.dumps(VIA))
    data["view"]["2"] = {"fid_list": [7]}  # VIA itself counts files in numbers, or in text
    data["file"]["7"] = {"fid": 7, "fname": "folder/other.mp4", "type": 4, "loc": 1, "src": ""}
    data["metadata"]["f"] = via_region(0.0, [50, 20, 30, 40], "C1") | {"vid": "2"}
    data["metadata"]["g"] = {"vid": "2", "flg": 0, "z": [1], "xy": [7, 1, 2, 3, 4], "av": {}}
    assert told(via.read(write(film, ".via.json", data), film)) == told(
        via.read(write(film, ".via.json", VIA), film)
    )
    data["file"]["1"]["fname"] = "another.mp4"
    with pytest.raises(CastlistError, match="0 of its videos are called film"):
        via.read(write(film, ".via.json", data), film)


@pytest.mark.parametrize("answer", [{}, {"2": ""}])
def test_via_without_an_answer_nobody_knows_who(film, answer):
    data = json.loads(json.dumps(VIA))
    data["metadata"] = {"a": via_region(0.0, [10, 20, 30, 40], "C1") | {"av": answer}}
    assert told(via.read(write(film, ".via.json", data), film)) == [("unsure", [0])]


def test_via_needs_to_know_who(film):
    data = json.loads(json.dumps(VIA))
    del data["attribute"]["2"]
    with pytest.raises(CastlistError, match="no attribute of its regions"):
        via.read(write(film, ".via.json", data), film)


def test_easycom(film):
    found = easycom.read(write(film, ".easycom.json", EASYCOM), film)
    assert told(found) == [("participant 4", [0, 1])]


WHOLE = {
    ".mot.txt": MOT,
    ".coco.json": COCO,
    ".cvat.xml": CVAT,
    ".via.json": VIA,
    ".easycom.json": EASYCOM,
}


def test_all_formats_are_tested():
    assert set(WHOLE) == {one.ending for one in registry.FORMATS}


@pytest.mark.parametrize("ending", WHOLE)
def test_a_damaged_file_is_told_in_one_sentence(film, ending):
    path = write(film, ending, WHOLE[ending])
    text = path.read_text()
    for damaged in (text[: len(text) // 2], "{}", "<a/>", "1,2\n"):
        path.write_text(damaged)
        with pytest.raises(CastlistError, match=rf"film{ending}: not ") as caught:
            read_truth(path)
        assert "\n" not in str(caught.value)
    path.write_bytes(b"\xff" * 1000)
    with pytest.raises(CastlistError) as caught:
        read_truth(path)
    assert len(str(caught.value)) < 400


@pytest.mark.parametrize("ending", WHOLE)
def test_a_format_is_found_beside_its_film(film, ending):
    write(film, ending, WHOLE[ending])
    (found,) = find_truths(film.parent)
    assert found.film == film
    assert found.tracks


def test_our_own_form_comes_first_and_each_film_is_read_once(film):
    for ending, data in WHOLE.items():
        write(film, ending, data)
    write(film, ".truth.json", {"video": "film.mp4", "tracks": []})
    (found,) = find_truths(film.parent)
    assert found.tracks == []


def test_a_truth_without_its_film(tmp_path):
    (tmp_path / "film.mot.txt").write_text(MOT)
    with pytest.raises(CastlistError, match="no film of the name film"):
        find_truths(tmp_path)
