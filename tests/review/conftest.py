"""A finished workspace of a film of coloured squares, and the review app that runs on it."""

from __future__ import annotations

import os
import shutil
import signal
import subprocess
import sys
from collections.abc import Callable, Iterator
from pathlib import Path
from typing import Any

import pytest

import puppets
from castlist.pipeline import run
from castlist.settings import Settings


@pytest.fixture(scope="session")
def reviewed(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """The workspace as the run left it; only to read."""
    folder = tmp_path_factory.mktemp("reviewed")
    with pytest.MonkeyPatch.context() as patch:
        puppets.play(patch)
        film = puppets.film_of(folder / "film.mp4", puppets.TO_CORRECT)
        run(film, out=folder / "film.castlist", settings=Settings(adapt=False))
    return folder / "film.castlist"


@pytest.fixture
def folder(reviewed: Path, tmp_path: Path) -> Path:
    """A copy of it, to correct."""
    shutil.copy(reviewed.parent / "film.mp4", tmp_path / "film.mp4")
    return Path(shutil.copytree(reviewed, tmp_path / "film.castlist"))


SERVE = (
    "import sys; from pathlib import Path; from castlist.review.server import serve;"
    "serve(Path(sys.argv[1]), port=int(sys.argv[2]), ready=lambda a: print(a, flush=True))"
)


class Server:
    """The app in a process of its own, so that it can be killed."""

    def __init__(self, folder: Path) -> None:
        self._folder, self.port = folder, 0
        self.start()

    def start(self) -> None:
        self._process = subprocess.Popen(
            [sys.executable, "-c", SERVE, str(self._folder), str(self.port)],
            stdout=subprocess.PIPE,
            text=True,
        )
        assert self._process.stdout is not None
        self.address = self._process.stdout.readline().strip()
        self.port = int(self.address.split(":")[2].split("/")[0])

    def kill(self, how: int = signal.SIGKILL) -> None:
        if self._process.poll() is None:
            os.kill(self._process.pid, how)
            self._process.wait(30)


@pytest.fixture
def server(folder: Path) -> Iterator[Server]:
    running = Server(folder)
    yield running
    running.kill()


@pytest.fixture
def visit(browser: Any, server: Server) -> Iterator[Callable[..., Any]]:
    """Open the app; afterwards check that there was no error in the page."""
    errors: list[str] = []
    contexts = []

    def open_page(width: int = 1280, context: Any = None, **options: Any) -> Any:
        if context is None:
            context = browser.new_context(
                viewport={"width": width, "height": 900}, reduced_motion="reduce", **options
            )
            contexts.append(context)
        page = context.new_page()
        page.on("pageerror", lambda error: errors.append(str(error)))
        page.set_default_timeout(10_000)
        page.goto(server.address)
        page.wait_for_selector(".card")
        return page

    yield open_page
    for context in contexts:
        context.close()
    assert errors == []
