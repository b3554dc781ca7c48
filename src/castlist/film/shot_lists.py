"""Shot lists made elsewhere: CMX 3600 EDLs, CSV files and OpenTimelineIO files, read as cuts.

Only the record side counts: where in this film each shot begins. Reels and source times don't.
"""

from __future__ import annotations

import csv
import hashlib
import logging
import re
from collections.abc import Iterable
from fractions import Fraction
from pathlib import Path
from typing import Any

from castlist.errors import CastlistError, MissingExtraError
from castlist.film.timecode import Counting, TimecodeError
from castlist.film.types import FilmInfo, Frame

log = logging.getLogger(__name__)

_EVENT = re.compile(  # number, reel (may be missing or hold spaces), channels, kind, four times
    r"^\s*\d+\s+(?:\S.*?\s+)?(?P<channels>\S+)\s+"
    r"(?P<kind>C|D|W\d+|K(?:\s*[BO])?(?:\s*\(F\))?)(?:\s+(?P<fade>\d+))?"
    r"(?P<times>(?:\s+\d\d:\d\d:\d\d[:;.,]\d\d){4})\s*$"
)
_TIMED = re.compile(r"^\s*\d+\s(?:.*?\d+:\d+:\d+[:;.,]\d+){4}")  # what must have been an event
_SECONDS = {"start time (seconds)", "start_seconds"}  # PySceneDetect's name, and a plain one
_FRAMES = "start_frame"


class ShotListError(CastlistError):
    """A shot list can't be read, or doesn't belong to the film."""


class ShotList:
    """A ``CutFinder`` that knows the cuts beforehand.

    Args:
        path: The list, for messages.
        info: The film's facts.
        starts: Where shots begin, in seconds from the film's first frame.
        start_frames: Where shots begin, as numbers of frames.
    """

    delay = 0

    def __init__(
        self,
        path: Path,
        info: FilmInfo,
        *,
        starts: Iterable[Fraction] = (),
        start_frames: Iterable[int] = (),
    ) -> None:
        self._path = path
        self._time_base = info.time_base
        self._starts = sorted(set(starts), reverse=True)
        self._start_frames = frozenset(start_frames)
        self._first_pts = 0
        self._frames = 0
        self._end = Fraction(0)

    @property
    def contents(self) -> str:
        """What it says, as a digest."""
        told = f"{self._starts} {sorted(self._start_frames)}"
        return hashlib.sha256(told.encode()).hexdigest()

    def push(self, frame: Frame) -> list[int]:
        """Take the next frame; return it if a shot begins nearer to it than to the next."""
        if frame.index == 0:
            self._first_pts = frame.pts
        self._frames = frame.index + 1
        time = (frame.pts - self._first_pts) * self._time_base
        self._end = time + frame.duration * self._time_base
        cut = frame.index in self._start_frames
        while self._starts and self._starts[-1] < (time + self._end) / 2:
            self._starts.pop()
            cut = True
        return [frame.index] if cut and frame.index else []

    def finish(self) -> list[int]:
        """Return no cut; warn if the list goes on after the film's end."""
        beyond = sum(start > self._end for start in self._starts)
        beyond += sum(start > self._frames for start in self._start_frames)
        if beyond:
            log.warning(
                "%s: %d of its shots begin after the film's end; is it this film's list?",
                self._path,
                beyond,
            )
        return []


def read_shot_list(path: str | Path, info: FilmInfo) -> ShotList:
    """Read the shots of a film from a file.

    Args:
        path: An EDL (``.edl``) of CMX 3600 at the film's frame rate, whose first event begins
            with the film's first frame; a CSV file (``.csv``) of PySceneDetect's scenes, or with
            a column ``start_seconds`` or ``start_frame`` (counted from 0); or a timeline of
            OpenTimelineIO (``.otio``, ``.otioz``), whose first video track counts, with all that
            is nested in it.
        info: The film's facts.

    Raises:
        ShotListError: The file is missing, of another kind, or can't be understood.
        MissingExtraError: OpenTimelineIO isn't installed.
    """
    path = Path(path)
    kinds = {".edl": _edl, ".csv": _csv, ".otio": _otio, ".otioz": _otio}
    kind = kinds.get(path.suffix.lower())
    if kind is None:
        raise ShotListError(f"{path}: is no shot list; name an .edl, .csv or .otio file.")
    if not path.exists():
        raise ShotListError(f"{path}: no such file. Check the path.")
    return kind(path, info)


