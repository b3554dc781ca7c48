"""Writes a film with faces blurred, or only the appearances of some characters, with its sound.

Frames are decoded as the run decoded them, so a frame here is the frame of the tracks. Subtitles,
chapters, covers and other metadata are left out; a cover may show a face.
"""

from __future__ import annotations

import logging
from collections.abc import Collection, Iterator, Sequence
from contextlib import contextmanager
from itertools import chain
from pathlib import Path

import av
from av.container import OutputContainer

from castlist.atomic import atomic_path
from castlist.cast.types import Cast, Character
from castlist.errors import CastlistError
from castlist.export.finished import Finished
from castlist.film.identity import content_hash
from castlist.film.reader import Film, FilmFrame, open_container
from castlist.hooks import Hook, silent
from castlist.render.faces import FacesToHide
from castlist.render.hide import copied, hide
from castlist.render.picture import PictureEncoder
from castlist.render.sound import CopiedSound, CutSound, Silence, Sound

log = logging.getLogger(__name__)

_FORMATS = {".mp4": "mp4", ".m4v": "mp4", ".mov": "mov", ".mkv": "matroska"}


def blur(
    workspace: str | Path,
    characters: Collection[str],
    out: str | Path,
    *,
    film: str | Path | None = None,
    others: bool = False,
    hook: Hook = silent,
) -> Path:
    """Write the film with the faces of some characters blurred; its sound is copied.

    Args:
        workspace: The folder that a run has left.
        characters: Their ids or names.
        out: The film to write: .mp4, .mov or .mkv.
        film: The film's file, if it isn't where the run found it.
        others: Blur all faces but these characters', those of unknown tracks too.
        hook: Told of progress.

    Returns:
        The film written.

    Raises:
        CastlistError: There is no such character, the film isn't the workspace's, or its pictures
            or sound don't go into such a file.
    """
    finished, source, target = _opened(workspace, film, out, hook)
    chosen = {character.id for character in _find(finished.cast, characters)}
    faces = FacesToHide(finished, lambda track: (track.character in chosen) != others)
    with Film.open(source) as opened, open_container(source) as heard, _written(target) as new:
        if opened.info.start_timecode:
            new.metadata["timecode"] = opened.info.start_timecode
        frames = opened.frames()
        first = next(frames)
        pictures = PictureEncoder(new, opened.info, opened.look, first.decoded)
        sound = CopiedSound(heard, source, new) if heard.streams.audio else Silence()
        total = len(finished.timeline)
        for frame in chain([first], frames):
            ready = copied(pictures.ready(frame.decoded))
            hide(ready, opened.look.stored(faces.on(frame.index)))
            _write(pictures, sound, ready, frame.pts)
            hook("render", frame.index + 1, total)
        pictures.finish()
        sound.until(None)
    return target


def only(
    workspace: str | Path,
    characters: Collection[str],
    out: str | Path,
    *,
    film: str | Path | None = None,
    hook: Hook = silent,
) -> Path:
    """Write only the stretches of the film in which any of some characters appears.

    The sound is cut at the same times, to the sample, and encoded anew as AAC; of several sound
    streams the first is taken.

    Args:
        workspace: The folder that a run has left.
        characters: Their ids or names.
        out: The film to write: .mp4, .mov or .mkv.
        film: The film's file, if it isn't where the run found it.
        hook: Told of progress.

    Returns:
        The film written.

    Raises:
        CastlistError: See `blur`; or the characters never appear.
    """
    finished, source, target = _opened(workspace, film, out, hook)
    chosen = {character.id for character in _find(finished.cast, characters)}
    stretches = _stretches(finished, chosen)
    if not stretches:
        raise CastlistError(f"{', '.join(sorted(chosen))}: never on screen; nothing to write")
    pts, ends, base = finished.timeline.pts, finished.timeline.ends, finished.time_base
    times = [(int(pts[first]), int(ends[last])) for first, last in stretches]
    with Film.open(source) as opened, open_container(source) as heard, _written(target) as new:
        kept = _kept(opened.frames(), stretches)
        first = next(kept)
        pictures = PictureEncoder(new, opened.info, opened.look, first[1].decoded)
        sound: Sound = Silence()
        if heard.streams.audio:
            seconds = [(start * base, end * base) for start, end in times]
            sound = CutSound(heard, new, seconds)
        begins = [sum(end - start for start, end in times[:n]) for n in range(len(times))]
        total = sum(last - begin + 1 for begin, last in stretches)
        for done, (number, frame) in enumerate(chain([first], kept), start=1):
            time = begins[number] + frame.pts - times[number][0]
            _write(pictures, sound, copied(pictures.ready(frame.decoded)), time)
            hook("render", done, total)
        pictures.finish()
        sound.until(None)
    return target


