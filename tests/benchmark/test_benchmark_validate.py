"""What is wrong with a film's truth."""

import hashlib
import json
import re
from pathlib import Path

import pytest
from hypothesis import given
from hypothesis import strategies as st
from typer.testing import CliRunner

from castlist.benchmark.truth import read_truth
from castlist.benchmark.validate import SCHEMA, _whole, findings
from castlist.cli import app
from castlist.errors import CastlistError


def sound():
    """A truth in which nothing is wrong."""
    return {
        "castlist_truth": 1,
        "video": "film.mp4",
        "sha256": hashlib.sha256(b"film").hexdigest(),
        "width": 100,
        "height": 80,
        "frame_rate": "24000/1001",
        "frames": 50,
        "annotator": "ada",
        "tool": "castlist 1",
        "tracks": [
            {"id": 0, "identity": "clara", "boxes": [[3, 1, 2, 30.5, 40], [4, 1, 2, 30, 40]]},
            {"id": 5, "identity": "clara", "boxes": [[9, 1, 2, 30, 40]]},
            {"id": 6, "identity": "frank", "boxes": [[4, 50, 2, 80, 40]]},
            {"id": 7, "identity": "unsure", "boxes": [[4, 50, 42, 80, 70]]},
            {"id": 8, "identity": "unsure", "boxes": [[4, 10, 42, 30, 70]]},
        ],
    }


def check(tmp_path, data):
    path = tmp_path / "film.truth.json"
    path.write_text(json.dumps(data))
    found = findings(path)
    assert all(one.startswith(f"{path}: ") and one.endswith(".") for one in found)
    return [one.removeprefix(f"{path}: ") for one in found]


def old():
    data = sound()
    for key in ("castlist_truth", "sha256", "frame_rate", "annotator", "tool"):
        del data[key]
    return data


def test_nothing_is_wrong(tmp_path):
    assert check(tmp_path, sound()) == []
    assert check(tmp_path, old()) == []
    (tmp_path / "film.mp4").write_bytes(b"film")
    assert check(tmp_path, sound()) == []


def test_whole_numbers_are_those_of_json_schema(tmp_path):
    data = sound() | {"castlist_truth": 1.0, "width": 100.0}
    data["tracks"][1] |= {"id": 5.0, "boxes": [[9.0, 1, 2, 30, 40]]}
    assert check(tmp_path, data) == []
    truth = read_truth(tmp_path / "film.truth.json")
    assert truth.tracks[1].frames.tolist() == [9]
    (tmp_path / "film.truth.json").write_text(json.dumps(sound() | {"castlist_truth": True}))
    with pytest.raises(CastlistError, match="True isn't a whole number"):
        read_truth(tmp_path / "film.truth.json")


def test_another_film_beside_it(tmp_path):
    (tmp_path / "film.mp4").write_bytes(b"another")
    assert check(tmp_path, sound()) == ["film.mp4 beside it is another film: its sha256 differs."]


@pytest.mark.parametrize("key", json.loads(SCHEMA.read_text())["required"])
def test_what_the_schema_requires_is_missed(tmp_path, key):
    data = sound()
    del data[key]
    if key != "castlist_truth":  # without it, it is an older file
        assert len(check(tmp_path, data)) == 1
        assert key in check(tmp_path, data)[0]


def test_the_schema_describes_what_is_sound():
    schema = json.loads(SCHEMA.read_text())
    data = sound()
    assert set(data) == set(schema["properties"])
    for key, rule in schema["properties"].items():
        if "pattern" in rule:
            assert re.search(rule["pattern"], data[key])
    track = schema["properties"]["tracks"]["items"]
    assert set(track["required"]) == set(data["tracks"][0])


@pytest.mark.parametrize(
    ("key", "value", "wanted"),
    [
        ("castlist_truth", 2, "castlist_truth is 2"),
        ("castlist_truth", True, "castlist_truth is True"),
        ("video", "folder/film.mp4", "video isn't"),
        ("video", 3, "video isn't"),
        ("sha256", "AB", "sha256 isn't"),
        ("width", 0, "width isn't"),
        ("height", True, "height isn't"),
        ("frames", 2.5, "frames isn't"),
        ("frame_rate", "23.976", "frame_rate isn't"),
        ("annotator", "", "annotator doesn't"),
        ("tracks", {}, "tracks isn't"),
        ("tracks", [3], "entry 0 of tracks"),
    ],
)
def test_what_is_wrong_with_the_whole(tmp_path, key, value, wanted):
    found = check(tmp_path, sound() | {key: value})
    assert len(found) == 1
    assert found[0].startswith(wanted)


