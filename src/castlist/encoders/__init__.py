"""Trainable face-ID networks: canonical crops in, embeddings out."""

from castlist.encoders.base import Encoder, embed
from castlist.encoders.device import choose_device
from castlist.encoders.registry import load

__all__ = ["Encoder", "choose_device", "embed", "load"]
