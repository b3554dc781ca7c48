"""Opens a network stored as ONNX. The package onnx is optional and imported only here."""

from __future__ import annotations

from pathlib import Path
from typing import TYPE_CHECKING

from castlist.errors import MissingExtraError, ModelError

if TYPE_CHECKING:
    import onnx


def read_graph(path: Path) -> onnx.GraphProto:
    """Read an ONNX file's graph.

    Raises:
        MissingExtraError: The package onnx isn't installed.
        ModelError: The file is missing or damaged.
    """
    try:
        import onnx
        from google.protobuf.message import DecodeError  # type: ignore[import-untyped]
    except ImportError as error:
        raise MissingExtraError("onnx", "reading an encoder stored as ONNX") from error
    try:
        return onnx.load(path).graph
    except OSError as error:
        raise ModelError(f"{path}: can't be read: {error.strerror}") from error
    except DecodeError as error:
        raise ModelError(f"{path}: damaged, or not an ONNX file: {error}") from None