@pytest.mark.parametrize(
    ("track", "change", "wanted"),
    [
        (1, {"id": 0}, "track 0 is there twice."),
        (1, {"id": -1}, "entry 1 of tracks has no id that is a whole number from 0."),
        (1, {"identity": " clara"}, "track 5 has no identity, or one that begins or ends with"),
        (1, {"identity": None}, "track 5 has no identity, or one that begins or ends with"),
        (1, {"boxes": []}, "track 5 has no boxes."),
        (1, {"boxes": [[9, 1, 2, 30]]}, "track 5: [9, 1, 2, 30] isn't a box: frame, x1, y1, x2"),
        (1, {"boxes": [[9, 1, 2, float("nan"), 40]]}, "track 5: [9, 1, 2, nan, 40] isn't a box"),
        (1, {"boxes": [[9.5, 1, 2, 30, 40]]}, "track 5: frame 9.5 isn't a whole number from 0."),
        (1, {"boxes": [[50, 1, 2, 30, 40]]}, "track 5: frame 50 isn't in the film, which has 50."),
        (1, {"boxes": [[9, 30, 2, 1, 40]]}, "track 5: the box on frame 9 has no area."),
        (1, {"boxes": [[9, 1, 2, 103, 40]]}, "track 5: the box on frame 9 reaches out of the"),
        (1, {"boxes": [[9, 1, 2, 30, 40]] * 2}, "track 5 has two boxes on frame 9."),
        (1, {"boxes": [[9, 1, 2, 3, 4], [8, 1, 2, 3, 4]]}, "track 5: frame 8 comes after frame 9."),
        (2, {"identity": "clara"}, "track 6 and track 0 are both clara on frame 4."),
    ],
)
def test_what_is_wrong_with_a_track(tmp_path, track, change, wanted):
    data = sound()
    data["tracks"][track] |= change
    found = check(tmp_path, data)
    assert len(found) == 1
    assert found[0].startswith(wanted)


@pytest.mark.parametrize("text", [None, "{", "[]", "[" * 100_000])
def test_what_is_no_truth_at_all(tmp_path, text):
    path = tmp_path / "film.truth.json"
    if text:
        path.write_text(text)
    assert len(findings(path)) == 1


VALUES = st.recursive(
    st.none()
    | st.booleans()
    | st.integers()
    | st.floats()
    | st.text(max_size=3)
    | st.just(10**400),
    lambda some: (
        st.lists(some, max_size=6)
        | st.dictionaries(st.sampled_from(["id", "identity", "boxes"]), some, max_size=3)
    ),
    max_leaves=30,
)


@given(st.dictionaries(st.sampled_from(sorted(sound())), VALUES))
def test_any_json_is_judged(changes):
    found = list(_whole(sound() | changes, Path()))
    assert all(isinstance(one, str) and "\n" not in one for one in found)
    lacking = sound().keys() - changes.keys() - {"frames", "castlist_truth", "width", "height"}
    assert list(_whole(changes, Path())) or not lacking


@given(VALUES)
def test_any_track_is_judged(value):
    data = sound()
    data["tracks"] = [{"id": 0, "identity": "a", "boxes": [value]}]
    box = isinstance(value, list) and len(value) == 5
    assert box or len(list(_whole(data, Path()))) == 1


def test_command(tmp_path):
    good, bad = tmp_path / "good.truth.json", tmp_path / "bad.truth.json"
    good.write_text(json.dumps(sound()))
    bad.write_text(json.dumps(sound() | {"width": -1}))
    runner = CliRunner()
    assert runner.invoke(app, ["benchmark", "validate", str(good)]).exit_code == 0
    found = runner.invoke(app, ["benchmark", "validate", str(good), str(bad), "--json"])
    assert found.exit_code == 2
    assert json.loads(found.stdout)["files"] == 2
    assert "width" in json.loads(found.stdout)["findings"][0]
