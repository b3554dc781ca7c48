"""Whole runs on the short sample film: who is found, against its truth, and real kills."""

from __future__ import annotations

import json
import random
import shutil
import signal
import subprocess
import sys
import time
from pathlib import Path
from typing import Any

import numpy as np
import pytest

import puppets
from castlist import pipeline
from castlist.benchmark.track_score import matches, score_tracks
from castlist.benchmark.truth import read_truth
from castlist.cast.types import Cast
from castlist.film.types import Shots
from castlist.tracks.types import Tracks
from puppets import Scene

pytestmark = pytest.mark.slow

KILLS = 2


def told(folder: Path) -> dict[str, Any]:
    """What cast.json says, timings aside."""
    data = json.loads((folder / "cast.json").read_text("utf-8"))
    del data["timings"]
    return data


@pytest.fixture(scope="module")
def truth(sample_run):
    return read_truth(sample_run.film.with_suffix(".truth.json")).tracks


@pytest.fixture(scope="module")
def tracks(sample_run) -> Tracks:
    return Tracks.load(sample_run.workspace / "tracks.parquet")


def test_boxes_are_found_and_no_track_holds_two_people(truth, tracks):
    score = score_tracks(truth, tracks)
    assert score.boxes > 250
    assert score.recall >= 0.9
    assert score.mixed == 0
    assert score.pieces == [1] * len(truth)


def test_characters_are_the_people(sample_run, truth, tracks):
    cast = Cast.load(sample_run.workspace / "cast.json")
    people: dict[str, set[str]] = {character.id: set() for character in cast.characters}
    for labelled, mine in matches(truth, tracks):
        owner = cast.tracks[mine].character
        if owner is not None:
            people[owner].add(truth[labelled].identity)
    everyone = {track.identity for track in truth}
    assert all(len(seen) == 1 for seen in people.values())  # nobody is two people, or no face
    assert set.union(*people.values()) == everyone
    assert len(everyone) <= len(cast.characters) <= len(everyone) + 1


def test_screen_times_are_those_of_the_truth(sample_run, truth):
    cast = Cast.load(sample_run.workspace / "cast.json")
    expected: dict[str, int] = {}
    for track in truth:
        expected[track.identity] = expected.get(track.identity, 0) + len(track.frames)
    seconds = sorted(frames / sample_run.truth["fps"] for frames in expected.values())
    longest = sorted(character.screen_time for character in cast.characters)[-len(seconds) :]
    np.testing.assert_allclose(longest, seconds, atol=0.3)


def test_shots_cover_the_film_and_their_cuts_are_real(sample_run):
    shots = Shots.load(sample_run.workspace / "shots.parquet")
    assert shots.first_frame[0] == 0
    assert shots.last_frame[-1] == sample_run.truth["frames"] - 1
    np.testing.assert_array_equal(shots.first_frame[1:], shots.last_frame[:-1] + 1)
    np.testing.assert_array_equal(shots.start_pts[1:], shots.end_pts[:-1])
    real = {first for _, first, _ in sample_run.truth["shots"]}
    assert set(shots.first_frame.tolist()) <= real


def test_tracks_lie_in_their_shots_and_boxes_in_the_picture(sample_run, tracks):
    shots = Shots.load(sample_run.workspace / "shots.parquet")
    assert (tracks.frame >= shots.first_frame[tracks.shot]).all()
    assert (tracks.frame <= shots.last_frame[tracks.shot]).all()
    assert (tracks.boxes[:, 2:] > tracks.boxes[:, :2]).all()
    limit = np.tile([sample_run.truth["width"], sample_run.truth["height"]], 2)
    assert (tracks.boxes >= 0).all()
    assert (tracks.boxes <= limit + 1e-3).all()


def test_cast_adds_up(sample_run):
    cast = Cast.load(sample_run.workspace / "cast.json")
    owned = [track for character in cast.characters for track in character.tracks]
    assert sorted(owned + cast.unknown) == [track.id for track in cast.tracks]
    assert len(cast.tracks) > 0
    for character in cast.characters:
        assert (sample_run.workspace / character.portrait).is_file()
        mine = [cast.tracks[track] for track in character.tracks]
        assert character.first == min(track.start for track in mine)
        assert character.last == max(track.end for track in mine)
        assert 0 < character.screen_time <= sum(track.end - track.start for track in mine) + 1e-6


def test_report_names_the_characters(sample_run):
    page = (sample_run.workspace / "report.html").read_text("utf-8")
    for character in Cast.load(sample_run.workspace / "cast.json").characters:
        assert character.id in page


def test_tracks_and_what_follows_come_out_the_same_again(sample_run, tmp_path):
    folder = Path(shutil.copytree(sample_run.workspace, tmp_path / "w"))
    pipeline.run(sample_run.film, out=folder, force="tracks")
    assert told(folder) == told(sample_run.workspace)
    for name in ("tracks.parquet", "clusters.parquet", "embeddings.safetensors"):
        assert (folder / name).read_bytes() == (sample_run.workspace / name).read_bytes()


def test_run_killed_at_random_goes_on_and_ends_the_same(sample_run, tmp_path):
    rng = random.Random(5)
    script = Path(__file__).with_name("killed_run.py")
    frames = sample_run.truth["frames"]

    def go(steps: int) -> subprocess.CompletedProcess[str]:
        call = [sys.executable, script, sample_run.film, tmp_path / "w", str(steps)]
        return subprocess.run(call, capture_output=True, text=True, check=False, timeout=300)

    for number in range(KILLS):
        # the first one in the scan, the others anywhere, as far as a run comes
        most = frames if number == 0 else frames + 25
        killed = go(rng.randrange(frames // 4, most))
        assert killed.returncode == -signal.SIGKILL, killed.stderr
    done = go(-1)
    assert done.returncode == 0, done.stderr
    assert int(done.stdout) > 0
    assert told(tmp_path / "w") == told(sample_run.workspace)
    assert not list((tmp_path / "w").rglob(".*.tmp"))


def test_run_killed_by_the_clock_goes_on_and_ends_the_same(sample_run, tmp_path):
    call = [sys.executable, "-m", "castlist", "run", sample_run.film, "--out", tmp_path / "w"]
    rng = random.Random(7)
    for longest in (0.5, 5.0):
        lock = tmp_path / "w" / ".lock"
        lock.unlink(missing_ok=True)
        with subprocess.Popen(call, stdout=subprocess.DEVNULL, stderr=subprocess.DEVNULL) as run:
            while run.poll() is None and not lock.exists():
                time.sleep(0.02)
            time.sleep(rng.uniform(0, longest))
            run.kill()
        if longest < 1:
            assert run.returncode == -signal.SIGKILL
    pipeline.run(sample_run.film, out=tmp_path / "w")
    assert told(tmp_path / "w") == told(sample_run.workspace)


def test_film_without_a_face(tmp_path):
    film = puppets.film_of(tmp_path / "film.mp4", [Scene(30, {}), Scene(12, {})])
    cast = pipeline.run(film)
    assert cast is not None
    assert (cast.characters, cast.tracks, cast.unknown) == ([], [], [])
    assert Cast.load(tmp_path / "film.castlist" / "cast.json") == cast
    assert "<html" in (tmp_path / "film.castlist" / "report.html").read_text("utf-8")
