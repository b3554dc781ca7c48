"""How far two people agree on who is who."""

import json
from dataclasses import replace

import numpy as np
import pytest
from typer.testing import CliRunner

from castlist.benchmark.agreement import agreement, compare, one_to_one
from castlist.benchmark.truth import TrueTrack
from castlist.cli import app
from castlist.errors import CastlistError


def track(identity, first, x=0.0, length=10):
    frames = np.arange(first, first + length)
    boxes = np.tile(np.array([x, 0, x + 40, 40], np.float32), (length, 1))
    return TrueTrack(identity, frames, boxes)


NAMES = ["a", "a", "b", "b", "c", "c"]
ADA = [track(name, 20 * n) for n, name in enumerate(NAMES)]


def renamed(names):
    return [replace(one, identity=name) for one, name in zip(ADA, names, strict=True)]


def test_the_same_under_other_names_is_the_same():
    found = agreement(ADA, renamed(["x", "x", "y", "y", "z", "z"]))
    assert (found.tracks, found.only_a, found.only_b) == (6, 0, 0)
    assert (found.agreed, found.kappa, found.ari, found.iou) == (1, 1, 1, 1)
    assert found.names == {"x": "a", "y": "b", "z": "c"}


def test_one_other_opinion():
    found = agreement(ADA, renamed(["a", "b", "b", "b", "c", "c"]))
    assert found.agreed == pytest.approx(5 / 6)
    chance = (2 * 1 + 2 * 3 + 2 * 2) / 36  # of the margins 2, 2, 2 and 1, 3, 2
    assert found.kappa == pytest.approx((5 / 6 - chance) / (1 - chance))
    assert found.ari < 1


def test_tracks_without_a_counterpart_and_shifted_boxes():
    shifted = [replace(one, boxes=one.boxes + 4) for one in ADA[:4]]
    found = agreement(ADA, [*shifted, track("d", 500), track("c", 80, x=30)])
    assert (found.tracks, found.only_a, found.only_b) == (4, 2, 2)
    assert found.iou == pytest.approx(36**2 / (2 * 40**2 - 36**2), abs=1e-6)
    assert found.agreed == 1


def test_a_track_in_pieces_has_one_counterpart():
    pieces = [track("a", 0, length=7), track("a", 7, length=3)]
    found = agreement([track("a", 0)], pieces)
    assert (found.tracks, found.only_a, found.only_b) == (1, 0, 1)


def test_what_is_not_scored_is_never_mapped_to_a_person():
    assert one_to_one(["a", "unsure"], ["unsure", "unsure"]) == {"unsure": "unsure"}
    assert one_to_one(["a", "a"], ["unsure", "unsure"]) == {}
    found = agreement(ADA[:2], renamed(["mixed"] * 6)[:2])
    assert found.agreed == 0


@pytest.mark.parametrize(("a", "b"), [([], []), (ADA, []), ([], ADA)])
def test_nothing_to_compare(a, b):
    found = agreement(a, b)
    assert (found.tracks, found.only_a, found.only_b) == (0, len(a), len(b))
    assert (found.agreed, found.kappa, found.ari, found.iou) == (1, 1, 1, 0)


def test_one_person_only():
    assert agreement(ADA[:2], ADA[:2]).kappa == 1


@pytest.mark.parametrize(
    ("one", "other", "same"),
    [
        ({}, {}, True),
        ({}, {"video": "b.mp4"}, False),
        ({"sha256": "1"}, {}, True),
        ({"sha256": "1"}, {"video": "b.mp4"}, False),
        ({"sha256": "1"}, {"sha256": "1", "video": "b.mp4"}, True),
        ({"sha256": "1"}, {"sha256": "2"}, False),
    ],
)
def test_truths_of_two_films_are_not_compared(tmp_path, one, other, same):
    paths = tmp_path / "one.truth.json", tmp_path / "other.truth.json"
    for path, data in zip(paths, (one, other), strict=True):
        path.write_text(json.dumps({"video": "a.mp4", "tracks": []} | data))
    if same:
        assert compare(*paths).tracks == 0
    else:
        with pytest.raises(CastlistError, match=r"other.truth.json: is of another film than"):
            compare(*paths)


def test_command(tmp_path):
    path = tmp_path / "a.truth.json"
    tracks = [{"id": 0, "identity": "a", "boxes": [[0, 0, 0, 9, 9]]}]
    path.write_text(json.dumps({"video": "a.mp4", "tracks": tracks}))
    runner = CliRunner()
    found = runner.invoke(app, ["benchmark", "agreement", str(path), str(path), "--json"])
    assert json.loads(found.stdout)["names"] == {"a": "a"}
    assert runner.invoke(app, ["benchmark", "agreement", str(path), str(path)]).exit_code == 0
