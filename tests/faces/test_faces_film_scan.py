"""The one pass over a film: every frame once, cuts in time, and kills that leave no trace."""

from collections.abc import Iterator
from dataclasses import dataclass, field, replace
from pathlib import Path

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from scripted_films import ToldDetector, ToldFrame, film_info, frames, square

from castlist.faces import film_scan, store
from castlist.faces.film_scan import AHEAD, scan_film
from castlist.faces.scan import FaceScanner


@dataclass
class ToldFilm:
    """A film that breaks down before frame ``until``, as a killed run does."""

    told: list[ToldFrame]
    until: int | None = None
    asked: tuple[int, int] | None = None

    def __post_init__(self) -> None:
        self.info = replace(film_info(), frames=len(self.told))

    def frames(self, size: tuple[int, int] | None) -> Iterator[ToldFrame]:
        self.asked = size
        for frame in self.told:
            if frame.index == self.until:
                raise KeyboardInterrupt
            yield frame


@dataclass
class LateCutFinder:
    """Reports each cut as late as it may."""

    cuts: set[int]
    delay: int
    _newest: int = -1

    def push(self, frame: ToldFrame) -> list[int]:
        self._newest = frame.index
        return [frame.index - self.delay] if frame.index - self.delay in self.cuts else []

    def finish(self) -> list[int]:
        return [cut for cut in sorted(self.cuts) if self._newest - self.delay < cut <= self._newest]


@dataclass
class Pushes:
    """A scanner that only notes what it is given."""

    frames: list[int] = field(default_factory=list)
    starts: list[int] = field(default_factory=list)
    finished: int = 0

    def push(self, frame: ToldFrame, *, starts_shot: bool) -> list:
        self.frames.append(frame.index)
        self.starts += [frame.index] * starts_shot
        return []

    def finish(self) -> list:
        self.finished += 1
        return []


@settings(max_examples=60, deadline=None)
@given(st.integers(0, 30), st.sets(st.integers(1, 29)), st.integers(0, 12))
def test_each_frame_is_handed_over_once_and_cuts_in_time(tmp_path_factory, count, cuts, delay):
    cuts = {cut for cut in cuts if cut < count}
    scanner, told = Pushes(), []
    timeline, shots = scan_film(
        ToldFilm(frames(count)),
        LateCutFinder(cuts, delay),
        scanner,
        tmp_path_factory.getbasetemp(),
        lambda *progress: told.append(progress),
    )
    assert scanner.frames == list(range(count))
    assert scanner.starts == [0, *sorted(cuts)][: count + 1 if count else 0]
    assert scanner.finished == 1
    assert told == [("scan", n, count) for n in range(1, count + 1)]
    assert timeline.pts.tolist() == [500 + 1000 * n for n in range(count)]
    assert timeline.end_pts == (500 + 1000 * count if count else 0)
    assert shots.first_frame.tolist() == scanner.starts


def test_film_without_frames(tmp_path):
    scanner = FaceScanner(ToldDetector(lambda i: []), film_info(), stride=6)
    timeline, shots = scan_film(ToldFilm([]), LateCutFinder(set(), 3), scanner, tmp_path)
    assert (len(timeline), len(shots)) == (0, 0)
    assert store.parts(tmp_path) == []


def test_frames_waiting_are_as_few_as_the_delay_and_the_lead(tmp_path):
    scanner = Pushes()
    film = ToldFilm(frames(50), until=40)
    with pytest.raises(KeyboardInterrupt):
        scan_film(film, LateCutFinder(set(), 7), scanner, tmp_path)
    assert scanner.frames == list(range(40 - 7 - AHEAD))


@pytest.mark.parametrize(("times", "size"), [(1, None), (12, (1920, 1080))])
def test_frames_of_a_large_film_wait_at_a_smaller_size(tmp_path, times, size):
    film = ToldFilm(frames(5))
    film.info = replace(film.info, width=640 * times, height=360 * times)
    scan_film(film, LateCutFinder(set(), 3), Pushes(), tmp_path)
    assert film.asked == size


def script(i: int) -> list:
    """Faces that stay, come, go and hurry."""
    faces = [square(40 + 2 * i)]
    if 31 < i < 74:
        faces.append(square(300 + 40 * (i % 5), 200))
    return faces if i % 37 else []


def scan(film: ToldFilm, folder: Path) -> None:
    """Scan as the pipeline does: behind what an earlier run has left."""
    scanner = FaceScanner(
        ToldDetector(script),
        film_info(),
        stride=6,
        skip_until=max((part.last_frame for part in store.parts(folder)), default=-1),
    )
    scan_film(film, LateCutFinder({20, 21, 60}, 4), scanner, folder)


def content(folder: Path) -> tuple:
    """All that the joined parts hold, comparable."""
    target = folder / "joined"
    store.join_parts(folder, target)
    faces, looked = store.read(target)
    columns = [getattr(faces, name).tolist() for name in vars(faces)]
    return looked.tolist(), columns, list(store.read_crops(target, np.arange(len(faces))))


@pytest.fixture(scope="module")
def undisturbed(tmp_path_factory) -> tuple:
    folder = tmp_path_factory.mktemp("undisturbed")
    scan(ToldFilm(frames(90)), folder)
    assert len(store.parts(folder)) == 1
    return content(folder)


def test_short_parts_make_the_same(tmp_path, monkeypatch, undisturbed):
    monkeypatch.setattr(film_scan, "PART_FRAMES", 10)
    scan(ToldFilm(frames(90)), tmp_path)
    assert len(store.parts(tmp_path)) > 4
    assert store.parts(tmp_path)[-1].last_frame == 89
    assert content(tmp_path) == undisturbed


@settings(max_examples=12, deadline=None)
@given(kills=st.lists(st.integers(0, 89), min_size=1, max_size=4), part=st.integers(1, 40))
def test_killed_scan_goes_on_as_if_nothing_had_been(tmp_path_factory, undisturbed, kills, part):
    folder = tmp_path_factory.mktemp("killed")
    with pytest.MonkeyPatch.context() as patch:
        patch.setattr(film_scan, "PART_FRAMES", part)
        for until in kills:
            with pytest.raises(KeyboardInterrupt):
                scan(ToldFilm(frames(90), until), folder)
        before = {part.path.name for part in store.parts(folder)}
        scan(ToldFilm(frames(90)), folder)
    assert before <= {part.path.name for part in store.parts(folder)}
    assert content(folder) == undisturbed
