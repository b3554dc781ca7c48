"""The improved residual networks of ArcFace and AdaFace, under insightface's names of tensors.

Deng et al. (2019), Kim et al. (2022): 112-pixel chips, 512 numbers. The weights are the user's.
"""

from __future__ import annotations

import re
from pathlib import Path

import torch
from torch import Tensor, nn

from castlist.encoders.base import Encoder
from castlist.encoders.weights import fill, read_state

BLOCKS = {18: (2, 2, 2, 2), 34: (3, 4, 6, 3), 50: (3, 4, 14, 3), 100: (3, 13, 30, 3)}
"""Residual blocks in each of the four layers, by the network's published depth."""


class IResNet(Encoder):
    """An IResNet with random weights.

    Args:
        depth: 18, 34, 50 or 100.
        adaface: Build AdaFace's variant: it sees BGR, and where a layer halves the picture
            without widening it, the way around takes every other pixel and learns nothing.
        name: Name in the manifest.
    """

    def __init__(self, depth: int, *, adaface: bool = False, name: str = "iresnet") -> None:
        super().__init__(name=name, dim=512, bgr=adaface)
        self.conv1 = nn.Conv2d(3, 64, 3, padding=1, bias=False)
        self.bn1 = nn.BatchNorm2d(64)
        self.prelu = nn.PReLU(64)
        widths = (64, 64, 128, 256, 512)
        self.layer1, self.layer2, self.layer3, self.layer4 = (
            nn.Sequential(
                _Block(before, after, 2, adaface),
                *(_Block(after, after, 1, adaface) for _ in range(count - 1)),
            )
            for before, after, count in zip(widths, widths[1:], BLOCKS[depth], strict=False)
        )
        self.bn2 = nn.BatchNorm2d(512)
        self.fc = nn.Linear(512 * 7 * 7, 512)
        self.features = nn.BatchNorm1d(512)
        self.train(self.training)  # batch normalisation is frozen from the start

    def embed_chips(self, chips: Tensor) -> Tensor:
        """Turn normalised chips (B, 3, 112, 112) into (B, 512)."""
        x = self.prelu(self.bn1(self.conv1(chips)))
        x = self.layer4(self.layer3(self.layer2(self.layer1(x))))
        return torch.as_tensor(self.features(self.fc(self.bn2(x).flatten(1))))


class _Block(nn.Module):
    def __init__(self, before: int, after: int, stride: int, adaface: bool) -> None:
        super().__init__()
        self.bn1 = nn.BatchNorm2d(before)
        self.conv1 = nn.Conv2d(before, after, 3, padding=1, bias=False)
        self.bn2 = nn.BatchNorm2d(after)
        self.prelu = nn.PReLU(after)
        self.conv2 = nn.Conv2d(after, after, 3, stride=stride, padding=1, bias=False)
        self.bn3 = nn.BatchNorm2d(after)
        self.downsample: nn.Module = nn.Identity()
        if stride == 2 and before == after and adaface:
            self.downsample = nn.MaxPool2d(1, stride)
        elif stride == 2:
            self.downsample = nn.Sequential(
                nn.Conv2d(before, after, 1, stride=stride, bias=False), nn.BatchNorm2d(after)
            )

    def forward(self, x: Tensor) -> Tensor:
        y = self.prelu(self.bn2(self.conv1(self.bn1(x))))
        return torch.as_tensor(self.bn3(self.conv2(y)) + self.downsample(x))


def load(path: Path, depth: int, *, adaface: bool = False, name: str = "iresnet") -> IResNet:
    """Read the network's state dict.

    Raises:
        ModelError: The file is missing, damaged, or holds another network.
    """
    encoder = IResNet(depth, adaface=adaface, name=name)
    state = read_state(path)
    fill(encoder, from_adaface(state, depth) if adaface else state, path)
    return encoder


# Names of AdaFace's tensors, by their place in its sequences, and insightface's for the same.
_STEM = {"0": "conv1", "1": "bn1", "2": "prelu"}
_RESIDUAL = {"0": "bn1", "1": "conv1", "2": "bn2", "3": "prelu", "4": "conv2", "5": "bn3"}
_OUTPUT = {"0": "bn2", "3": "fc", "4": "features"}


def from_adaface(state: dict[str, Tensor], depth: int) -> dict[str, Tensor]:
    """Give the tensors of AdaFace's networks insightface's names.

    The head of the training, if it is among them, is left out. The last normalisation has no
    factor and offset there; here they are one and zero.
    """
    blocks = [f"layer{i + 1}.{k}" for i, count in enumerate(BLOCKS[depth]) for k in range(count)]
    renamed: dict[str, Tensor] = {}
    for key, value in state.items():
        if match := re.fullmatch(r"body\.(\d+)\.(res|shortcut)_layer\.(\d+)\.(\w+)", key):
            block, part, place, tensor = match.groups()
            inner = _RESIDUAL.get(place) if part == "res" else f"downsample.{place}"
            if int(block) < len(blocks):
                renamed[f"{blocks[int(block)]}.{inner}.{tensor}"] = value
        elif match := re.fullmatch(r"(input|output)_layer\.(\d+)\.(\w+)", key):
            part, place, tensor = match.groups()
            renamed[f"{(_STEM if part == 'input' else _OUTPUT).get(place)}.{tensor}"] = value
    renamed.setdefault("features.weight", torch.ones(512))
    renamed.setdefault("features.bias", torch.zeros(512))
    return renamed
