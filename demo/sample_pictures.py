"""The photographs of the sample film: whose they are, in which package, and where the face is.

Nothing is downloaded here: they lie in packages that the extra ``demo`` installs, and are found
without importing those. Their licences are in PICTURES.md.
"""

from __future__ import annotations

import hashlib
from dataclasses import dataclass
from importlib import metadata
from pathlib import Path

import cv2
import numpy as np
from numpy.typing import NDArray

Image = NDArray[np.uint8]
"""RGB, shape (height, width, 3)."""

Box = tuple[float, float, float, float]
"""x1, y1, x2, y2 in pixels."""

_YEARBOOK = "pyvision/data/csuScrapShots/{}.pgm"
_ENLARGED = 2  # the yearbook's photographs are 200 pixels wide


@dataclass(frozen=True)
class _Source:
    """Where a picture lies, how its sha256 begins and, if it shows one, its face.

    The faces were found once by CenterFace (the yearbook's on pictures enlarged 1.5 times).
    """

    distribution: str
    member: str
    sha256: str
    face: Box = (0, 0, 0, 0)
    identity: str = ""


def _yearbook(identity: str, number: str, sha256: str, face: Box) -> _Source:
    return _Source("pyvision-toolkit", _YEARBOOK.format(number), sha256, face, identity)


_SOURCES = {
    "clara bob": _yearbook("clara", "00012ad", "53eeb36b3f13a757", (36.5, 54.5, 155.8, 195.6)),
    "clara smile": _yearbook("clara", "00012ae", "816f844ea9260d73", (47.5, 61.0, 155.3, 194.7)),
    "clara dark": _yearbook("clara", "00012af", "e28cd9c6d5ed2028", (36.3, 46.6, 156.0, 189.9)),
    "clara soft": _yearbook("clara", "00012ab", "6cfef982ea47b0c5", (39.6, 58.4, 147.7, 190.1)),
    "edith dark": _yearbook("edith", "00009ab", "659554437c4028b9", (32.5, 60.9, 165.0, 227.5)),
    "edith tilt": _yearbook("edith", "00009ac", "267e5357337bd34a", (36.1, 47.2, 171.4, 220.9)),
    "edith beads": _yearbook("edith", "00009ad", "6d4915b088e3a8b0", (32.6, 58.4, 154.8, 212.8)),
    "edith cap": _yearbook("edith", "00009af", "bf314f557d69c251", (50.1, 80.1, 172.8, 233.2)),
    "mabel grey": _yearbook("mabel", "00013ab", "c8696b94aaaf3ec0", (42.0, 61.6, 165.4, 223.3)),
    "mabel light": _yearbook("mabel", "00013ad", "9efe4e073e37910b", (44.8, 44.1, 157.8, 190.6)),
    "mabel left": _yearbook("mabel", "00013ae", "9ab8a88cc568a043", (47.1, 45.7, 165.7, 204.4)),
    "mabel right": _yearbook("mabel", "00013af", "eac00b1a1ab33662", (46.8, 53.5, 171.0, 210.9)),
    "henry stern": _yearbook("henry", "00014ac", "0ceed947ec1b3db8", (29.2, 77.3, 173.2, 263.1)),
    "henry light": _yearbook("henry", "00014ad", "dd71aa3cfd1ab197", (21.0, 65.2, 161.3, 245.3)),
    "henry small": _yearbook("henry", "00014ag", "135760ef1e864df6", (37.5, 84.8, 175.2, 258.6)),
    "henry frank": _yearbook("henry", "00014ah", "c158d4b5d4bae297", (38.8, 69.2, 184.1, 257.0)),
    "walter grey": _yearbook("walter", "00026ab", "038378ac904bb84a", (36.5, 68.3, 181.3, 246.9)),
    "walter dark": _yearbook("walter", "00026ac", "677491360762e0fe", (18.5, 73.3, 163.7, 253.9)),
    "walter light": _yearbook("walter", "00026ad", "25bc4b7ab22c0813", (32.9, 65.7, 174.5, 243.5)),
    "walter turned": _yearbook("walter", "00026ae", "1f00e5ff7eca8241", (19.8, 71.4, 162.6, 254.2)),
    "frank wide": _yearbook("frank", "00003aa", "5ab2156d709685ed", (25.5, 67.3, 166.7, 242.6)),
    "frank turned": _yearbook("frank", "00003af", "350f52f3eeb69863", (36.1, 80.9, 171.6, 245.2)),
    "frank light": _yearbook("frank", "00003ag", "d6f3305b9f6abc8f", (33.3, 67.2, 174.0, 231.7)),
    "frank cap": _yearbook("frank", "00003ad", "dc4e5a471ab8b07f", (28.9, 81.0, 158.2, 243.2)),
    "grace": _Source(
        "textual-image",
        "textual_image/gracehopper.jpg",
        "e1f57e98cf38076c",
        (178.3, 125.7, 357.8, 340.6),
        "grace hopper",
    ),
    "eileen": _Source(
        "scikit-image",
        "skimage/data/astronaut.png",
        "88431cd9653ccd53",
        (181.6, 58.2, 269.9, 177.8),
        "eileen collins",
    ),
    "garden": _Source("pyvision-toolkit", "pyvision/data/misc/p5240019.jpg", "3b581ab119735003"),
    "rocket": _Source("scikit-image", "skimage/data/rocket.jpg", "c2dd0de7c538df8d"),
    "coffee": _Source("scikit-image", "skimage/data/coffee.png", "cc02f8ca188b167c"),
}


