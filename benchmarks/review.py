"""How fast the review app is on a large cast, in Chromium.

The workspace is invented: two hours, 60 characters of a long tail, 5,000 tracks, a drawn face on
each crop, embeddings scattered as the default encoder scatters them. What is measured is what a
user waits for: from the click, or from the navigation, until the page that shows the result is
painted. The best of several times counts.

    python benchmarks/review.py [--characters 60] [--tracks 5000] [--repeat 3] [--keep FOLDER]
"""

from __future__ import annotations

import argparse
import shutil
import subprocess
import sys
import tempfile
import time
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import Any

import cv2
import numpy as np

from castlist import models
from castlist.cast.replay import recast
from castlist.cluster.labels import save_labels
from castlist.film.timeline import Timeline
from castlist.film.types import Shots
from castlist.tracks.crops import save_embeddings
from castlist.tracks.types import Crops, Tracks, crop_file
from castlist.workspace import Workspace

RATE, SECONDS = 24, 7200
SHOT, LONG, EVERY = 96, 72, 12
"""Frames of a shot and of a track, and from crop to crop."""
SECOND = 500
"""Tracks of the second character, whose page is opened."""
CHROMIUM = ("chromium", "chromium-browser", "google-chrome", "google-chrome-stable")
WAYS = ("first page", "a character of 500 tracks", "rename", "merge", "undo")
PAINTED = "() => new Promise((f) => requestAnimationFrame(() => requestAnimationFrame(f)))"


def make(folder: Path, people: int, count: int, seed: int = 0) -> None:
    """Write the workspace: every hundredth track is unknown, every fiftieth in the wrong place."""
    rng = np.random.default_rng(seed)
    space = Workspace(folder)
    frames, shots = RATE * SECONDS, RATE * SECONDS // SHOT
    share = 1 / np.arange(1, people + 1)
    size = np.maximum(1, count * share / share.sum()).astype(int)
    size[1] = SECOND
    size[0] += count - size.sum()
    who = rng.permutation(np.repeat(np.arange(people), size))

    Timeline(np.arange(frames), frames).save(space.frames)
    first = np.arange(shots) * SHOT
    Shots(first, first + SHOT - 1, first, first + SHOT).save(space.shots)
    shot = np.sort(np.arange(count) % shots)
    begin = shot * SHOT + rng.integers(0, SHOT - LONG, count)
    frame = begin[:, None] + np.arange(LONG)  # (T, LONG)
    corner = rng.uniform([100, 100], [1500, 600], (count, 2)).astype(np.float32)
    boxes = np.repeat(np.hstack([corner, corner + 240]), LONG, axis=0)
    track, everywhere = np.repeat(np.arange(count), LONG), np.ones(count * LONG, bool)
    frame = frame.ravel()
    scores = np.full(len(track), 0.9, np.float32)
    Tracks(track, np.repeat(shot, LONG), frame, frame, boxes, scores, everywhere, ~everywhere).save(
        space.tracks
    )

    sampled = np.flatnonzero((np.arange(len(track)) % LONG) % EVERY == 0)
    own, at = track[sampled], frame[sampled]
    files = np.array([crop_file(t, f) for t, f in zip(own.tolist(), at.tolist(), strict=True)])
    quality = rng.uniform(0.3, 0.95, len(own)).astype(np.float32)
    Crops(own, at, at, quality, 20 * quality, files).save(space.crops)
    (folder / "crops").mkdir()
    for t, file in zip(own.tolist(), files.tolist(), strict=True):
        (folder / file).write_bytes(draw(int(who[t]), rng))

    centre = rng.normal(size=(people, 128)) + 0.45 * rng.normal(size=128)
    means = centre[who] + 0.75 * rng.normal(size=(count, 128))
    x = means[own] + 0.5 * rng.normal(size=(len(own), 128))
    base, adapted = x, x + 0.5 * centre[who[own]]
    unit = (e / np.linalg.norm(e, axis=1, keepdims=True) for e in (base, adapted))
    names = ("base", "adapted")
    save_embeddings(
        space.embeddings, {n: e.astype(np.float32) for n, e in zip(names, unit, strict=True)}
    )
    labels = who.copy()
    labels[::50] = rng.integers(0, people, len(labels[::50]))
    labels[1::100] = -1
    save_labels(space.clusters, labels, labels)

    film = {"path": "The Invented Film.mkv", "sha256": "0" * 64, "frame_rate": f"{RATE}/1"}
    film |= {"time_base": f"1/{RATE}", "width": 1920, "height": 1080, "rotation": 0}
    settings = {"encoder": models.DEFAULT_ENCODER, "seed": 0}
    recast(folder, film, settings, {"scan": 900.0, "adapt": 60.0}).save(space.cast)


