"""A finished workspace as the writers of all formats read it. Nothing is computed here but time."""

from __future__ import annotations

import unicodedata
from dataclasses import dataclass
from fractions import Fraction
from functools import cached_property
from pathlib import Path

from castlist.cast.parts import cut_crops, cut_tracks, cuts_of
from castlist.cast.types import Cast, CastTrack, Character
from castlist.errors import WorkspaceError
from castlist.export.appearances import (
    Appearance,
    CoAppearance,
    appearances,
    co_appearances,
)
from castlist.export.edit import EditTimeline
from castlist.faces.types import Ints
from castlist.film.timeline import Timeline
from castlist.film.types import Shots
from castlist.tracks.types import Crops, Tracks

_NOWHERE = ("Cc", "Cs")  # control characters, halves of pairs
_NONE = "\ufffe\uffff"


@dataclass(frozen=True)
class Finished:
    """What a run has left of a film.

    Attributes:
        folder: The workspace.
        cast: Its cast list.
        tracks: The boxes of its tracks.
        crops: The crops sampled from them.
        shots: Its shots.
        timeline: When each of its frames is shown.
        time_base: Seconds per unit of pts.
        edit: Where the frames lie on an editing program's timeline.
    """

    folder: Path
    cast: Cast
    tracks: Tracks
    crops: Crops
    shots: Shots
    timeline: Timeline
    time_base: Fraction
    edit: EditTimeline

    @classmethod
    def load(
        cls,
        folder: Path,
        *,
        rate: Fraction | None = None,
        start_timecode: str | None = None,
        drop: bool | None = None,
    ) -> Finished:
        """Read a workspace.

        Args:
            folder: The workspace.
            rate: See `EditTimeline`, as for the others.
            start_timecode: Of the film's first frame.
            drop: Whether timecode is drop-frame code.

        Raises:
            WorkspaceError: The run isn't finished, or files are damaged or don't fit each other.
            TimecodeError: The start timecode can't be, or there is no such drop-frame code.
        """
        cast = Cast.load(folder / "cast.json")
        tracks = Tracks.load(folder / "tracks.parquet")
        cuts = cuts_of(cast)
        crops = cut_crops(Crops.load(folder / "crops.parquet"), len(tracks), cuts)
        tracks = cut_tracks(tracks, cuts)
        shots = Shots.load(folder / "shots.parquet")
        timeline = Timeline.load(folder / "frames.parquet")
        _check(folder, cast, tracks, timeline)
        try:
            time_base = Fraction(cast.film["time_base"])
            film_rate = Fraction(cast.film["frame_rate"])
        except (KeyError, TypeError, ValueError, ZeroDivisionError) as error:
            raise _unfit(folder, f"{type(error).__name__}: {error}") from error
        edit = EditTimeline(
            timeline,
            time_base,
            film_rate,
            film_timecode=cast.film.get("start_timecode"),
            rate=rate,
            start_timecode=start_timecode,
            drop=drop,
        )
        return cls(folder, cast, tracks, crops, shots, timeline, time_base, edit)

    @property
    def characters(self) -> list[Character]:
        """Return the characters that are handed on: all but those that the user hides."""
        return [character for character in self.cast.characters if not character.hidden]

    @cached_property
    def appearances(self) -> list[Appearance]:
        """The appearances of these characters, in order of time. Unknown tracks aren't people."""
        return appearances(self.characters, self.cast.tracks)

    @cached_property
    def co_appearances(self) -> list[CoAppearance]:
        """The pairs of characters that share a shot."""
        return co_appearances(self.characters, self.appearances)

    @property
    def film(self) -> Path:
        """The film's file: where the run found it, or beside the workspace, if it moved there."""
        told = Path(self.cast.film["path"])
        beside = self.folder.absolute().parent / told.name
        return beside if beside.is_file() and not told.is_file() else told.absolute()

    @property
    def film_name(self) -> str:
        """The film's name, without its ending."""
        return one_line(self.film.stem.encode("utf-8", "replace").decode())

    def start(self, frame: int) -> Fraction:
        """Return when a frame appears, in seconds from the film's first one."""
        return (int(self.timeline.pts[frame]) - int(self.timeline.pts[0])) * self.time_base

    def end(self, frame: int) -> Fraction:
        """Return when a frame is gone, in seconds from the film's first one."""
        return (int(self._ends[frame]) - int(self.timeline.pts[0])) * self.time_base

    def lasting(self, first: int, last: int) -> Fraction:
        """Return for how many seconds frames `first` to `last` are shown."""
        return self.end(last) - self.start(first)

    @cached_property
    def _ends(self) -> Ints:
        return self.timeline.ends

    @cached_property
    def _first_row(self) -> Ints:
        return self.tracks.first_row

    def rows(self, track: CastTrack) -> slice:
        """Return where the boxes of a track lie in `tracks`."""
        row = int(self._first_row[track.id])
        row += track.start_frame - int(self.tracks.frame[row])
        return slice(row, row + track.end_frame - track.start_frame + 1)


def label(character: Character) -> str:
    """Return what a character is called in one line: the name, or C01 and the like."""
    return one_line(character.name or "") or character.id


def one_line(text: str) -> str:
    """Return the text without line breaks and without what no XML can hold."""
    spaced = " ".join(text.split())
    return "".join(c for c in spaced if unicodedata.category(c) not in _NOWHERE and c not in _NONE)


def seconds(time: Fraction) -> float:
    """Return seconds to the microsecond, for formats that want decimals."""
    return round(float(time), 6)


def _check(folder: Path, cast: Cast, tracks: Tracks, timeline: Timeline) -> None:
    first, last = tracks.first_row, tracks.last_row
    for track in cast.tracks:
        if not 0 <= track.id < len(tracks):
            raise _unfit(folder, f"there are no boxes of track {track.id}")
        frames = tracks.frame[first[track.id]], tracks.frame[last[track.id]]
        inside = frames[0] <= track.start_frame <= track.end_frame <= frames[1] < len(timeline)
        if not inside:
            raise _unfit(folder, f"track {track.id} lies elsewhere")


def _unfit(folder: Path, why: str) -> WorkspaceError:
    return WorkspaceError(
        f"{folder / 'cast.json'}: doesn't fit the tables beside it ({why}); run castlist on the "
        "film again"
    )
