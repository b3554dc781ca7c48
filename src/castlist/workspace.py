"""The folder that a run leaves: where each file lies, which stages are finished, and one lock.

A stage is finished when the manifest holds its *key*: a digest of what went into it (its settings
and the keys of the stages before). Files are written beside and renamed, the manifest after them,
so a run killed at any moment leaves only whole stages. What the files hold is the stages' affair.
"""

from __future__ import annotations

import hashlib
import json
import time
from collections.abc import Iterator, Mapping
from contextlib import contextmanager
from pathlib import Path
from typing import Any

import filelock

import castlist
from castlist.atomic import atomic_path
from castlist.errors import WorkspaceError

FORMAT = 1
"""Version of the workspace's files; another one is made anew, stage by stage."""


class Workspace:
    """The folder `film.castlist/`.

    Args:
        folder: Made if it isn't there.

    Raises:
        WorkspaceError: The folder can't be made, or its manifest isn't one of castlist's.
    """

    def __init__(self, folder: Path) -> None:
        self.folder = folder
        if folder.exists() and not folder.is_dir():
            raise WorkspaceError(f"{folder}: is a file; name another folder with --out")
        try:
            folder.mkdir(parents=True, exist_ok=True)
        except OSError as error:
            raise WorkspaceError(
                f"{folder}: can't be made ({error.strerror}); name another folder with --out"
            ) from error
        self._manifest = self._read_manifest()

    # Files, in the order in which a film passes them.
    manifest = property(lambda self: self.folder / "manifest.json")
    frames = property(lambda self: self.folder / "frames.parquet")
    shots = property(lambda self: self.folder / "shots.parquet")
    detections = property(lambda self: self.folder / "detections.parquet")
    parts = property(lambda self: self.folder / "detections.parts")
    tracks = property(lambda self: self.folder / "tracks.parquet")
    crops = property(lambda self: self.folder / "crops.parquet")
    crop_pictures = property(lambda self: self.folder / "crops")
    embeddings = property(lambda self: self.folder / "embeddings.safetensors")
    clusters = property(lambda self: self.folder / "clusters.json")
    cast = property(lambda self: self.folder / "cast.json")
    report = property(lambda self: self.folder / "report.html")

    @contextmanager
    def locked(self) -> Iterator[None]:
        """Hold the workspace alone.

        Raises:
            WorkspaceError: Another run holds it.
        """
        lock = filelock.FileLock(self.folder / ".lock", timeout=0)
        try:
            with lock:
                yield
        except filelock.Timeout:
            raise WorkspaceError(
                f"{self.folder}: another castlist is at work there; wait for it, or name another "
                "folder with --out"
            ) from None

    def finished(self, stage: str, key: str) -> bool:
        """Tell whether the stage is finished with just this key."""
        return bool(self._manifest["stages"].get(stage, {}).get("key") == key)

    def seconds(self) -> dict[str, float]:
        """Return the seconds that each finished stage took."""
        return {name: entry["seconds"] for name, entry in self._manifest["stages"].items()}

    def finish(self, stage: str, key: str, settings: Mapping[str, Any], seconds: float) -> None:
        """Note that a stage is finished; its files must be in place."""
        self._manifest["stages"][stage] = {
            "key": key,
            "settings": dict(settings),
            "seconds": round(seconds, 3),
            "finished": time.strftime("%Y-%m-%dT%H:%M:%SZ", time.gmtime()),
        }
        self._write_manifest()

    def forget(self, stage: str) -> None:
        """Have a stage run again."""
        if self._manifest["stages"].pop(stage, None):
            self._write_manifest()

    def describe_film(self, facts: Mapping[str, Any]) -> None:
        """Note the film's facts (its path and content hash among them)."""
        if self._manifest["film"] != facts:
            self._manifest["film"] = dict(facts)
            self._write_manifest()

    def _read_manifest(self) -> dict[str, Any]:
        fresh = {"castlist": castlist.__version__, "format": FORMAT, "film": {}, "stages": {}}
        try:
            manifest = json.loads(self.manifest.read_text("utf-8"))
        except FileNotFoundError:
            return fresh
        except (OSError, ValueError) as error:
            raise WorkspaceError(
                f"{self.manifest}: can't be read ({error}); delete it to have the film run anew"
            ) from error
        if not isinstance(manifest, dict) or "stages" not in manifest:
            raise WorkspaceError(f"{self.manifest}: isn't a manifest of castlist's; delete it")
        return manifest if manifest.get("format") == FORMAT else fresh

    def _write_manifest(self) -> None:
        with atomic_path(self.manifest) as path:
            path.write_text(json.dumps(self._manifest, indent=1) + "\n", "utf-8")


def key_of(stage: str, settings: Mapping[str, Any], *before: str) -> str:
    """Return the digest of a stage's settings and of the keys of the stages before it."""
    text = json.dumps([stage, settings, before], sort_keys=True, default=str)
    return hashlib.sha256(text.encode()).hexdigest()[:20]
