"""The formats of a cast list, by name. How each looks is in a module of its own."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from dataclasses import dataclass
from fractions import Fraction
from pathlib import Path

from castlist.atomic import atomic_path
from castlist.errors import CastlistError
from castlist.export import (
    coco,
    contact_sheet,
    cvat,
    edl,
    fcpxml,
    graph,
    json_file,
    mot,
    otio,
    rttm,
    subtitles,
    tables,
    via,
)
from castlist.export.finished import Finished

Made = str | bytes | Mapping[str, bytes]
"""What a writer makes: a text, a file of bytes, or files in a folder."""


@dataclass(frozen=True)
class Format:
    """One way to hand a cast list on.

    Attributes:
        name: By which it is asked for.
        suffix: What the file's name ends with; empty for a folder.
        purpose: What it holds and for whom.
        make: Writes a finished workspace.
    """

    name: str
    suffix: str
    purpose: str
    make: Callable[[Finished], Made]


FORMATS = {
    format_.name: format_
    for format_ in (
        Format("json", ".json", "all but the boxes, for programs", json_file.text),
        Format("tracks", ".tracks.csv", "a row a track", tables.tracks),
        Format("appearances", ".appearances.csv", "a row an appearance", tables.appearances),
        Format(
            "co-appearances",
            ".co-appearances.csv",
            "a row a pair of characters that share a shot",
            tables.co_appearances,
        ),
        Format("screen-time", ".screen-time.csv", "a row a character", tables.screen_time),
        Format("vtt", ".vtt", "subtitles: who is on screen", subtitles.vtt),
        Format("srt", ".srt", "subtitles: who is on screen", subtitles.srt),
        Format("edl", ".edl", "timeline markers for DaVinci Resolve", edl.text),
        Format("otio", ".otio", "timeline with markers: Resolve, OpenTimelineIO", otio.otio),
        Format("fcpxml", ".fcpxml", "keywords and markers: Final Cut Pro", fcpxml.text),
        Format("fcp7", ".xml", "sequence with markers: Premiere, Resolve, Avid", otio.fcp7),
        Format("rttm", ".rttm", "who is seen when, for diarization tools", rttm.text),
        Format("graphml", ".graphml", "who is with whom: Gephi, networkx", graph.graphml),
        Format("mot", ".mot.txt", "boxes: MOTChallenge", mot.text),
        Format("coco", ".coco.json", "boxes: COCO for videos", coco.text),
        Format("via", ".via.json", "segments and boxes: VGG's annotator VIA 3", via.text),
        Format("cvat", ".cvat.xml", "boxes: CVAT", cvat.text),
        Format("contact-sheet", ".pdf", "the faces of each character", contact_sheet.pdf),
        Format("contact-sheet-png", "", "the same, a picture a sheet", contact_sheet.pictures),
    )
}


def make(
    workspace: str | Path,
    format_: str,
    *,
    rate: Fraction | None = None,
    start_timecode: str | None = None,
    drop: bool | None = None,
) -> Made:
    """Write a finished workspace's cast list in memory.

    Args:
        workspace: The folder that a run has left.
        format_: A name in `FORMATS`.
        rate: Frames per second of the editing program's timeline; by default the film's own.
        start_timecode: Timecode of the film's first frame there; by default the film's own.
        drop: Whether it is drop-frame code; by default if the start timecode has a ";" in it.

    Raises:
        WorkspaceError: The run isn't finished, or its files are damaged.
        CastlistError: There is no such format, or the start timecode can't be.
        MissingExtraError: The format needs a library that isn't installed.
    """
    writer = known(format_)
    film = Finished.load(Path(workspace), rate=rate, start_timecode=start_timecode, drop=drop)
    return writer.make(film)


def export(
    workspace: str | Path,
    format_: str,
    out: str | Path | None = None,
    *,
    rate: Fraction | None = None,
    start_timecode: str | None = None,
    drop: bool | None = None,
) -> Path:
    """Write a finished workspace's cast list to a file, or for pictures to a folder.

    Args:
        workspace: The folder that a run has left.
        format_: A name in `FORMATS`.
        out: Where; by default beside the workspace: film.cast.edl and the like.
        rate: See `make`, as for the others.
        start_timecode: Timecode of the film's first frame.
        drop: Whether it is drop-frame code.

    Returns:
        The file or folder.

    Raises:
        CastlistError: See `make`; or nothing can be written there.
    """
    made = make(workspace, format_, rate=rate, start_timecode=start_timecode, drop=drop)
    path = Path(out) if out else path_beside(Path(workspace), known(format_))
    try:
        if isinstance(made, Mapping):
            path.mkdir(parents=True, exist_ok=True)
            for name, data in made.items():
                _write(path / name, data)
        else:
            _write(path, made if isinstance(made, bytes) else encoded(made))
    except OSError as error:
        raise CastlistError(
            f"{path}: can't be written ({error.strerror}); name another file with --out"
        ) from error
    return path


def known(format_: str) -> Format:
    """Return the format of this name.

    Raises:
        CastlistError: There is none.
    """
    if format_ not in FORMATS:
        raise CastlistError(f"{format_}: no such format; the formats are {', '.join(FORMATS)}")
    return FORMATS[format_]


def path_beside(workspace: Path, format_: Format) -> Path:
    """Return where a format is written by default: beside the workspace."""
    folder = workspace.resolve()
    suffix = format_.suffix or f".{format_.name}"
    return folder.parent / f"{folder.name.removesuffix('.castlist')}.cast{suffix}"


def encoded(text: str) -> bytes:
    """Return the text as it is stored: UTF-8; what it can't hold is escaped as in JSON."""
    return text.encode("utf-8", "backslashreplace")


def _write(path: Path, data: bytes) -> None:
    with atomic_path(path) as beside:
        beside.write_bytes(data)