def draw(person: int, rng: np.random.Generator) -> bytes:
    """Return a crop as JPEG: a face by which the person is known, before some background."""
    hue, hair = person * 47 % 180, person * 31 % 180
    picture = np.full((192, 192, 3), rng.integers(40, 200, 3), np.uint8)

    def colour(h: int, s: int, v: int) -> list[int]:
        return cv2.cvtColor(np.uint8([[[h, s, v]]]), cv2.COLOR_HSV2BGR)[0, 0].tolist()

    x, y = (96 + rng.integers(-8, 9, 2)).tolist()
    cv2.ellipse(picture, (x, y - 14), (66, 78), 0, 0, 360, colour(hair, 160, 110), -1)
    cv2.ellipse(picture, (x, y + 6), (54, 68), 0, 0, 360, colour(hue, 90, 225), -1)
    for side in (-1, 1):
        cv2.circle(picture, (x + 22 * side, y - 6), 7, (40, 40, 40), -1)
    cv2.ellipse(picture, (x, y + 34), (22, 6 + person % 9), 0, 0, 180, (60, 40, 150), 4)
    return cv2.imencode(".jpg", picture)[1].tobytes()


@contextmanager
def serving(folder: Path) -> Iterator[str]:
    """Run the app; give the address that it prints."""
    code = (
        "import sys; from pathlib import Path; from castlist.review.server import serve;"
        "serve(Path(sys.argv[1]), ready=lambda address: print(address, flush=True))"
    )
    call = [sys.executable, "-c", code, str(folder)]
    with subprocess.Popen(call, stdout=subprocess.PIPE, text=True) as process:
        assert process.stdout is not None
        try:
            yield process.stdout.readline().strip()
        finally:
            process.kill()


def measure(browser: Any, address: str) -> dict[str, float]:
    """Return the seconds that each way took."""
    page = browser.new_page(viewport={"width": 1280, "height": 900})
    took: dict[str, float] = {}

    def until(selector: str) -> None:
        page.wait_for_selector(selector)
        page.evaluate(PAINTED)

    def timed(way: str, act: Callable[[], object], selector: str) -> None:
        start = time.perf_counter()
        act()
        until(selector)
        took[way] = time.perf_counter() - start

    def corrected(way: str, act: Callable[[], object]) -> None:
        until("#review-bar")
        page.evaluate("document.body.id = 'old'")
        timed(way, act, "body:not(#old) #review-bar")

    timed("first page", lambda: page.goto(address, wait_until="commit"), ".card")
    page.wait_for_load_state("networkidle")
    timed("a character of 500 tracks", lambda: page.click(".card[href='#C02']"), ".for-character")
    page.fill(".name", f"Name {time.monotonic_ns()}")
    corrected("rename", lambda: page.press(".name", "Enter"))
    page.keyboard.press("m")
    page.fill("dialog .search", "C03")
    corrected("merge", lambda: page.press("dialog .search", "Enter"))
    corrected("undo", lambda: page.keyboard.press("u"))
    page.close()
    return took


def main() -> None:
    """Make the workspace, measure, and print a line for each way."""
    parser = argparse.ArgumentParser(description=__doc__.split("\n")[0])
    parser.add_argument("--characters", type=int, default=60)
    parser.add_argument("--tracks", type=int, default=5000)
    parser.add_argument("--repeat", type=int, default=3, help="the fastest of so many times counts")
    parser.add_argument("--keep", type=Path, help="where to leave the workspace, or find it again")
    arguments = parser.parse_args()
    from playwright.sync_api import sync_playwright

    program = next(path for name in CHROMIUM if (path := shutil.which(name)))
    with tempfile.TemporaryDirectory() as temporary, sync_playwright() as playwright:
        folder = arguments.keep or Path(temporary) / "film.castlist"
        if not folder.exists():
            make(folder, arguments.characters, arguments.tracks)
        browser = playwright.chromium.launch(executable_path=program, args=["--no-sandbox"])
        start = time.perf_counter()
        with serving(folder) as address:
            begun = time.perf_counter() - start
            runs = [measure(browser, address) for _ in range(arguments.repeat)]
        browser.close()
    print("what                       seconds")
    print(f"{'start of the app':26} {begun:7.2f}")
    for way in WAYS:
        print(f"{way:26} {min(run[way] for run in runs):7.2f}", flush=True)


if __name__ == "__main__":
    main()
