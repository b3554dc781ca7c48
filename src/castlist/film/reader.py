"""Reads a film: its facts, and its frames in presentation order with exact times.

Decoding runs in a thread of its own, a few frames ahead of the consumer. Nothing is looked at
here: shots, faces and their kind are for later stages.
"""

from __future__ import annotations

import logging
import math
import os
import threading
from collections.abc import Iterator
from dataclasses import dataclass
from fractions import Fraction
from itertools import chain, islice, pairwise
from pathlib import Path
from queue import SimpleQueue
from types import TracebackType

import av
from av.container import InputContainer
from av.stream import Disposition
from av.video.stream import VideoStream

from castlist.errors import FilmError
from castlist.film.picture import Look
from castlist.film.timecode import Counting, TimecodeError
from castlist.film.types import FilmInfo, Image

log = logging.getLogger(__name__)

_AHEAD = 8
"""Frames decoded ahead of the consumer; bounds the memory."""

_TEXT_CODECS = {"ansi", "bintext", "xbin", "idf"}  # FFmpeg renders text files as moving pictures
_NOT_FILM = Disposition.attached_pic | Disposition.timed_thumbnails | Disposition.still_image
_TAIL = 0.01
"""Share of a film's duration by which its pictures may end early: sound often runs longer."""
_FASTEST = 120
"""Frames per second that a header is believed; above, it may be the ticks of the film's clock."""
_STEPS = 50
"""Steps from frame to frame that tell the rate of a film whose header doesn't."""


class Film:
    """A film opened for reading; use it as a context manager.

    Attributes:
        info: The film's facts.
        look: How its frames are to be shown.
    """

    def __init__(self, info: FilmInfo, look: Look) -> None:
        self.info = info
        self.look = look
        self._decoders: set[_Decoder] = set()

    @classmethod
    def open(cls, path: str | Path) -> Film:
        """Open a film and read its facts from its header and first frames.

        Raises:
            FilmError: The file is missing, empty, not a film, or none of its frames decodes.
        """
        path = Path(path)
        with open_container(path) as container:
            stream = _picture_stream(container, path)
            frames = _decoded(container, stream, _Losses())
            first = next(frames, None)
            if first is None:
                raise FilmError(
                    f"{path}: no frame of it can be decoded ({stream.codec_context.name}); it is "
                    "damaged or protected. Check that a player shows it, or convert it anew."
                )
            look = Look.of(first)
            return cls(_facts(path, container, stream, first, frames, look), look)

    def frames(self, size: tuple[int, int] | None = None) -> Iterator[FilmFrame]:
        """Yield all frames in presentation order, from the first one at each call.

        Damaged stretches are skipped and a film that breaks off early ends there, both with a
        logged warning.

        Args:
            size: Width and height to which frames, as shown, are scaled before they are handed
                over, so that many may wait; all further pictures are made of that. By default they
                stay as they are.

        Raises:
            FilmError: The file can't be opened any more.
        """
        decoder = _Decoder(self.info, self.look, size)
        self._decoders.add(decoder)
        try:
            yield from decoder
        finally:
            decoder.stop()
            self._decoders.discard(decoder)

    def close(self) -> None:
        """Stop decoding; iterators still open end."""
        for decoder in tuple(self._decoders):
            decoder.stop()

    def __enter__(self) -> Film:
        return self

    def __exit__(
        self,
        kind: type[BaseException] | None,
        error: BaseException | None,
        trace: TracebackType | None,
    ) -> None:
        self.close()


@dataclass(frozen=True, slots=True)
class FilmFrame:
    """A decoded frame of a film: see ``Frame``.

    Attributes:
        decoded: The frame as FFmpeg has it, or scaled; not turned, and only to read.
    """

    index: int
    pts: int
    duration: int
    decoded: av.VideoFrame
    _look: Look

    def picture(self, width: int | None = None, height: int | None = None) -> Image:
        """Return the picture as shown, scaled to the size asked for."""
        return self._look.picture(self.decoded, width, height)


