"""What the page is told: numbers, pictures, order, and errors for a broken workspace."""

from __future__ import annotations

import json
from collections.abc import Callable
from pathlib import Path
from typing import Any

import numpy as np
import pyarrow as pa
import pyarrow.parquet as pq
import pytest

from castlist.cluster.labels import save_labels
from castlist.errors import WorkspaceError
from castlist.report import contents
from castlist.report.contents import Crop, choose, gather, strip


@pytest.fixture
def workspace(tmp_path: Path, make_workspace: Callable[..., Path]) -> Path:
    return make_workspace(tmp_path / "film.castlist", characters=3, tracks=20, shots=10, unknown=4)


def edit_cast(workspace: Path, change: Callable[[dict[str, Any]], None]) -> None:
    path = workspace / "cast.json"
    cast = json.loads(path.read_text("utf-8"))
    change(cast)
    path.write_text(json.dumps(cast), "utf-8")


def test_facts_are_those_of_the_workspace(workspace: Path) -> None:
    cast = json.loads((workspace / "cast.json").read_text("utf-8"))
    facts = gather(workspace).facts
    assert facts["film"] == {
        "name": "The Invented Film.mkv",
        "duration": cast["film"]["duration"],
        "frames": 900,
        "rate": [24000, 1001],
        "width": 1920,
        "height": 1080,
    }
    assert facts["shots"]["first"] == list(range(0, 900, 90))
    assert facts["shots"]["end"][0] == facts["shots"]["start"][1] == pytest.approx(3.7538, abs=1e-4)
    assert [c["id"] for c in facts["characters"]] == ["C01", "C02", "C03"]
    assert [t["id"] for t in facts["tracks"] if t["character"] is None] == cast["unknown"]
    for shown, stored in zip(facts["tracks"], cast["tracks"], strict=True):
        assert (shown["id"], shown["shot"]) == (stored["id"], stored["shot"])
        assert (shown["first"], shown["last"]) == (stored["start_frame"], stored["end_frame"])
        assert shown["start"] == pytest.approx(stored["start"], abs=1e-4)
    assert facts["timings"] == [["faces", 30.0], ["adapt", 15.0]]
    assert facts["models"] == [["encoder", "a network", "CC0"]]
    assert facts["settings"] == [
        ["seed", "0"],
        ["faces.size", "640"],
        ["faces.sides", "left, right"],
    ]


def test_picture_numbers_lead_to_the_files_of_their_track(workspace: Path) -> None:
    page = gather(workspace)
    for track in page.facts["tracks"]:
        named = [page.tiles[number] for number in track["tiles"]]
        assert named == [f"crops/{track['id']:06d}_{frame:06d}.jpg" for frame in track["frames"]]
        assert track["cover"] in track["tiles"]
    for character in page.facts["characters"]:
        own = {t["id"] for t in page.facts["tracks"] if t["character"] == character["id"]}
        assert int(page.portraits[character["portrait"]][6:12]) in own
        samples = [int(page.tiles[number][6:12]) for number in character["strip"]]
        assert len(set(samples)) == len(samples) == min(len(own), contents.STRIP)
        assert set(samples) <= own
    assert len(set(page.tiles)) == len(page.tiles)


def test_pictures_of_the_gallery_come_first(workspace: Path) -> None:
    page = gather(workspace)
    in_strips = [number for c in page.facts["characters"] for number in c["strip"]]
    assert in_strips == list(range(len(in_strips)))


