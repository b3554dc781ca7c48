"""What tests share: the sample film, one run on it, a photograph, and a browser."""

from __future__ import annotations

import json
import os
import shutil
import socket
from collections.abc import Callable, Iterator
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import cv2
import numpy as np
import pytest
from filelock import FileLock
from hypothesis import settings

settings.register_profile("castlist", deadline=None, derandomize=True)  # on slow machines too
settings.load_profile("castlist")


def pytest_collection_modifyitems(items: list[pytest.Item]) -> None:
    """Put whole runs first, so that no process waits at the end for another that is in one."""
    items.sort(key=lambda item: item.get_closest_marker("slow") is None)


@dataclass(frozen=True)
class SampleRun:
    """The short sample film, its truth, and the workspace of one undisturbed run; only to read."""

    film: Path
    truth: dict[str, Any]
    workspace: Path


def once(factory: pytest.TempPathFactory, name: str, make: Callable[[Path], None]) -> Path:
    """Make a folder that all processes of a test run share: the first that needs it makes it."""
    base = factory.getbasetemp()
    folder = (base.parent if "PYTEST_XDIST_WORKER" in os.environ else base) / name
    with FileLock(f"{folder}.lock"):
        if not folder.exists():
            beside = folder.with_name(f"{name}.unfinished")
            beside.mkdir()
            make(beside)
            beside.rename(folder)
    return folder


@pytest.fixture(scope="session")
def sample_film(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """The short sample film, with its truth beside it."""
    from sample_film import make_sample_film  # in demo/, on pytest's pythonpath

    def make(folder: Path) -> None:
        make_sample_film(folder / "sample.mp4", height=240, short=True)

    return once(tmp_path_factory, "film", make) / "sample.mp4"


@pytest.fixture(scope="session")
def sample_run(sample_film: Path, tmp_path_factory: pytest.TempPathFactory) -> SampleRun:
    """One run on the sample film, during which no connection may be opened."""
    from castlist import pipeline

    def refuse(*_: Any) -> None:
        raise AssertionError("a run opened a connection")

    def make(folder: Path) -> None:
        with pytest.MonkeyPatch.context() as patch:
            patch.setattr(socket.socket, "connect", refuse)
            patch.setattr(socket.socket, "connect_ex", refuse)
            pipeline.run(sample_film, out=folder / "sample.castlist")

    workspace = once(tmp_path_factory, "run", make) / "sample.castlist"
    truth = json.loads(sample_film.with_suffix(".truth.json").read_text("utf-8"))
    return SampleRun(sample_film, truth, workspace)


@pytest.fixture(scope="session")
def photograph() -> tuple[np.ndarray, tuple[float, ...]]:
    """A photograph of an astronaut (NASA, public domain), 320 pixels high, and her face's box."""
    from sample_pictures import picture  # in demo/, on pytest's pythonpath

    eileen = picture("eileen")
    scale = 320 / eileen.image.shape[0]
    small = cv2.resize(eileen.image, None, fx=scale, fy=scale, interpolation=cv2.INTER_AREA)
    return small.astype(np.uint8), tuple(side * scale for side in eileen.face)


CHROMIUM = ("chromium", "chromium-browser", "google-chrome", "google-chrome-stable")
QUIET = [
    "--no-sandbox",
    "--disable-gpu",
    "--disable-background-networking",
    "--disable-component-update",
    "--disable-sync",
    "--no-first-run",
]


def give_up(reason: str) -> None:
    """Skip, but fail where the checks must have run."""
    if os.environ.get("CI"):
        pytest.fail(reason)
    pytest.skip(reason)


@pytest.fixture(scope="session")
def browser() -> Iterator[Any]:
    """Chromium, running."""
    try:
        from playwright.sync_api import sync_playwright
    except ImportError:
        give_up("needs playwright: pip install 'castlist[dev]'")
    program = next((path for name in CHROMIUM if (path := shutil.which(name))), None)
    if program is None:
        give_up(f"needs Chromium: none of {', '.join(CHROMIUM)} is on the path")
    with sync_playwright() as playwright:
        running = playwright.chromium.launch(executable_path=program, args=QUIET)
        yield running
        running.close()


@pytest.fixture(scope="session")
def findings() -> Callable[[Any], list[str]]:
    """Tell what axe finds serious or critical in a page; its context has to bypass its policy."""
    try:
        from axe_playwright_python.sync_playwright import Axe
    except ImportError:
        give_up("needs axe-playwright-python: pip install 'castlist[dev]'")

    def look(page: Any) -> list[str]:
        return [
            f"{rule['id']}: {node['html'][:120]}: {node['failureSummary']}"
            for rule in Axe().run(page).response["violations"]
            if rule["impact"] in ("serious", "critical")
            for node in rule["nodes"]
        ]

    return look
