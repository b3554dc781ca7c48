"""Rows of a benchmark: what one method with one seed found on one data set; kept file by file.

A row holds who the tracks are and where the method put them, so every measure can be taken of it
at any time. Its file's name is made of all that it depends on: a run that was killed goes on, and
nothing that would come out the same is run again.
"""

from __future__ import annotations

import hashlib
import json
import logging
from collections.abc import Mapping
from dataclasses import asdict, dataclass, fields, replace
from functools import cached_property
from pathlib import Path
from typing import Any

import numpy as np
from numpy.typing import NDArray

from castlist.atomic import atomic_path
from castlist.benchmark.metrics import Score, contingency, score, unknown_share
from castlist.faces.types import Ints

log = logging.getLogger(__name__)

FORMAT = 1  # of rows' files; rows of another are made anew


@dataclass(frozen=True, kw_only=True, eq=False)
class Row:
    """What one method with one seed found on one data set.

    Attributes:
        method: Name of the method.
        data: Name of the data set.
        film: Whether that is a film.
        whole: Whether it holds all tracks of its source.
        seed: Of everything random.
        given: What the method knew beside the embeddings.
        encoder: Name of the face-ID network.
        pictures: Whether the data set has any; else its features were published.
        sources: Identifies all data sets of the run, if the method learns from the others.
        own_tracks: Whether the tracks are castlist's own, not the labelled ones.
        cannot_link: Whether methods could know which tracks share a frame.
        edition: Identifies the method as it was: its version, recipe and encoder.
        contents: Identifies the data set by its contents.
        identity: Shape (T,): who each track is.
        labels: Shape (T,): where the method put it, `UNKNOWN` for nowhere.
        frames: Shape (T,): frames of each track.
        crops: Shape (T,): crops of each track.
        adapted: File of the adapted embeddings in the work folder, if the method adapts.
        seconds: Of the method on one thread, without the embedding of the crops.
        memory: See `cost`; megabytes, None where nobody knows.
    """

    method: str
    data: str
    film: bool
    whole: bool
    seed: int
    given: str
    encoder: str
    own_tracks: bool
    cannot_link: bool
    edition: str
    contents: str
    identity: NDArray[np.str_]
    labels: Ints
    frames: Ints
    crops: Ints
    adapted: str | None
    seconds: float
    memory: float | None
    pictures: bool = True
    sources: str = ""

    @property
    def unknown(self) -> float:
        """Share of the tracks that it placed nowhere."""
        return unknown_share(self.labels)

    @cached_property
    def score(self) -> Score:
        """Each unknown track counted as a cluster of its own.

        But not as a character: it is none in a cast list either.
        """
        return self._counted(score(contingency(self.identity, self.labels)))

    @cached_property
    def known(self) -> Score | None:
        """Unknown tracks left out; None if nothing is left."""
        table = contingency(self.identity, self.labels, unknown="out")
        return score(table) if table.size else None

    @cached_property
    def frame_score(self) -> Score:
        """As `score`, but of frames."""
        return self._counted(score(contingency(self.identity, self.labels, frames=self.frames)))

    @cached_property
    def known_frames(self) -> Score | None:
        """As `known`, but of frames."""
        table = contingency(self.identity, self.labels, unknown="out", frames=self.frames)
        return score(table) if table.size else None

    def _counted(self, found: Score) -> Score:
        characters = len(np.unique(self.labels[self.labels >= 0]))
        return replace(found, characters=characters, ratio=characters / found.people)

    def to_dict(self) -> dict[str, Any]:
        """Return the row flat, with all measures, as it goes into JSON."""
        return {
            "method": self.method,
            "data": self.data,
            "seed": self.seed,
            "given": self.given,
            "encoder": self.encoder,
            **asdict(self.score),
            "unknown": self.unknown,
            "known": self.known and asdict(self.known),
            "frames": asdict(self.frame_score),
            "known_frames": self.known_frames and asdict(self.known_frames),
            "seconds": round(self.seconds, 3),
            "memory": self.memory and round(self.memory, 1),
            "labels": self.labels.tolist(),
        }


ARRAYS = {"identity": np.str_, "labels": np.int64, "frames": np.int64, "crops": np.int64}


class Rows:
    """The rows of a work folder.

    Args:
        work: The folder.
    """

    def __init__(self, work: Path) -> None:
        self._folder = work / "rows"

    def load(self, key: str, now: Mapping[str, Any]) -> Row | None:
        """Return a row, if it is there and whole, and note that it is wanted today.

        Args:
            key: Its key.
            now: What may differ though the key is the same: how the data set is called, and
                those beside it that the method takes nothing from.
        """
        row = self._read(self._path(key))
        if row is None:
            return None
        if any(getattr(row, name) != value for name, value in now.items()):
            row = replace(row, **now)
            self.save(key, row)
        self._path(key).touch()
        return row

    def save(self, key: str, row: Row) -> None:
        """Keep a row."""
        values = {field.name: getattr(row, field.name) for field in fields(Row)}
        arrays = {name: values[name].tolist() for name in ARRAYS}
        self._folder.mkdir(parents=True, exist_ok=True)
        with atomic_path(self._path(key)) as beside:
            beside.write_text(json.dumps({"format": FORMAT, **values, **arrays}), "utf-8")

    def latest(self) -> list[Row]:
        """Return all rows, but for those that later ones stand in for.

        Of each method and encoder only the edition that was wanted last counts, and of each data
        set only the contents. Of a method that learns from other sets only the rows of its last
        run count: those of a run on more sets or fewer have other thresholds.
        """
        paths = sorted(self._folder.glob("*.json"), key=lambda path: path.stat().st_mtime_ns)
        rows = [row for path in paths if (row := self._read(path))]
        edition = {(r.method, r.encoder): r.edition for r in rows}
        contents = {(r.data, r.own_tracks, r.cannot_link, r.encoder): r.contents for r in rows}
        sources = {(r.method, r.encoder, r.own_tracks, r.cannot_link): r.sources for r in rows}
        latest = {
            (r.method, r.data, r.seed, r.encoder, r.own_tracks, r.cannot_link): r
            for r in rows
            if r.edition == edition[r.method, r.encoder]
            and r.contents == contents[r.data, r.own_tracks, r.cannot_link, r.encoder]
            and r.sources == sources[r.method, r.encoder, r.own_tracks, r.cannot_link]
        }
        return list(latest.values())

    def _path(self, key: str) -> Path:
        return self._folder / f"{key}.json"

    def _read(self, path: Path) -> Row | None:
        try:
            data = json.loads(path.read_text("utf-8"))
            if data.pop("format") != FORMAT:
                return None
            arrays: dict[str, Any] = {
                name: np.array(data[name], kind) for name, kind in ARRAYS.items()
            }
            return Row(**{**data, **arrays})
        except FileNotFoundError:
            return None
        except (OSError, ValueError, KeyError, TypeError, AttributeError) as error:
            log.warning("%s: can't be read (%s), made anew", path, error)
            return None


def digest(*parts: object) -> str:
    """Return what identifies some values by how they are written."""
    return hashlib.sha256("\n".join(map(repr, parts)).encode()).hexdigest()[:24]
