"""The folder that a run leaves: where each file lies, which stages are finished, and one lock.

A stage is finished when the manifest holds its *key*, a digest of what went into it (its version,
its settings and the keys of the stages before), and its files are there. Files are written beside
and renamed, the manifest after them, so a run killed at any moment leaves only whole stages. What
the files hold is the stages' affair.
"""

from __future__ import annotations

import hashlib
import json
import logging
import re
import shutil
import time
from collections.abc import Iterable, Iterator, Mapping
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import filelock

import castlist
from castlist.atomic import atomic_path, left_beside
from castlist.errors import WorkspaceError

log = logging.getLogger(__name__)

FORMAT = 3
"""Version of the workspace's files; one of another version is made anew, stage by stage."""
HARMLESS = re.compile(
    r"\.lock|\.manifest\.json\.\d+\.tmp|edits\.jsonl|\.edits\.jsonl\.lock|"
    r"\.DS_Store|desktop\.ini|Thumbs\.db"
)
"""What may be in a folder that isn't a workspace yet: a run killed at its start, corrections, what
file managers leave."""
_SPENT = "spent"


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
        self.manifest = folder / "manifest.json"
        self.frames = folder / "frames.parquet"
        self.shots = folder / "shots.parquet"
        self.detections = folder / "detections.parquet"
        self.tracks = folder / "tracks.parquet"
        self.crops = folder / "crops.parquet"
        self.embeddings = folder / "embeddings.safetensors"
        self.model = folder / "model.safetensors"
        self.training = folder / "training.parquet"
        self.clusters = folder / "clusters.parquet"
        self.merges = folder / "merges.parquet"
        self.cast = folder / "cast.json"
        self.report = folder / "report.html"
        self._manifest = self._read_manifest()

    def refuse_others(self) -> None:
        """Refuse a folder of something else: a run would write over what is there.

        Raises:
            WorkspaceError: It has no manifest, and isn't empty.
        """
        inside = {path.name for path in self.folder.iterdir()}
        if self.manifest.name not in inside and not all(map(HARMLESS.fullmatch, inside)):
            raise WorkspaceError(
                f"{self.folder}: isn't empty and isn't a workspace of castlist's; name another "
                "folder with --out"
            )

    @contextmanager
    def locked(self, wait: float = 0.0) -> Iterator[None]:
        """Hold the workspace alone.

        Args:
            wait: Seconds for which another one may hold it.

        Raises:
            WorkspaceError: Another run holds it, or nothing can be written there.
        """
        try:
            lock = filelock.FileLock(self.folder / ".lock", timeout=wait).acquire()
        except filelock.Timeout:
            raise WorkspaceError(
                f"{self.folder}: another castlist is at work there; wait for it, or name another "
                "folder with --out"
            ) from None
        except OSError as error:
            raise WorkspaceError(
                f"{self.folder}: nothing can be written there ({error.strerror}); name another "
                "folder with --out"
            ) from error
        with lock:
            for folder in (self.folder, *self.folder.glob("*.parts/*/")):
                for left in left_beside(folder):  # by a run that was killed
                    left.unlink()
            yield

    def belongs_to(self, film: Path, sha256: str) -> None:
        """Note whose workspace it is. A film that was changed or moved has it to itself again.

        Args:
            film: Its path.
            sha256: Of its content.

        Raises:
            WorkspaceError: It is that of another film, which is still there.
        """
        known = self._manifest.get("film", {"path": film, "sha256": sha256})
        other = Path(known["path"])
        if known["sha256"] != sha256 and other.exists() and not other.samefile(film):
            raise WorkspaceError(
                f"{self.folder}: is the workspace of {other}; name another folder for {film} "
                "with --out"
            )
        now = {"path": str(film.absolute()), "sha256": sha256}
        if self._manifest.get("film") != now:
            self._manifest["film"] = now
            self._write_manifest()

    def parts_for(self, stage: str, key: str) -> Path:
        """Return the folder for the parts of a stage with this key; those of other keys go.

        The seconds that it took to make the parts already there are noted beside them. If the work
        that begins now is killed, it lasted from that note to the newest part.
        """
        parts = self.folder / f"{stage}.parts"
        own = parts / key
        for other in parts.glob("*"):
            if other != own:
                shutil.rmtree(other)
        own.mkdir(parents=True, exist_ok=True)
        spent = 0.0
        if (own / _SPENT).exists():
            begun = (own / _SPENT).stat().st_mtime
            newest = max(part.stat().st_mtime for part in own.iterdir())
            spent = self.spent(stage, key) + newest - begun
        with atomic_path(own / _SPENT) as path:
            path.write_text(str(spent))
        return own

    def spent(self, stage: str, key: str) -> float:
        """Return the seconds that killed runs have spent on a stage's parts."""
        note = self.folder / f"{stage}.parts" / key / _SPENT
        return float(note.read_text()) if note.exists() else 0.0

    def drop_parts(self, stage: str) -> None:
        """Remove the parts of a stage that is finished."""
        shutil.rmtree(self.folder / f"{stage}.parts", ignore_errors=True)

    def finished(self, stage: str, key: str, files: Iterable[str]) -> bool:
        """Tell whether the stage is finished with just this key, and what it made is there."""
        noted = self._manifest["stages"].get(stage, {}).get("key")
        return bool(noted == key and all((self.folder / file).exists() for file in files))

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

    def forget(self, stages: tuple[str, ...]) -> None:
        """Have stages run again."""
        gone = [self._manifest["stages"].pop(stage, None) for stage in stages]
        if any(gone):
            self._write_manifest()

    def _read_manifest(self) -> dict[str, Any]:
        fresh = {"castlist": castlist.__version__, "format": FORMAT, "stages": {}}
        try:
            manifest = json.loads(self.manifest.read_text("utf-8"))
        except FileNotFoundError:
            return fresh
        except (OSError, ValueError) as error:
            raise WorkspaceError(
                f"{self.manifest}: can't be read ({error}); name another folder with --out"
            ) from error
        if not isinstance(manifest, dict) or "stages" not in manifest:
            raise WorkspaceError(
                f"{self.manifest}: isn't a manifest of castlist's; name another folder with --out"
            )
        return manifest if manifest.get("format") == FORMAT else fresh

    def _write_manifest(self) -> None:
        with atomic_path(self.manifest) as path:
            path.write_text(json.dumps(self._manifest, indent=1) + "\n", "utf-8")


