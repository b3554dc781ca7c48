"""The sound of a film that is written: copied packet by packet, or cut to the sample."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from fractions import Fraction
from pathlib import Path
from typing import Any, Protocol

import av
import numpy as np
from av.audio.stream import AudioStream
from av.container import InputContainer, OutputContainer
from av.packet import Packet
from numpy.typing import NDArray

from castlist.errors import CastlistError

_JUMP = Fraction(1, 10)
"""Seconds by which times may be off before samples are believed to be missing."""
_LAYOUTS = ("mono", "stereo", "3.0", "4.0", "5.0", "5.1", "6.1", "7.1")
"""What AAC is encoded in, by the number of channels; others are mixed to one of these."""
_RATES = (96000, 88200, 64000, 48000, 44100, 32000, 24000, 22050, 16000, 12000, 11025, 8000)


class Sound(Protocol):
    """Writes sound as far as the pictures have come."""

    def until(self, seconds: Fraction | None) -> None:
        """Write what begins before this time of the new film; None: all that is left."""


class Silence:
    """The sound of a silent film."""

    def until(self, seconds: Fraction | None) -> None:
        """Write nothing."""


class CopiedSound:
    """All sound streams as they are, packet by packet.

    Raises:
        CastlistError: The new film's format can't hold such sound.
    """

    def __init__(self, source: InputContainer, path: Path, target: OutputContainer) -> None:
        self._target = target
        self._streams = {}
        for stream in source.streams.audio:
            try:
                copy = target.add_stream_from_template(stream)
            except ValueError as error:
                raise CastlistError(
                    f"{path}: its sound ({stream.codec_context.name}) doesn't go into "
                    f"{target.format.name}; name an .mkv or .mov file with --out"
                ) from error
            copy.metadata.update(stream.metadata)
            self._streams[stream.index] = copy
        self._packets = self._read(source)
        self._next: Packet[Any] | None = next(self._packets, None)

    def until(self, seconds: Fraction | None) -> None:
        """Write the packets of this time."""
        while self._next is not None:
            packet = self._next
            if seconds is not None and _time(packet) >= seconds:
                return
            packet.stream = self._streams[packet.stream_index]
            self._target.mux(packet)
            self._next = next(self._packets, None)

    def _read(self, source: InputContainer) -> Iterator[Packet[Any]]:
        for packet in source.demux(*source.streams.audio):
            if packet.dts is not None:
                yield packet


class CutSound:
    """The first sound stream's samples in some stretches, one after the other, as AAC.

    Args:
        source: The film.
        target: The new film.
        stretches: Start and end in seconds on the clock of the film's file, in order.
    """

    def __init__(
        self,
        source: InputContainer,
        target: OutputContainer,
        stretches: Sequence[tuple[Fraction, Fraction]],
    ) -> None:
        self._source, self._from = source, source.streams.audio[0]
        own = self._from.codec_context.sample_rate
        self._rate = own if own in _RATES else 48000
        channels = self._from.codec_context.channels
        self._channels = channels if channels <= len(_LAYOUTS) else 2
        self._layout = _LAYOUTS[self._channels - 1]
        stream = target.add_stream("aac", rate=self._rate)
        assert isinstance(stream, AudioStream)
        stream.codec_context.layout = self._layout
        stream.codec_context.bit_rate = 96000 * self._channels
        self._target, self._stream = target, stream
        self._stretches = stretches
        self._written = 0
        self._blocks = self._cut()

    def until(self, seconds: Fraction | None) -> None:
        """Encode the samples of this time."""
        while seconds is None or self._written < seconds * self._rate:
            block = next(self._blocks, None)
            if block is None:
                if seconds is None:
                    self._target.mux(self._stream.encode())
                return
            frame = av.AudioFrame.from_ndarray(block, format="fltp", layout=self._layout)
            frame.sample_rate, frame.time_base = self._rate, Fraction(1, self._rate)
            frame.pts = self._written
            self._target.mux(self._stream.encode(frame))
            self._written += block.shape[1]

    def _cut(self) -> Iterator[NDArray[np.float32]]:
        """Yield the samples in blocks of the encoder's size, (channels, 1024), and the rest."""
        size = 1024
        rest = np.zeros((self._channels, 0), np.float32)
        for part in self._parts():
            rest = np.concatenate([rest, part], axis=1)
            while rest.shape[1] >= size:
                yield np.ascontiguousarray(rest[:, :size])
                rest = rest[:, size:]
        if rest.shape[1]:
            yield np.ascontiguousarray(rest)

    def _parts(self) -> Iterator[NDArray[np.float32]]:
        """Yield the samples of each stretch; where the film has none there is silence.

        A stretch has as many samples as keep the sound with the pictures, whatever came before:
        the roundings don't add up.
        """
        decoded = self._decoded()
        begin, block = next(decoded, (0, None))
        done, length = 0, Fraction(0)
        for start, end in self._stretches:
            length += end - start
            samples = round(length * self._rate) - done
            done += samples
            first = round(start * self._rate)
            part = np.zeros((self._channels, samples), np.float32)
            while block is not None and begin < first + samples:
                low, high = max(first, begin), min(first + samples, begin + block.shape[1])
                if low < high:
                    part[:, low - first : high - first] = block[:, low - begin : high - begin]
                if begin + block.shape[1] > first + samples:
                    break  # the next stretch may want the rest of it
                begin, block = next(decoded, (0, None))
            yield part

    def _decoded(self) -> Iterator[tuple[int, NDArray[np.float32]]]:
        """Yield the film's samples in blocks, each with the number of its first on the clock."""
        resampler = av.AudioResampler(format="fltp", layout=self._layout, rate=self._rate)
        expected: int | None = None
        for frame in _frames(self._source, self._from):
            for ready in resampler.resample(frame):
                block = np.asarray(ready.to_ndarray(), np.float32)
                told = expected
                if ready.pts is not None and ready.time_base is not None:
                    told = round(ready.pts * ready.time_base * self._rate)
                if expected is not None and told is not None:
                    # containers round times to milliseconds, and samples follow each other
                    told = expected if abs(told - expected) < _JUMP * self._rate else told
                begin = told or 0
                expected = begin + block.shape[1]
                yield begin, block


def _frames(source: InputContainer, stream: AudioStream) -> Iterator[av.AudioFrame]:
    """Decode a stream, leaving out what is damaged."""
    for packet in source.demux(stream):
        try:
            yield from packet.decode()
        except av.FFmpegError:
            continue


def _time(packet: Packet[Any]) -> Fraction:
    assert packet.dts is not None
    return packet.dts * packet.time_base
