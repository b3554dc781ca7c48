"""The sample film: a little silent film of 1924 and a colour epilogue, made of free photographs.

``python demo/sample_film.py OUT.mp4`` writes the film and, beside it, ``OUT.truth.json``: who is
where, by the same geometry that moved the photographs. Heads turn, cameras pan and light changes,
but a photograph keeps its expression. See PICTURES.md for whose photographs these are.
"""

from __future__ import annotations

import argparse
import json
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import av
import numpy as np
from numpy.typing import NDArray
from sample_pictures import Image
from sample_scenes import storyboard
from sample_stage import FRAME_RATE, HEIGHT, WIDTH, Shot, even, render

_SOUND_RATE = 44100
_SEEN = 0.5  # the part of a face that has to be seen to be in the truth


def make_sample_film(
    path: Path | str, *, seed: int = 0, height: int = HEIGHT, short: bool = False
) -> dict[str, Any]:
    """Render the sample film and write it, with ``*.truth.json`` beside it.

    Args:
        path: The file to write, an mp4 with H.264 and AAC.
        seed: Settles the grain, the flicker and the trembling of the camera.
        height: Lines of the film, even; its width follows (16 : 9).
        short: A film of 6 shots, 12 seconds and 4 people in place of the whole one.

    Returns:
        The truth as written: video, width, height, fps, frames, shots (name, first frame, last
        frame) and tracks (id, identity, boxes: frame, x1, y1, x2, y2 in pixels): one for each
        person in each shot, with a box in each frame in which half the face or more is seen.

    Raises:
        FileNotFoundError: A package that carries pictures isn't installed.
        ValueError: ``height`` is odd or too small, or a picture isn't the one known here.
    """
    if height % 2 or height < 120:
        raise ValueError(f"height must be an even number from 120 on, not {height}")
    path = Path(path)
    shots = storyboard(short=short)
    frames = sum(shot.frames for shot in shots)
    size = (even(WIDTH * height / HEIGHT), height)
    truth: dict[str, Any] = {
        "video": path.name,
        "width": size[0],
        "height": size[1],
        "fps": float(FRAME_RATE),
        "frames": frames,
        "shots": [],
        "tracks": [],
    }
    _encode(path, size, _play(shots, height, seed, truth), _hum(frames / FRAME_RATE, seed))
    path.with_suffix(".truth.json").write_text(json.dumps(truth), "utf-8")
    return truth


def _play(shots: list[Shot], height: int, seed: int, truth: dict[str, Any]) -> Iterator[Image]:
    """Yield the frames of all shots and note in ``truth`` who is on them."""
    start = 0
    for number, shot in enumerate(shots):
        boxes: dict[str, list[list[float]]] = {}
        for frame, (image, sightings) in enumerate(render(shot, height, [seed, number]), start):
            for face in sightings:
                if face.visible >= _SEEN:
                    row = [frame, *(round(side, 1) for side in face.box)]
                    boxes.setdefault(face.identity, []).append(row)
            yield image
        for identity, rows in boxes.items():
            track = {"id": len(truth["tracks"]), "identity": identity, "boxes": rows}
            truth["tracks"].append(track)
        truth["shots"].append([shot.name, start, start + shot.frames - 1])
        start += shot.frames


def _encode(
    path: Path,
    size: tuple[int, int],
    pictures: Iterator[Image],
    sound: Iterator[NDArray[np.float32]],
) -> None:
    with av.open(str(path), "w") as film:
        video = film.add_stream("libx264", rate=FRAME_RATE)
        video.width, video.height = size
        video.pix_fmt = "yuv420p"
        video.options = {"crf": "26", "preset": "superfast"}
        audio = film.add_stream("aac", rate=_SOUND_RATE, layout="mono")
        for image in pictures:
            film.mux(video.encode(av.VideoFrame.from_ndarray(image, format="rgb24")))
        film.mux(video.encode())
        for number, block in enumerate(sound):
            part = av.AudioFrame.from_ndarray(block[None], format="fltp", layout="mono")
            part.sample_rate, part.pts = _SOUND_RATE, number * block.size
            film.mux(audio.encode(part))
        film.mux(audio.encode())


def _hum(seconds: float, seed: int) -> Iterator[NDArray[np.float32]]:
    """A projector: a low hum and a rustle at each frame, in blocks of 1024 samples."""
    rng = np.random.default_rng(seed)
    for start in range(0, int(seconds * _SOUND_RATE), 1024):
        time = (start + np.arange(1024)) / _SOUND_RATE
        rustle = rng.normal(0, 0.01, 1024) * (0.4 + (time * FRAME_RATE % 1 < 0.3))
        yield (0.02 * np.sin(2 * np.pi * 98 * time) + rustle).astype(np.float32)


def main() -> None:
    """Write the film that the command line names."""
    parser = argparse.ArgumentParser(description="Make castlist's sample film.")
    parser.add_argument("out", type=Path, help="the mp4 to write; its truth goes beside it")
    parser.add_argument("--seed", type=int, default=0, help="grain, flicker, trembling")
    parser.add_argument("--height", type=int, default=HEIGHT, help="lines of the film")
    parser.add_argument("--short", action="store_true", help="12 seconds, 4 people")
    args = parser.parse_args()
    make_sample_film(args.out, seed=args.seed, height=args.height, short=args.short)


if __name__ == "__main__":
    main()