def test_pictures_that_are_served_lie_by_cluster_and_none_is_left_out(
    workspace: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(contents, "SAMPLES", 20)
    assert len(gather(workspace).tiles) == 20
    clusters = np.arange(20) % 2
    save_labels(workspace / "clusters.parquet", clusters, clusters)
    page = gather(workspace, served=True)
    order = [int(file[6:12]) for file in page.tiles]
    assert order == [track for half in (0, 1) for track in range(half, 20, 2) for _ in range(5)]
    for track in page.facts["tracks"]:
        assert {int(page.tiles[number][6:12]) for number in track["tiles"]} == {track["id"]}


def test_facts_can_be_written_as_json_when_quality_is_no_number(workspace: Path) -> None:
    edit_cast(workspace, lambda cast: cast["tracks"][0].update(quality=float("nan")))
    facts = gather(workspace).facts
    json.dumps(facts, allow_nan=False)
    assert facts["tracks"][0]["quality"] == 0.0


def test_more_characters_than_colours_start_over(
    tmp_path: Path, make_workspace: Callable[..., Path]
) -> None:
    page = gather(make_workspace(tmp_path / "w", characters=62, tracks=62, shots=62))
    hues = [character["colour"] for character in page.facts["characters"]]
    assert hues[60:] == hues[:2]


def test_film_without_faces(tmp_path: Path, make_workspace: Callable[..., Path]) -> None:
    page = gather(make_workspace(tmp_path / "w", characters=0, tracks=0, shots=3))
    assert page.facts["characters"] == page.facts["tracks"] == page.tiles == page.portraits == []
    assert len(page.facts["shots"]["start"]) == 3


def test_only_unknown_tracks(tmp_path: Path, make_workspace: Callable[..., Path]) -> None:
    page = gather(make_workspace(tmp_path / "w", characters=0, tracks=5, shots=5, unknown=5))
    assert [track["character"] for track in page.facts["tracks"]] == [None] * 5
    assert len(page.tiles) == 25


def test_track_without_crops_has_no_cover(workspace: Path) -> None:
    path = workspace / "crops.parquet"
    table = pq.read_table(path)
    pq.write_table(table.filter(pa.compute.not_equal(table["track"], 7)), path)
    [track] = [track for track in gather(workspace).facts["tracks"] if track["id"] == 7]
    assert (track["tiles"], track["frames"], track["cover"]) == ([], [], None)


def crops(count: int) -> list[Crop]:
    return [Crop(frame, f"{frame}.jpg", frame / 100) for frame in range(count)]


@pytest.mark.parametrize(
    ("count", "frames"),
    [
        (0, []),
        (1, [0]),
        (8, list(range(8))),  # all of them
        (15, [0, 2, 4, 6, 8, 10, 12, 14]),  # every second, both ends among them
    ],
)
def test_samples_are_spread_evenly(count: int, frames: list[int]) -> None:
    assert [crop.frame for crop in choose({1: crops(count)}, limit=100)[1]] == frames


def test_many_tracks_get_fewer_samples_but_never_none() -> None:
    chosen = choose({track: crops(20) for track in range(10)}, limit=35)
    assert {len(own) for own in chosen.values()} == {3}
    chosen = choose({track: crops(20) for track in range(10)}, limit=5)
    assert {tuple(crop.frame for crop in own) for own in chosen.values()} == {(10,)}


def test_strip_takes_the_best_of_each_stretch_of_time() -> None:
    covers = [Crop(n, f"{n}.jpg", quality) for n, quality in enumerate([1, 5, 2, 9, 3, 4] * 2)]
    assert [crop.frame for crop in strip([None, *covers])] == [1, 3, 5, 7, 9, 11]
    assert strip([]) == strip([None]) == []


@pytest.mark.parametrize("name", ["cast.json", "shots.parquet", "crops.parquet"])
def test_missing_and_damaged_files_are_named(workspace: Path, name: str) -> None:
    (workspace / name).write_bytes(b"\x00 not what it should be")
    with pytest.raises(WorkspaceError, match=name):
        gather(workspace)
    (workspace / name).unlink()
    with pytest.raises(WorkspaceError, match=name):
        gather(workspace)


@pytest.mark.parametrize(
    ("name", "column"), [("shots.parquet", "end_pts"), ("crops.parquet", "file")]
)
def test_table_without_a_column_is_told(workspace: Path, name: str, column: str) -> None:
    path = workspace / name
    pq.write_table(pq.read_table(path).drop_columns([column]), path)
    with pytest.raises(WorkspaceError, match=f"{name}|{column}"):
        gather(workspace)


@pytest.mark.parametrize(
    "change",
    [
        lambda cast: cast.update(castlist=2),  # of a later version
        lambda cast: cast.pop("tracks"),  # half a file
        lambda cast: cast["film"].pop("time_base"),
        lambda cast: cast["film"].update(time_base="1/0"),
        lambda cast: cast["film"].update(duration=None),
        lambda cast: cast["tracks"][0].update(quality="high"),
    ],
)
def test_cast_that_cannot_be_read_is_named(
    workspace: Path, change: Callable[[dict[str, Any]], None]
) -> None:
    edit_cast(workspace, change)
    with pytest.raises(WorkspaceError, match=r"cast\.json"):
        gather(workspace)
