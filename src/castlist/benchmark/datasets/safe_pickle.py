"""Pickles read safely: arrays, dictionaries, lists, texts and numbers, and nothing else.

A pickle is a program, which can call whatever it names. Here it may name the few things that
arrays and bytes are made with, and each is replaced by one of ours that does no more than it must.
"""

from __future__ import annotations

import pickle
from collections.abc import Callable
from pathlib import Path
from typing import Any

import numpy as np
from numpy.typing import NDArray

from castlist.errors import CastlistError

_ARRAY = object()  # stands for the type; a pickle can't call it


def load(path: Path) -> Any:
    """Read a pickle, also one of Python 2.

    Raises:
        CastlistError: It names anything else, is damaged or can't be read.
    """
    try:
        with path.open("rb") as file:
            return _Unpickler(file, encoding="latin1").load()
    except _RefusedError as error:
        raise CastlistError(f"{path}: refused: {error}, which data has no need of") from error
    except OSError as error:
        raise CastlistError(f"{path}: can't be read ({error.strerror})") from error
    except Exception as error:  # whatever a damaged one leads to
        raise CastlistError(f"{path}: not a pickle, or a damaged one: {error!r}") from error


class _RefusedError(pickle.UnpicklingError):
    """It names what it may not."""


def _reconstruct(kind: object, shape: tuple[int, ...], code: object) -> NDArray[Any]:
    """Make the empty array that a pickled one is filled into."""
    if kind is not _ARRAY or tuple(shape) != (0,):
        raise _RefusedError("it makes an array of a kind of its own")
    return np.zeros(0, np.int8)


def _scalar(dtype: np.dtype[Any], data: bytes | str) -> Any:
    """Make one number."""
    raw = data.encode("latin1") if isinstance(data, str) else data
    return np.frombuffer(raw, dtype, count=1)[0]  # refuses types that hold objects


def _frombuffer(data: bytes, dtype: np.dtype[Any], shape: tuple[int, ...], order: str) -> Any:
    """Make an array of its bytes."""
    return np.frombuffer(data, dtype).reshape(shape, order="F" if order == "F" else "C")


def _dtype(code: str, *_: object) -> np.dtype[Any]:
    """Make the type of an array's elements, by its name."""
    if not isinstance(code, str):
        raise _RefusedError("it makes an array of a type of its own")
    return np.dtype(code)


def _encode(text: str, encoding: str = "utf-8") -> bytes:
    """Make bytes of a text, as older pickles hold them."""
    if encoding not in ("latin1", "latin-1", "utf-8"):
        raise _RefusedError(f"it encodes as {encoding}")
    return text.encode(encoding)


def _no_bytes() -> bytes:
    """Make none, as older pickles do it."""
    return b""


_ALLOWED: dict[tuple[str, str], object] = {
    ("__builtin__", "bytes"): _no_bytes,
    ("numpy", "ndarray"): _ARRAY,
    ("numpy", "dtype"): _dtype,
    ("_codecs", "encode"): _encode,
}
for _core in ("numpy.core", "numpy._core"):
    _parts: dict[tuple[str, str], Callable[..., Any]] = {
        ("multiarray", "_reconstruct"): _reconstruct,
        ("multiarray", "scalar"): _scalar,
        ("numeric", "_frombuffer"): _frombuffer,
    }
    _ALLOWED |= {(f"{_core}.{module}", name): made for (module, name), made in _parts.items()}


class _Unpickler(pickle.Unpickler):
    def find_class(self, module: str, name: str) -> Any:
        """Return the one of ours that takes its place."""
        try:
            return _ALLOWED[module, name]
        except KeyError:
            raise _RefusedError(f"it names {module}.{name}") from None