@dataclass(frozen=True)
class Picture:
    """A photograph, ready to be filmed.

    Attributes:
        image: RGB.
        identity: Who is on it; empty where nobody is.
        face: Their face, in pixels of ``image``.
    """

    image: Image
    identity: str
    face: Box


def portraits() -> list[str]:
    """Return the names of the pictures that show somebody."""
    return [name for name, source in _SOURCES.items() if source.identity]


def picture(name: str) -> Picture:
    """Read one of the pictures.

    Raises:
        FileNotFoundError: The package that carries it isn't installed, or lacks the file.
        ValueError: The file isn't the one whose face was measured.
    """
    source = _SOURCES[name]
    data = _path(source).read_bytes()
    if not hashlib.sha256(data).hexdigest().startswith(source.sha256):
        raise ValueError(f"{source.member} of {source.distribution} isn't the picture known here")
    image = np.asarray(cv2.imdecode(np.frombuffer(data, np.uint8), cv2.IMREAD_COLOR_RGB), np.uint8)
    if source.distribution != "pyvision-toolkit" or not source.identity:
        return Picture(image, source.identity, source.face)
    x1, y1, x2, y2 = (_ENLARGED * side for side in source.face)
    return Picture(_without_screen(image), source.identity, (x1, y1, x2, y2))


def _path(source: _Source) -> Path:
    try:
        path = Path(str(metadata.distribution(source.distribution).locate_file(source.member)))
    except metadata.PackageNotFoundError:
        path = Path()
    if not path.is_file():
        raise FileNotFoundError(
            f"{source.member} of the package {source.distribution} is missing: "
            "install castlist with its extra 'demo'"
        )
    return path


def _without_screen(image: Image) -> Image:
    """Enlarge a photograph from a printed page and soften the dots that it was printed with."""
    large = cv2.resize(image, None, fx=_ENLARGED, fy=_ENLARGED, interpolation=cv2.INTER_LANCZOS4)
    smooth = cv2.bilateralFilter(cv2.GaussianBlur(large, (0, 0), 1.2), 9, 24, 4)
    sharp = cv2.addWeighted(smooth, 1.6, cv2.GaussianBlur(smooth, (0, 0), 3), -0.6, 0)
    return sharp.astype(np.uint8)
