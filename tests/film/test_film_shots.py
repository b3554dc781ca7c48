"""Shots: cuts are found where pictures change for good, and nowhere else; shots have no gaps."""

from dataclasses import replace

import cv2
import numpy as np
import pytest
from numbered_films import write_film

from castlist.errors import WorkspaceError
from castlist.film.reader import Film
from castlist.film.shots import ShotDetector, build_shots
from castlist.film.types import Shots


def scene(seed: int, width: int = 192, height: int = 108) -> np.ndarray:
    """A picture of soft coloured shapes, another one for each seed; wide enough to pan over."""
    rng = np.random.default_rng(seed)
    y, x = np.mgrid[:height, : 2 * width] / height
    picture = np.full((height, 2 * width, 3), rng.uniform(40, 160, 3))
    for _ in range(24):
        cx, cy, radius = rng.uniform(0, 3.6), rng.uniform(0, 1), rng.uniform(0.08, 0.3)
        inside = np.clip((radius - np.hypot(x - cx, y - cy)) * 40 + 0.5, 0, 1)[..., None]
        picture = picture * (1 - inside) + rng.uniform(0, 255, 3) * inside
    return picture


def shot(seed: int, frames: int, pan: float = 1.0, light: float = 1.0) -> list[np.ndarray]:
    """Pan over a scene by so many pixels a frame, with a little noise."""
    wide, rng = scene(seed), np.random.default_rng(seed + 1000)
    pictures = []
    for i in range(frames):
        left = round(i * pan)
        noise = rng.normal(0, 2, (108, 192, 3))
        pictures.append(np.clip(wide[:, left : left + 192] * light + noise, 0, 255))
    return [p.astype(np.uint8) for p in pictures]


class Still:
    """A frame that has its picture already."""

    def __init__(self, index: int, picture: np.ndarray) -> None:
        self.index, self.pts, self.duration, self._picture = index, index, 1, picture

    def picture(self, width=None, height=None):
        return cv2.resize(self._picture, (width, height), interpolation=cv2.INTER_AREA)


@pytest.fixture
def info(film_path):
    with Film.open(film_path) as film:
        return film.info


def cuts_of(info, pictures: list[np.ndarray]) -> list[int]:
    """Run the detector, checking what it promises about its delay."""
    detector = ShotDetector(info)
    cuts: list[int] = []
    for index, picture in enumerate(pictures):
        new = detector.push(Still(index, picture))
        assert all(cut == index - detector.delay for cut in new)
        cuts += new
    late = detector.finish()
    assert all(cut > len(pictures) - 1 - detector.delay for cut in late)
    assert cuts + late == sorted(set(cuts + late))
    return cuts + late


def test_cuts_between_still_moving_and_dark_shots(info):
    pictures = shot(1, 20, 0) + shot(2, 9, 2) + shot(3, 8, 6, 0.3) + shot(4, 30, 1, 0.3)
    assert cuts_of(info, pictures) == [20, 29, 37]


def test_cuts_amid_fast_motion(info):
    """The picture moves by a twentieth of its width a frame, so every frame differs much."""
    pictures = shot(5, 10, 10) + shot(6, 10, 10) + shot(7, 10, 10)
    assert cuts_of(info, pictures) == [10, 20]


def test_shots_of_three_frames(info):
    pictures = [p for seed in range(10) for p in shot(seed, 3, 0)]
    assert cuts_of(info, pictures) == list(range(3, 30, 3))


@pytest.mark.parametrize("length", [1, 2])
@pytest.mark.parametrize("at", [1, 10, 27])
def test_flash_is_no_shot(info, at, length):
    pictures = shot(1, 30, 0.5)
    for i in range(at, at + length):
        pictures[i] = np.clip(pictures[i] * 0.3 + 180, 0, 255).astype(np.uint8)
    assert cuts_of(info, pictures) == []


@pytest.mark.parametrize("length", [1, 2])
def test_foreign_frames_are_no_shot(info, length):
    pictures = shot(1, 30, 0.5)
    pictures[12 : 12 + length] = shot(2, length)
    assert cuts_of(info, pictures) == []


