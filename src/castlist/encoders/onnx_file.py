"""Opens a network stored as ONNX; what is made of it is for the encoders to say."""

from __future__ import annotations

from pathlib import Path

import onnx
from google.protobuf.message import DecodeError  # type: ignore[import-untyped]

from castlist.errors import ModelError


def read_graph(path: Path) -> onnx.GraphProto:
    """Read an ONNX file's graph.

    Raises:
        ModelError: The file is missing or damaged.
    """
    try:
        return onnx.load(path).graph
    except OSError as error:
        raise ModelError(f"{path}: can't be read: {error.strerror}") from error
    except DecodeError as error:
        raise ModelError(f"{path}: damaged, or not an ONNX file: {error}") from None