def _write(pictures: PictureEncoder, sound: Sound, frame: av.VideoFrame, pts: int) -> None:
    sound.until(pictures.seconds(pts))
    pictures.write(frame, pts)


def _stretches(film: Finished, characters: set[str]) -> list[tuple[int, int]]:
    """Return the stretches of frames with any of them, first and last; those that touch joined."""
    joined: list[tuple[int, int]] = []
    for appearance in film.appearances:  # in order of their first frames
        if appearance.character.id in characters:
            first, last = appearance.first, appearance.last
            if joined and first <= joined[-1][1] + 1:
                first, last = joined[-1][0], max(last, joined.pop()[1])
            joined.append((first, last))
    return joined


def _kept(
    frames: Iterator[FilmFrame], stretches: Sequence[tuple[int, int]]
) -> Iterator[tuple[int, FilmFrame]]:
    """Yield the frames of the stretches, each with the number of its stretch."""
    number = 0
    for frame in frames:
        if frame.index > stretches[number][1]:
            number += 1
            if number == len(stretches):
                return
        if frame.index >= stretches[number][0]:
            yield number, frame


def _opened(
    workspace: str | Path, film: str | Path | None, out: str | Path, hook: Hook
) -> tuple[Finished, Path, Path]:
    """Return the finished workspace, its film and the file to write, all three looked at."""
    target = Path(out)
    if target.suffix.lower() not in _FORMATS:
        raise CastlistError(f"{target}: name a file that ends with {', '.join(_FORMATS)}")
    if not target.parent.is_dir():
        raise CastlistError(
            f"{target}: there is no folder {target.parent}; name another with --out"
        )
    finished = Finished.load(Path(workspace))
    source = Path(film) if film else finished.film
    if target.resolve() == source.resolve():
        raise CastlistError(f"{target}: is the film itself; name another file with --out")
    if content_hash(source, hook) != finished.cast.film["sha256"]:
        raise CastlistError(
            f"{source}: isn't the film that {workspace} was made from; run castlist on it first"
        )
    return finished, source, target


def _find(cast: Cast, wanted: Collection[str]) -> list[Character]:
    """Return the characters with these ids or names.

    Raises:
        CastlistError: There is none of an id or name.
    """
    found = []
    for one in wanted:
        here = [c for c in cast.characters if one in (c.id, c.name)]
        if not here:
            known = ", ".join(character.id for character in cast.characters)
            raise CastlistError(f"{one}: no such character; the film has {known or 'none'}")
        found += here
    return found


@contextmanager
def _written(path: Path) -> Iterator[OutputContainer]:
    """Open a film to write, which takes its place when it is whole.

    Raises:
        CastlistError: Nothing can be written there.
    """
    with atomic_path(path) as beside:
        try:
            new = av.open(str(beside), "w", format=_FORMATS[path.suffix.lower()])
        except OSError as error:
            raise CastlistError(
                f"{path}: can't be written ({error.strerror}); name another file with --out"
            ) from error
        with new:
            yield new
