"""Trainable face-ID networks: canonical crops in, embeddings out."""

from castlist.encoders.base import WEAK, CropSource, Encoder, embed, unit
from castlist.encoders.device import choose_device
from castlist.encoders.registry import fingerprint, load

__all__ = ["WEAK", "CropSource", "Encoder", "choose_device", "embed", "fingerprint", "load", "unit"]