class Clock:
    """Makes presentation times complete and strictly increasing.

    A missing time is the last one and a frame's duration. A time that isn't later than the last
    one becomes the last one and 1. Where times fall back by more than a second or leap by more
    than an hour, the film's clock was set anew, and all that follows is moved to continue what
    came before, until the times themselves continue it again.

    Attributes:
        mended: How many times had to be changed.
    """

    def __init__(self, time_base: Fraction) -> None:
        self._second = math.ceil(1 / time_base)
        self._last: int | None = None
        self._step = 0
        self._offset = 0
        self.mended = 0

    def next(self, pts: int | None, duration: int) -> int:
        """Return the time of the next frame, given the time and duration that the file says."""
        good = self._placed(pts)
        self.mended += good != pts
        self._last, self._step = good, duration
        return good

    def _placed(self, pts: int | None) -> int:
        if self._last is None:
            return pts or 0
        expected = self._last + self._step
        if pts is None:
            return expected
        if self._last < pts <= self._last + self._second:
            self._offset = 0
        moved = pts + self._offset
        if not self._last - self._second <= moved <= self._last + 3600 * self._second:
            self._offset = expected - pts
            return expected
        return max(moved, self._last + 1)


class _Losses:
    """What decoding had to leave out."""

    packets = 0
    broken_off = False


class _Decoder:
    """Decodes in a thread; iterating hands over the frames, or the error that ended it."""

    def __init__(self, info: FilmInfo, look: Look, size: tuple[int, int] | None) -> None:
        self._info, self._look, self._size = info, look, size
        self._frames: SimpleQueue[FilmFrame | BaseException | None] = SimpleQueue()
        self._room = threading.Semaphore(_AHEAD)
        self._stopping = False
        self._thread = threading.Thread(target=self._run, name="castlist-decode", daemon=True)
        self._thread.start()

    def __iter__(self) -> Iterator[FilmFrame]:
        while (item := self._frames.get()) is not None:
            if isinstance(item, BaseException):
                raise item
            self._room.release()
            yield item

    def stop(self) -> None:
        """End the thread, also while it waits for room."""
        self._stopping = True
        self._room.release()
        self._thread.join()

    def _run(self) -> None:
        try:
            for frame in self._read():
                self._room.acquire()
                if self._stopping:
                    break
                self._frames.put(frame)
        except BaseException as error:
            self._frames.put(error)
        else:
            self._frames.put(None)

    def _read(self) -> Iterator[FilmFrame]:
        info, losses = self._info, _Losses()
        clock = Clock(info.time_base)
        step = max(1, round(1 / (info.frame_rate * info.time_base)))
        index, start, end = -1, 0, 0
        with open_container(info.path) as container:
            stream = _picture_stream(container, info.path)
            for index, decoded in enumerate(_decoded(container, stream, losses)):
                duration = decoded.duration or step
                pts = clock.next(decoded.pts, duration)
                start = pts if index == 0 else start
                end = pts + duration
                if self._size is not None:
                    decoded = self._look.scaled(decoded, *self._size)
                yield FilmFrame(index, pts, duration, decoded, self._look)
        self._warn(losses, clock.mended, index + 1, float((end - start) * info.time_base))

    def _warn(self, losses: _Losses, mended: int, frames: int, seconds: float) -> None:
        path, duration = self._info.path, self._info.duration
        if losses.packets:
            log.warning("%s: %d damaged packets were skipped", path, losses.packets)
        if mended:
            log.warning("%s: %d times were missing or out of order and were mended", path, mended)
        short = duration is not None and duration - seconds > max(1.0, _TAIL * duration)
        if losses.broken_off or short:
            promised = "an unknown length" if duration is None else f"{duration:.1f} s"
            log.warning("%s: breaks off: %d frames, %.1f s of %s", path, frames, seconds, promised)


def open_container(path: Path) -> InputContainer:
    """Open a film's file as FFmpeg has it.

    Raises:
        FilmError: The file is missing, empty, may not be read, or is nothing that FFmpeg knows.
    """
    try:
        if not path.exists():
            raise FilmError(f"{path}: no such file. Check the path.")
        if path.is_dir():
            raise FilmError(f"{path}: is a folder. Name one film file in it.")
        if path.stat().st_size == 0:
            raise FilmError(f"{path}: the file is empty. Copy or export the film anew.")
        return av.open(str(path.resolve()), metadata_errors="ignore")
    except PermissionError as error:
        raise FilmError(
            f"{path}: can't be read ({error.strerror}). Check the rights to it and its folders."
        ) from error
    except av.FFmpegError as error:
        raise FilmError(
            f"{path}: can't be opened as a film ({error.strerror}). It is no video file, or it is "
            "damaged or incomplete (an MP4 whose recording was cut off lacks its index)."
        ) from error