@dataclass(frozen=True)
class Stage:
    """What is known of a stage before it runs.

    Attributes:
        version: Part of its key, raised whenever the stage would find something else by the same
            settings.
        files: What it makes; a folder is one.
    """

    version: int
    files: tuple[str, ...] = ()


class Course:
    """The stages of one run, in order: which are due, and how long they take.

    Args:
        workspace: Where they are noted.
        stages: All of them by name, in order.
        film: What identifies the film.
        force: A stage to run though it is finished, with all after it.
        until: The last stage to run.

    Attributes:
        key: Of the stage at hand.
    """

    def __init__(
        self,
        workspace: Workspace,
        stages: Mapping[str, Stage],
        film: str,
        *,
        force: str | None,
        until: str,
    ) -> None:
        self._workspace = workspace
        self._stages = stages
        self._names = tuple(stages)
        self._last = self._names.index(until)
        self._stage = ""
        self._settings: Mapping[str, Any] = {}
        self._start = 0.0
        self.key = _digest("film", film)
        if force is not None:
            anew = self._names[self._names.index(force) :]
            for stage in anew:
                workspace.drop_parts(stage)
            workspace.forget(anew)

    def due(self, stage: str, settings: Mapping[str, Any]) -> bool:
        """Come to the next stage; tell whether it has to run.

        Args:
            stage: Its name.
            settings: All that its result depends on, beside what the stages before it left.
        """
        known = self._stages[stage]
        self.key = _digest(stage, known.version, settings, self.key)
        number = self._names.index(stage)
        if number > self._last:
            return False
        if self._workspace.finished(stage, self.key, known.files):
            log.info("%s: nothing has changed, passed over", stage)
            self._workspace.drop_parts(stage)  # of a run killed just after it
            return False
        self._workspace.forget(self._names[number:])
        self._stage, self._settings, self._start = stage, settings, time.monotonic()
        return True

    def done(self) -> None:
        """Note that the stage at hand is finished, its files in place; its parts aren't needed."""
        seconds = time.monotonic() - self._start + self._workspace.spent(self._stage, self.key)
        self._workspace.finish(self._stage, self.key, self._settings, seconds)
        self._workspace.drop_parts(self._stage)


def _digest(*parts: object) -> str:
    text = json.dumps([FORMAT, *parts], sort_keys=True)
    return hashlib.sha256(text.encode()).hexdigest()[:20]