def _edl(path: Path, info: FilmInfo) -> ShotList:
    counted = round(info.frame_rate)
    if not counted or abs(info.frame_rate / counted - 1) > Fraction(2, 1000):
        raise ShotListError(
            f"{path}: timecodes need a film of constant frame rate, and {info.path} has "
            f"{float(info.frame_rate):.3f} frames per second on average. Use a list in seconds."
        )
    drop = False
    fades: dict[int, int] = {}  # by the frame at which the event begins
    ends: set[int] = set()
    for number, line in enumerate(_text(path).splitlines(), start=1):
        if line.upper().startswith("FCM:"):
            drop = "NON" not in line.upper()
        event = _EVENT.match(line)
        if event is None:
            if _TIMED.match(line):  # passed over, it would be a missed cut
                raise ShotListError(
                    f"{path}: line {number} is no event of CMX 3600: {line.strip()}"
                )
            continue
        if event["kind"].startswith("K"):  # a key lies over a shot and doesn't begin one
            continue
        if not ("V" in event["channels"] or event["channels"].startswith("B")):
            continue
        try:
            start, end = (_number(t, counted, drop) for t in event["times"].split()[2:])
        except TimecodeError as error:
            raise ShotListError(f"{path}: line {number}: {error}.") from error
        if start < end:  # not so the first of a dissolve's two lines
            fades[start] = int(event["fade"] or 0)
            ends.add(end)
    if not fades:
        raise ShotListError(f"{path}: has no video event of CMX 3600 in it. Export the EDL anew.")
    edges = {start + fade // 2 for start, fade in fades.items()} | (ends - fades.keys())
    return ShotList(path, info, starts=[(e - min(fades)) / info.frame_rate for e in edges])


def _number(timecode: str, counted: int, drop: bool) -> int:
    drop = (drop or ";" in timecode) and counted % 30 == 0  # 24 frames know no drop-frame code
    return Counting(counted, drop).number(timecode)


def _csv(path: Path, info: FilmInfo) -> ShotList:
    lines = _text(path).splitlines()
    for delimiter in ",;\t":
        try:
            rows = list(csv.reader(lines, delimiter=delimiter))
        except csv.Error as error:
            raise ShotListError(f"{path}: isn't a CSV file ({error}).") from error
        for at, header in enumerate(rows):
            names = [name.strip().lower() for name in header]
            for column, name in enumerate(names):
                if name in _SECONDS or name == _FRAMES:
                    values = _column(path, rows[at + 1 :], column, whole=name == _FRAMES)
                    if name == _FRAMES:
                        return ShotList(path, info, start_frames=[int(v) for v in values])
                    return ShotList(path, info, starts=values)
    raise ShotListError(
        f"{path}: has no column start_seconds or start_frame, nor is it PySceneDetect's list of "
        "scenes. Name one of its columns so."
    )


def _column(path: Path, rows: list[list[str]], column: int, *, whole: bool) -> list[Fraction]:
    number = "whole number" if whole else "number"
    values = []
    for row in rows:
        if not any(row):
            continue
        try:
            value = Fraction(row[column].strip().replace(",", "."))
            if whole and value.denominator > 1:
                raise ValueError(f"{value} lies between two frames")
            values.append(value)
        except (ValueError, IndexError, ZeroDivisionError) as error:
            raise ShotListError(f"{path}: no {number} to begin a shot in {row!r}.") from error
    if not values:
        raise ShotListError(f"{path}: has no shot in it.")
    return values


def _otio(path: Path, info: FilmInfo) -> ShotList:
    try:
        import opentimelineio as otio
    except ImportError as error:
        raise MissingExtraError("otio", "Reading a timeline of OpenTimelineIO") from error
    try:
        edges = _edges(otio.adapters.read_from_file(str(path)).tracks, otio.schema)
    except Exception as error:
        raise ShotListError(f"{path}: isn't a timeline of OpenTimelineIO ({error}).") from error
    if not edges:
        raise ShotListError(f"{path}: has no video track with something in it.")
    return ShotList(path, info, starts=[_seconds(edge.value, edge.rate, info) for edge in edges])


def _edges(whole: Any, schema: Any) -> list[Any]:
    """Return where all that is in a stack or track begins and ends, in the time of that.

    Of a stack its first picture counts. What lies in further stacks and tracks counts as far as
    these are shown.
    """
    if isinstance(whole, schema.Stack):
        items = [item for item in whole if getattr(item, "kind", "Video") == "Video"][:1]
    else:
        items = [item for item in whole if not isinstance(item, schema.Transition)]
    edges = []
    for item in items:
        shown = whole.range_of_child(item)
        start, end = shown.start_time, shown.end_time_exclusive()
        inside = _edges(item, schema) if isinstance(item, schema.Stack | schema.Track) else []
        moved = (item.transformed_time(edge, whole) for edge in inside)
        edges += [start, *(edge for edge in moved if start < edge < end), end]
    return edges


def _seconds(value: float, rate: float, info: FilmInfo) -> Fraction:
    """Return seconds exactly, where the timeline only says 23.976 and the like."""
    exact = info.frame_rate if abs(rate / info.frame_rate - 1) < 1e-4 else Fraction(rate)
    return Fraction(value) / exact


def _text(path: Path) -> str:
    try:
        return path.read_bytes().decode("utf-8-sig", errors="replace")
    except OSError as error:
        raise ShotListError(f"{path}: can't be read ({error.strerror}).") from error
