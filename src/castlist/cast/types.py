"""The cast list: characters, their tracks, and `cast.json`, the contract with the outside.

Nothing is decided here; `cast.build` makes a cast from tracks and clusters.
"""

from __future__ import annotations

import json
from collections.abc import Mapping
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

from castlist.atomic import atomic_path
from castlist.errors import WorkspaceError

FORMAT = 1
"""Version of `cast.json`."""


@dataclass(frozen=True)
class Character:
    """One person of the film.

    Attributes:
        id: "C01", "C02"... by falling screen time as clustered; see `cast.ids`.
        name: What the user calls them, or None.
        note: What the user noted of them, or None.
        hidden: Whether the user takes them for an extra.
        tracks: Numbers of their tracks, in order of time.
        screen_time: Seconds on screen.
        first: Seconds at which they are first seen.
        last: Seconds at which they are last seen.
        portrait: Their best crop, a path in the workspace.
    """

    id: str
    name: str | None
    tracks: list[int]
    screen_time: float
    first: float
    last: float
    portrait: str
    note: str | None = None
    hidden: bool = False


@dataclass(frozen=True)
class CastTrack:
    """One appearance: a face followed through one shot.

    Attributes:
        id: Its number.
        character: Whose it is; None for an unknown one.
        shot: The shot in which it lies.
        start: Seconds at which its first frame is shown.
        end: Seconds at which its last frame is no longer shown.
        start_frame: Its first frame.
        end_frame: Its last frame.
        quality: How well its best crop can be recognised, 0 to 1.
        part_of: Number of the run's track that the user cut this one off; None for a whole one.
    """

    id: int
    character: str | None
    shot: int
    start: float
    end: float
    start_frame: int
    end_frame: int
    quality: float
    part_of: int | None = None


@dataclass(frozen=True)
class Cast:
    """A film's cast list.

    Attributes:
        film: The film's facts: path, sha256, duration, frames, frame_rate, time_base, width,
            height, rotation.
        characters: By falling screen time.
        tracks: In order of number, unknown ones included.
        unknown: Numbers of the tracks too poor to place.
        settings: How the run was set.
        timings: Seconds per stage.
        no_faces: Numbers of the tracks that the user said are no faces.
        conflicts: Sentences on corrections that couldn't be taken up.
    """

    film: Mapping[str, Any]
    characters: list[Character]
    tracks: list[CastTrack]
    unknown: list[int]
    settings: Mapping[str, Any] = field(default_factory=dict)
    timings: Mapping[str, float] = field(default_factory=dict)
    no_faces: list[int] = field(default_factory=list)
    conflicts: list[str] = field(default_factory=list)

    def on_screen(self, seconds: float) -> list[Character]:
        """Return the characters who are on screen at this time of the film."""
        here = {t.character for t in self.tracks if t.start <= seconds < t.end}
        return [character for character in self.characters if character.id in here]

    def to_dict(self) -> dict[str, Any]:
        """Return what `cast.json` holds."""
        return {
            "castlist": FORMAT,
            **vars(self),
            "characters": [dict(vars(character)) for character in self.characters],
            "tracks": [dict(vars(track)) for track in self.tracks],
        }

    @staticmethod
    def from_dict(data: Mapping[str, Any]) -> Cast:
        """Make a cast of what `cast.json` holds.

        Raises:
            WorkspaceError: It is of another version, or something is missing.
        """
        if not isinstance(data, Mapping):
            raise WorkspaceError("not a cast list")
        if data.get("castlist") != FORMAT:
            raise WorkspaceError(
                f"a cast list of format {data.get('castlist')}, but this castlist reads {FORMAT}"
            )
        try:
            return Cast(
                data["film"],
                [Character(**character) for character in data["characters"]],
                [CastTrack(**track) for track in data["tracks"]],
                data["unknown"],
                data.get("settings", {}),
                data.get("timings", {}),
                data.get("no_faces", []),
                data.get("conflicts", []),
            )
        except (KeyError, TypeError) as error:
            raise WorkspaceError(f"not a whole cast list: {error}") from error

    def save(self, path: Path) -> None:
        """Write `cast.json`."""
        text = json.dumps(self.to_dict(), indent=1, ensure_ascii=False, default=str)
        with atomic_path(path) as beside:  # bytes of a path that are no text as JSON's \udce9
            beside.write_text(text + "\n", "utf-8", errors="backslashreplace")

    @staticmethod
    def load(path: Path) -> Cast:
        """Read `cast.json`.

        Raises:
            WorkspaceError: There is none, or it can't be read.
        """
        try:
            return Cast.from_dict(json.loads(path.read_text("utf-8")))
        except FileNotFoundError:
            raise WorkspaceError(f"{path}: no cast list; make it with: castlist run FILM") from None
        except (OSError, ValueError, WorkspaceError) as error:
            raise WorkspaceError(
                f"{path}: can't be read ({error}); have it made anew with: "
                "castlist run FILM --force cast"
            ) from error
