"""Peak memory of a whole `castlist run` on a film of two hours against one of ten minutes.

Both films are one clip repeated, its packets copied with new times (nothing is encoded anew).

    python benchmarks/memory.py CLIP [--minutes 10 120]
"""

from __future__ import annotations

import argparse
import json
import subprocess
import sys
import tempfile
import time
from pathlib import Path

import av

RUN = """
import json, resource, sys
import castlist
cast = castlist.run(sys.argv[1], out=sys.argv[2])
print(json.dumps({
    "peak": resource.getrusage(resource.RUSAGE_SELF).ru_maxrss / 1024,
    "frames": cast.film["frames"], "tracks": len(cast.tracks),
    "characters": len(cast.characters), "timings": cast.timings,
}))
"""


def repeat(clip: Path, target: Path, minutes: float) -> None:
    """Write the clip's pictures over and over until they last so long."""
    with av.open(str(target), "w") as out:
        stream, offset = None, 0
        while stream is None or offset * stream.time_base < minutes * 60:
            with av.open(str(clip)) as source:
                pictures = source.streams.video[0]
                if stream is None:
                    stream = out.add_stream_from_template(pictures)
                    stream.time_base = pictures.time_base
                end = 0
                for packet in source.demux(pictures):
                    if packet.dts is None:
                        continue
                    end = max(end, packet.pts + (packet.duration or 1))
                    packet.pts, packet.dts = packet.pts + offset, packet.dts + offset
                    packet.stream = stream
                    out.mux(packet)
                offset += end


def main() -> None:
    """Measure each length and print a line for it."""
    parser = argparse.ArgumentParser(description=__doc__.split("\n")[0])
    parser.add_argument("clip", type=Path)
    parser.add_argument("--minutes", type=float, nargs="+", default=[10, 120])
    arguments = parser.parse_args()
    print("minutes   frames  tracks  characters  peak MB  of the first  seconds", flush=True)
    first = None
    for minutes in arguments.minutes:
        with tempfile.TemporaryDirectory() as folder:
            film = Path(folder) / f"film{arguments.clip.suffix}"
            repeat(arguments.clip, film, minutes)
            start = time.perf_counter()
            done = subprocess.run(
                [sys.executable, "-c", RUN, str(film), str(Path(folder) / "work")],
                check=True,
                capture_output=True,
                text=True,
            )
            seconds = time.perf_counter() - start
        result = json.loads(done.stdout.splitlines()[-1])
        first = first or result["peak"]
        print(
            f"{minutes:7.0f} {result['frames']:8d} {result['tracks']:7d} "
            f"{result['characters']:11d} {result['peak']:8.0f} {result['peak'] / first:13.2f} "
            f"{seconds:8.0f}",
            flush=True,
        )


if __name__ == "__main__":
    main()