def test_flash_on_a_cut_makes_one_cut(info):
    white = [np.full((108, 192, 3), 250, np.uint8)]
    cuts = cuts_of(info, shot(1, 15) + white + shot(2, 15))
    assert len(cuts) == 1
    assert cuts[0] in (15, 16)


def test_fade_is_no_cut(info):
    pictures = shot(1, 60, 0.5)
    faded = [(p * max(0.0, 1 - i / 50)).astype(np.uint8) for i, p in enumerate(pictures)]
    assert cuts_of(info, faded) == []


def test_still_picture_is_one_shot(info):
    assert cuts_of(info, shot(1, 1) * 40) == []
    assert cuts_of(info, [np.zeros((108, 192, 3), np.uint8)] * 40) == []


@pytest.mark.parametrize("before", [1, 2, 3, 4, 5, 6])
def test_cuts_near_the_ends(info, before):
    """The film may begin and end with frames of other shots."""
    assert cuts_of(info, shot(1, before, 0) + shot(2, 20, 0)) == [before]
    assert cuts_of(info, shot(1, 20, 0) + shot(2, before, 0)) == [20]


@pytest.mark.parametrize("frames", [0, 1, 2, 3])
def test_film_of_hardly_a_frame(info, frames):
    assert cuts_of(info, shot(1, frames, 0)) == []


def test_cuts_of_a_film_read_from_disk(tmp_path):
    pictures = shot(1, 12) + shot(2, 8) + shot(3, 15)
    path = write_film(tmp_path / "film.mp4", pictures)
    with Film.open(path) as film:
        detector = ShotDetector(film.info)
        cuts = [cut for frame in film.frames() for cut in detector.push(frame)]
        cuts += detector.finish()
    assert cuts == [12, 20]


@pytest.mark.parametrize(("width", "height", "seen"), [(1920, 800, (256, 107)), (8, 512, (4, 256))])
def test_picture_asked_for_is_small(info, width, height, seen):
    asked = []

    class Asked(Still):
        def picture(self, width=None, height=None):
            asked.append((width, height))
            return super().picture(width, height)

    detector = ShotDetector(replace(info, width=width, height=height))
    detector.push(Asked(0, shot(1, 1)[0]))
    assert asked == [seen]


# Shots


def test_shots_follow_from_cuts_without_gaps():
    pts = np.array([0, 10, 25, 30, 40, 55])
    shots = build_shots([4, 2, 2, 0, 6, 99], pts, end_pts=60)
    assert len(shots) == 3
    assert shots.first_frame.tolist() == [0, 2, 4]
    assert shots.last_frame.tolist() == [1, 3, 5]
    assert shots.start_pts.tolist() == [0, 25, 40]
    assert shots.end_pts.tolist() == [25, 40, 60]


def test_no_cut_is_one_shot_and_no_frame_is_none():
    one = build_shots([], np.array([7, 8]), 9)
    columns = (one.first_frame, one.last_frame, one.start_pts, one.end_pts)
    assert [int(c[0]) for c in columns] == [0, 1, 7, 9]
    assert len(build_shots([], np.zeros(0, np.int64), 0)) == 0


@pytest.mark.parametrize("cuts", [[], [3], [1, 2, 5, 9]])
def test_shots_survive_the_disk(tmp_path, cuts):
    shots = build_shots(cuts, np.arange(10) * 1001, 10 * 1001)
    shots.save(tmp_path / "shots.parquet")
    again = Shots.load(tmp_path / "shots.parquet")
    for name in ("first_frame", "last_frame", "start_pts", "end_pts"):
        np.testing.assert_array_equal(getattr(again, name), getattr(shots, name))
        assert getattr(again, name).dtype == np.int64
    assert [p.name for p in tmp_path.iterdir()] == ["shots.parquet"]


def test_damaged_shots_say_so(tmp_path):
    path = tmp_path / "shots.parquet"
    with pytest.raises(WorkspaceError, match=r"shots\.parquet: can't be read"):
        Shots.load(path)
    path.write_bytes(b"PAR1 not really PAR1")
    with pytest.raises(WorkspaceError, match=r"shots\.parquet: can't be read"):
        Shots.load(path)
