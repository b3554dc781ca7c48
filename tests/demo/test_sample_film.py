"""The sample film is what it promises to be: its shots, its people, and a truth that fits."""

from __future__ import annotations

import json
from pathlib import Path
from typing import Any

import av
import numpy as np
import pytest
import sample_pictures
from numpy.typing import NDArray
from sample_film import make_sample_film
from sample_scenes import SHORT, storyboard

HEIGHT = 180


def _decode(path: Path) -> NDArray[np.uint8]:
    with av.open(str(path)) as film:
        return np.stack([frame.to_ndarray(format="rgb24") for frame in film.decode(video=0)])


@pytest.fixture(scope="module")
def film(tmp_path_factory: pytest.TempPathFactory) -> tuple[Path, dict[str, Any]]:
    path = tmp_path_factory.mktemp("film") / "sample.mp4"
    return path, make_sample_film(path, height=HEIGHT, short=True)


def test_truth_is_written_beside_the_film(film: tuple[Path, dict[str, Any]]) -> None:
    path, truth = film
    assert json.loads(path.with_name("sample.truth.json").read_text("utf-8")) == truth
    assert truth["video"] == "sample.mp4"


def test_film_has_the_size_rate_and_length_of_the_truth(
    film: tuple[Path, dict[str, Any]],
) -> None:
    path, truth = film
    with av.open(str(path)) as container:
        video = container.streams.video[0]
        assert (video.codec_context.name, video.codec_context.pix_fmt) == ("h264", "yuv420p")
        assert (video.width, video.height) == (truth["width"], truth["height"]) == (320, HEIGHT)
        assert video.average_rate == truth["fps"]
        frames = sum(1 for _ in container.decode(video))
        assert frames == truth["frames"] == round(truth["fps"] * sum(SHORT.values()))
        assert len(container.streams.audio) == 1


def test_short_film_has_its_shots_and_four_people(film: tuple[Path, dict[str, Any]]) -> None:
    _, truth = film
    assert [name for name, _, _ in truth["shots"]] == list(SHORT)
    firsts = [first for _, first, _ in truth["shots"]]
    lasts = [last for _, _, last in truth["shots"]]
    assert firsts == [0, *(last + 1 for last in lasts[:-1])]
    assert lasts[-1] == truth["frames"] - 1
    people = {
        name: {t["identity"] for t in truth["tracks"] if first <= t["boxes"][0][0] <= last}
        for name, first, last in truth["shots"]
    }
    assert people == {
        "title": set(),
        "clara": {"clara"},
        "henry": {"henry"},
        "call": {"clara", "henry"},
        "grace": {"grace hopper"},
        "eileen": {"eileen collins"},
    }


def test_shots_are_cut_hard(film: tuple[Path, dict[str, Any]]) -> None:
    path, truth = film
    images = _decode(path).astype(np.int16)
    steps = np.abs(np.diff(images, axis=0)).mean(axis=(1, 2, 3))
    cuts = [first - 1 for _, first, _ in truth["shots"][1:]]
    inside = np.delete(steps, cuts)
    assert steps[cuts].min() > 2 * inside.max()


def test_boxes_lie_in_the_frame_and_in_one_shot(film: tuple[Path, dict[str, Any]]) -> None:
    _, truth = film
    assert [track["id"] for track in truth["tracks"]] == list(range(len(truth["tracks"])))
    for track in truth["tracks"]:
        frame, x1, y1, x2, y2 = np.array(track["boxes"]).T
        assert (np.diff(frame) > 0).all()
        assert (x1 >= 0).all()
        assert (y1 >= 0).all()
        assert (x2 <= truth["width"]).all()
        assert (y2 <= truth["height"]).all()
        assert ((x2 - x1) > 20).all()
        assert ((y2 - y1) > 20).all()
        assert any(a <= frame[0] and frame[-1] <= b for _, a, b in truth["shots"])


def test_same_seed_same_film_other_seed_another(
    film: tuple[Path, dict[str, Any]], tmp_path: Path
) -> None:
    path, truth = film
    again, other = tmp_path / "sample.mp4", tmp_path / "other.mp4"
    assert make_sample_film(again, height=HEIGHT, short=True) == truth
    assert again.read_bytes() == path.read_bytes()
    changed = make_sample_film(other, height=HEIGHT, short=True, seed=1)
    assert changed["shots"] == truth["shots"]
    assert changed["tracks"] != truth["tracks"]  # the camera trembles differently
    assert (_decode(other) != _decode(path)).mean() > 0.5


def test_whole_film_has_what_the_demo_tells_of() -> None:
    shots = storyboard(short=False)
    people = [{face.identity for layer in shot.layers for face in layer.faces} for shot in shots]
    assert len(shots) >= 20
    assert len(set().union(*people)) == 8
    assert 45 <= sum(shot.seconds for shot in shots) <= 70
    assert {"garden", "rocket"} <= {s.name for s, who in zip(shots, people, strict=True) if not who}
    assert sum(len(who) == 2 for who in people) >= 2
    assert max(map(len, people)) == 6
    flashes = [shot.frames for shot in shots if shot.name.startswith("flash")]
    assert flashes == [10] * 6
    # everybody is in two shots or more, so that there is something to cluster
    for person in set().union(*people):
        assert sum(person in who for who in people) >= 2, person


@pytest.mark.parametrize("height", [271, 0, 118])
def test_height_that_no_film_can_have_is_refused(height: int, tmp_path: Path) -> None:
    with pytest.raises(ValueError, match=f"not {height}"):
        make_sample_film(tmp_path / "x.mp4", height=height)
    assert not list(tmp_path.iterdir())


def test_missing_package_names_the_extra(monkeypatch: pytest.MonkeyPatch) -> None:
    def missing(name: str) -> None:
        raise sample_pictures.metadata.PackageNotFoundError(name)

    monkeypatch.setattr(sample_pictures.metadata, "distribution", missing)
    with pytest.raises(FileNotFoundError, match=r"textual-image is missing.*extra 'demo'"):
        sample_pictures.picture("grace")


def test_another_picture_under_the_same_name_is_refused(
    monkeypatch: pytest.MonkeyPatch, tmp_path: Path
) -> None:
    (tmp_path / "picture").write_bytes(b"not that one")
    monkeypatch.setattr(sample_pictures, "_path", lambda source: tmp_path / "picture")
    with pytest.raises(ValueError, match="isn't the picture known here"):
        sample_pictures.picture("eileen")


def test_faces_of_the_pictures_lie_in_them() -> None:
    for name in ("clara smile", "grace", "eileen"):
        shown = sample_pictures.picture(name)
        height, width = shown.image.shape[:2]
        x1, y1, x2, y2 = shown.face
        assert 0 <= x1 < x2 <= width
        assert 0 <= y1 < y2 <= height
