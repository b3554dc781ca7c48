"""Which networks there are: the packaged ``models.toml``, and the user's own beside their files.

Where the files are, and what is in them, isn't known here.
"""

from __future__ import annotations

import os
import sys
import tomllib
from dataclasses import dataclass
from functools import cache
from pathlib import Path

from castlist.errors import ModelError

DEPTHS = (18, 34, 50, 100)
KINDS = (
    *(f"{network}-{depth}" for network in ("iresnet", "adaface") for depth in DEPTHS),
    *("vit-t", "vit-s", "vit-b"),
)
"""What an own network can be: those of which any state dict is read."""


@dataclass(frozen=True, kw_only=True)
class Model:
    """A network of the manifest, ``models.toml``, which explains the fields.

    Attributes:
        name: What users call it.
        role: "detector" or "encoder".
        kind: Which code reads it.
        source: Where its file comes from.
        sha256: Of the file; empty where any file of the kind will do.
        size: Bytes; 0 where not known.
        commercial: Whether the weights may be used commercially: "yes", "no" or "not stated".
        licence: Of the weights, in plain words.
        dim: Length of an embedding; 0 for a detector.
        input: What the network sees, in plain words.
        note: What it is.
        same: Cosine from which two tracks are taken for one person: the network's own operating
            point. The default suits networks trained with an angular margin.
        different: Cosine below which two tracks are hardly one person.
        strangers: Mean and standard deviation of the cosines between tracks of two people; None
            where they weren't measured, see `castlist.models.strangers`.
    """

    name: str
    role: str
    kind: str
    source: str
    sha256: str
    size: int
    commercial: str
    licence: str
    dim: int
    input: str
    note: str
    same: float = 0.4
    different: float = 0.15
    strangers: tuple[float, float] | None = None


def folder() -> Path:
    """Return the folder of fetched models: $CASTLIST_MODELS, else the user's data folder."""
    if chosen := os.environ.get("CASTLIST_MODELS"):
        return Path(chosen).expanduser()
    if sys.platform == "win32":
        data = Path(os.environ.get("LOCALAPPDATA") or Path.home() / "AppData" / "Local")
    elif sys.platform == "darwin":
        data = Path.home() / "Library" / "Application Support"
    else:
        data = Path(os.environ.get("XDG_DATA_HOME") or Path.home() / ".local" / "share")
    return data / "castlist" / "models"


def manifest() -> dict[str, Model]:
    """Return all networks by name: castlist's in the manifest's order, then the user's own.

    Raises:
        ModelError: The user's own manifest, ``models.toml`` in `folder`, can't be understood.
    """
    return _all(folder() / "models.toml")


@cache
def _all(own: Path) -> dict[str, Model]:
    text = Path(__file__).with_name("models.toml").read_text("utf-8")
    known = {name: Model(name=name, **fields) for name, fields in tomllib.loads(text).items()}
    try:
        told = tomllib.loads(own.read_text("utf-8"))
    except FileNotFoundError:
        return known
    except (OSError, ValueError) as error:
        raise ModelError(f"{own}: can't be read ({error}); mend it, or take it away") from error
    for name, fields in told.items():
        try:
            if name in known:
                raise ValueError("castlist has a model of that name; choose another")
            known[name] = _own(name, fields)
        except ValueError as error:
            raise ModelError(f"{own}: {name}: {error}") from error
    return known


_CHOICES: dict[str, tuple[object, ...]] = {
    "role": ("encoder",),
    "kind": KINDS,
    "source": ("own",),
    "size": (0,),
    "commercial": ("not stated", "yes", "no"),
    "dim": (512,),
}
_TEXTS = {"licence": "", "input": "what its kind sees", "note": "", "sha256": ""}
_NUMBERS = ("same", "different")


def _own(name: str, told: object) -> Model:
    """Make a network of what the user says of it; what must be given is its kind and licence.

    Raises:
        ValueError: That is missing, or something isn't known or can't be.
    """
    if not isinstance(told, dict) or not {"kind", "licence"} <= told.keys():
        raise ValueError("needs a kind and a licence")
    for field, value in told.items():
        if field in _CHOICES:
            fits = value in _CHOICES[field]
        elif field in _TEXTS:
            fits = isinstance(value, str)
        elif field in _NUMBERS:
            fits = _number(value)
        elif field == "strangers":
            fits = isinstance(value, list) and len(value) == 2 and all(map(_number, value))
        else:
            raise ValueError(f"has a field {field}, which isn't known")
        if not fits:
            choices = ", ".join(map(str, _CHOICES.get(field, ())))
            raise ValueError(f"{field} can't be {value!r}" + (choices and f", but {choices}"))
    usual = {field: choices[0] for field, choices in _CHOICES.items()}
    return Model(name=name, **{**usual, **_TEXTS, **told})


def _number(value: object) -> bool:
    return isinstance(value, int | float)