def _picture_stream(container: InputContainer, path: Path) -> VideoStream:
    """Return the film's moving picture: of known codecs the default stream, else the largest."""
    name = container.format.name
    streams = [s for s in container.streams.video if not s.disposition & _NOT_FILM]
    moving = [s for s in streams if not _still(s, name)]
    if name.endswith("_pipe") or name == "image2" or (streams and not moving):
        raise FilmError(f"{path}: is a picture, not a film. Name a video file.")
    if not moving:
        kind = "a sound file" if container.streams.audio else "no film"
        raise FilmError(
            f"{path}: is {kind}: there are no moving pictures in it. Name a video file."
        )
    known = [s for s in moving if s.codec_context is not None]  # others have no size either
    if not known:
        raise FilmError(f"{path}: its codec is unknown here. Convert the film, to H.264 say.")
    stream = max(
        known,
        key=lambda s: (bool(s.disposition & Disposition.default), s.width * s.height, -s.index),
    )
    if stream.codec_context.name in _TEXT_CODECS:
        raise FilmError(f"{path}: is a text file, not a film. Name a video file.")
    return stream


def _still(stream: VideoStream, name: str) -> bool:
    """Tell a GIF of one frame, and a picture of AVIF or HEIC, which has a frame but no duration."""
    return stream.frames == 1 and (stream.duration is None or name == "gif")


def _decoded(
    container: InputContainer, stream: VideoStream, losses: _Losses
) -> Iterator[av.VideoFrame]:
    """Decode a stream, leaving out what is damaged."""
    # FFmpeg's threads cost a third more work than one: half of the cores decode.
    stream.thread_type = "AUTO"
    stream.codec_context.thread_count = max(1, (os.cpu_count() or 1) // 2)
    packets = container.demux(stream)
    while True:
        try:
            packet = next(packets)
        except StopIteration:
            return
        except av.FFmpegError:
            losses.broken_off = True
            return
        try:
            yield from packet.decode()
        except av.FFmpegError:
            losses.packets += 1


def _facts(
    path: Path,
    container: InputContainer,
    stream: VideoStream,
    first: av.VideoFrame,
    others: Iterator[av.VideoFrame],
    look: Look,
) -> FilmInfo:
    context, time_base = stream.codec_context, stream.time_base
    assert time_base is not None, "streams of an opened file have one"
    duration = None
    if stream.duration is not None:
        duration = float(stream.duration * time_base)
    elif container.duration is not None:
        duration = container.duration / av.time_base
    rate = _frame_rate(stream, time_base, chain([first], others))
    frames = stream.frames or None
    if duration is not None and not 0 < stream.frames <= duration * rate * (1 + _TAIL):
        frames = round(duration * rate)  # the header is silent, or counts frames an edit list cuts
    return FilmInfo(
        path=path,
        width=look.width,
        height=look.height,
        time_base=time_base,
        frame_rate=rate,
        duration=duration,
        frames=frames,
        rotation=look.rotation,
        sample_aspect_ratio=stream.sample_aspect_ratio or Fraction(1),
        transfer=look.transfer,
        interlaced=context.field_order > 1 or first.interlaced_frame,
        codec=context.codec.canonical_name,
        sound=bool(container.streams.audio),
        start_timecode=_start_timecode(container, stream, rate),
    )


def _start_timecode(container: InputContainer, picture: VideoStream, rate: Fraction) -> str | None:
    """Return the first frame's timecode: that of the pictures, else of any stream or the file."""
    for tags in (picture.metadata, *(s.metadata for s in container.streams), container.metadata):
        for name, value in tags.items():
            if name.lower() == "timecode":
                try:
                    Counting.of(rate, drop=";" in value).number(value)
                except TimecodeError as error:
                    log.warning("%s: its start timecode is left out: %s", container.name, error)
                    return None
                return value.strip()
    return None


def _frame_rate(
    stream: VideoStream, time_base: Fraction, frames: Iterator[av.VideoFrame]
) -> Fraction:
    """Average frames per second, or the nominal rate where the average is just off it.

    A WebM that a browser recorded has no rate in its header, and FFmpeg then takes the ticks of its
    clock for one, 1000 a second. There the median step between the first frames tells it.
    """
    average, nominal = stream.average_rate, stream.guessed_rate
    if average and average <= _FASTEST:
        return nominal if nominal and abs(average / nominal - 1) < 0.005 else average
    times = [frame.pts for frame in islice(frames, _STEPS + 1) if frame.pts is not None]
    steps = sorted(b - a for a, b in pairwise(times) if a < b)
    if steps:
        return 1 / (steps[len(steps) // 2] * time_base)
    return nominal if nominal and nominal <= _FASTEST else Fraction(25)
