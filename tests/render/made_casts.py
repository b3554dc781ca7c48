"""Tiny films with sound whose frames carry their number, and workspaces that tell who is where."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from dataclasses import dataclass
from fractions import Fraction
from pathlib import Path
from typing import Any

import av
import numpy as np

from castlist.cast.build import build
from castlist.film.identity import content_hash
from castlist.film.reader import Film
from castlist.film.timeline import Timeline
from castlist.film.types import Shots
from castlist.tracks.types import Crops, Tracks

WIDTH, HEIGHT, FRAMES, RATE, SOUND = 192, 112, 60, 25, 44100
BITS = 6


def picture(index: int) -> np.ndarray:
    """Noise, the same on each frame, and above it six bars: the bits of the number."""
    noise = np.random.default_rng(7).integers(30, 226, (HEIGHT // 4, WIDTH // 4, 3), np.uint8)
    made = np.repeat(np.repeat(noise, 4, axis=0), 4, axis=1)
    for bit in range(BITS):
        bar = slice(bit * WIDTH // BITS, (bit + 1) * WIDTH // BITS)
        made[:16, bar] = 235 if index >> bit & 1 else 20
    return made


def number_of(shown: np.ndarray) -> int:
    """Read the number off a picture."""
    row = shown[4:12].mean(axis=(0, 2))
    centres = [row[round((bit + 0.5) * WIDTH / BITS)] for bit in range(BITS)]
    return sum(1 << bit for bit, value in enumerate(centres) if value > 128)


def sweep(samples: int) -> np.ndarray:
    """A tone that rises from 200 Hz to 4 kHz and sways: no two moments sound alike."""
    time = np.arange(samples) / SOUND
    length = samples / SOUND
    phase = 2 * np.pi * (200 * time + (4000 - 200) / (2 * length) * time**2)
    return (0.4 * np.sin(phase) * (0.6 + 0.4 * np.sin(2 * np.pi * 3 * time))).astype(np.float32)


def make_film(
    path: Path,
    *,
    codec: str = "ffv1",
    pixels: str = "yuv420p",
    sound: str | None = "aac",
    pts: Sequence[int] | None = None,
    ticks: int = 1000,
    later: Fraction = Fraction(0),
    frames: int = FRAMES,
    options: dict[str, str] | None = None,
    prepare: Callable[[Any], None] = lambda stream: None,
) -> Path:
    """Write a film.

    Args:
        path: The file.
        codec: Of its pictures.
        pixels: Their format.
        sound: Codec of its sound, or None.
        pts: Of the frames, in units of 1/ticks s; by default at an even rate.
        ticks: Units of time to a second.
        later: Seconds by which sound begins after the clock's zero.
        frames: How many.
        options: Of the codec.
        prepare: Called with the video stream before it is opened.
    """
    times = list(pts) if pts else [n * ticks // RATE for n in range(frames)]
    with av.open(str(path), "w") as container:
        video = container.add_stream(codec, rate=RATE, options=options or {})
        video.width, video.height, video.pix_fmt = WIDTH, HEIGHT, pixels
        video.codec_context.time_base = Fraction(1, ticks)
        prepare(video)
        if sound:
            audio = container.add_stream(sound, rate=SOUND, layout="mono")
        for index, time in enumerate(times):
            frame = av.VideoFrame.from_ndarray(picture(index)).reformat(format=pixels)
            frame.pts, frame.time_base = time, Fraction(1, ticks)
            container.mux(video.encode(frame))
        container.mux(video.encode())
        if sound:
            wave = sweep(round((times[-1] / ticks + 1 / RATE) * SOUND))
            form = audio.codec_context.format.name
            for start in range(0, len(wave), 1024):
                block = wave[None, start : start + 1024]
                if form == "s16":
                    block = np.rint(block * 32767).astype(np.int16)
                part = av.AudioFrame.from_ndarray(block, format=form, layout="mono")
                part.sample_rate, part.time_base = SOUND, Fraction(1, SOUND)
                part.pts = start + round(later * SOUND)
                container.mux(audio.encode(part))
            container.mux(audio.encode())
    return path


@dataclass(frozen=True)
class Face:
    """A track: whose, from which frame to which, and where, x and y moving a little each frame."""

    who: str | None
    first: int
    last: int
    box: tuple[float, float, float, float]
    step: float = 0.0

    def on(self, frame: int) -> np.ndarray:
        x1, y1, x2, y2 = self.box
        moved = self.step * (frame - self.first)
        return np.array([x1 + moved, y1, x2 + moved, y2])


CUTS = (0, 30)
FACES = (
    Face("C01", 5, 20, (20, 40, 50, 80), step=1.5),
    Face("C01", 32, 45, (120, 30, 150, 66)),
    Face("C02", 10, 29, (110, 40, 140, 80)),
    Face(None, 50, 55, (40, 50, 60, 75)),
)


def make_workspace(folder: Path, film: Path, faces: Sequence[Face] = FACES) -> Path:
    """Write what a run on this film would leave."""
    with Film.open(film) as opened:
        info = opened.info
        shown = [(frame.pts, frame.duration) for frame in opened.frames()]
    pts = np.array([p for p, _ in shown])
    timeline = Timeline(pts, int(pts[-1] + shown[-1][1]))
    first = np.array([cut for cut in CUTS if cut < len(pts)])
    last = np.append(first[1:], len(pts)) - 1
    shots = Shots(first, last, pts[first], timeline.ends[last])
    rows = [(n, f) for n, face in enumerate(faces) for f in range(face.first, face.last + 1)]
    track, frame = np.array(rows).T
    shot = np.searchsorted(first, frame, side="right") - 1
    boxes = np.stack([faces[n].on(f) for n, f in rows]).astype(np.float32)
    tracks = Tracks(
        *(track, shot, frame, pts[frame], boxes, np.full(len(rows), 0.9, np.float32)),
        *(frame % 5 == 0, frame % 7 == 0),
    )
    starts = tracks.first_row
    crops = Crops(
        *(track[starts], frame[starts], pts[frame[starts]]),
        np.full(len(faces), 0.5, np.float32),
        np.full(len(faces), 20, np.float32),
        np.array([f"crops/{n}.jpg" for n in range(len(faces))]),
    )
    owners = sorted({face.who for face in faces if face.who})
    labels = np.array([owners.index(f.who) if f.who else -1 for f in faces])
    told = {
        "path": str(film),
        "sha256": content_hash(film),
        "frame_rate": str(info.frame_rate),
        "time_base": str(info.time_base),
        "width": info.width,
        "height": info.height,
        "rotation": info.rotation,
        **timeline.facts(info.time_base),
    }
    folder.mkdir()
    build(told, info.time_base, timeline, tracks, crops, labels).save(folder / "cast.json")
    tracks.save(folder / "tracks.parquet")
    crops.save(folder / "crops.parquet")
    shots.save(folder / "shots.parquet")
    timeline.save(folder / "frames.parquet")
    return folder
