"""dlib's face recognition network, a ResNet of 29 convolutions, read from dlib's own file.

King, "High Quality Face Recognition with Deep Metric Learning" (2017): 150-pixel RGB chips,
128 numbers, trained with a metric loss. dlib itself isn't needed. Its affine layers (the
frozen batch normalisations) are folded into the convolutions: the same function, less work.
"""

from __future__ import annotations

from pathlib import Path

import numpy as np
import torch
from numpy.typing import NDArray
from torch import Tensor, nn
from torch.nn import functional

from castlist.encoders.base import Encoder
from castlist.encoders.dlib_file import read_layers
from castlist.errors import ModelError

# Mean face shape by which dlib cuts its chips (get_face_chip_details in its
# image_transforms/interpolation.h), as fractions of the face: centres of the eyes' outlines,
# tip of the nose, corners of the mouth. The chip adds a quarter of the face on each side.
_MEAN_SHAPE = np.array(
    [
        [0.225492, 0.215990],
        [0.754761, 0.215990],
        [0.490127, 0.515625],
        [0.254149, 0.780233],
        [0.726104, 0.780233],
    ]
)
_PADDING = 0.25
_SIZE = 150
TEMPLATE: NDArray[np.float64] = (_MEAN_SHAPE + _PADDING) / (1 + 2 * _PADDING) * _SIZE

# Channels and stride of the two-convolution blocks, in order.
_BLOCKS = [(32, 1)] * 3 + [(64, 2)] + [(64, 1)] * 3
_BLOCKS += [(128, 2)] + [(128, 1)] * 2 + [(256, 2)] + [(256, 1)] * 2 + [(256, 2)]


class DlibResNet(Encoder):
    """dlib's network with random weights; `load` reads dlib's."""

    def __init__(self, name: str = "dlib-resnet29") -> None:
        super().__init__(
            name=name,
            dim=128,
            size=_SIZE,
            template=TEMPLATE,
            mean=(122.782, 117.001, 104.298),
            scale=256.0,
        )
        self.stem = nn.Conv2d(3, 32, 7, stride=2)
        channels = [32] + [c for c, _ in _BLOCKS]
        self.blocks = nn.Sequential(
            *(_Block(before, c, s) for before, (c, s) in zip(channels, _BLOCKS, strict=False))
        )
        self.head = nn.Linear(256, 128, bias=False)

    def embed_chips(self, chips: Tensor) -> Tensor:
        """Turn normalised chips (B, 3, 150, 150) into (B, 128)."""
        x = functional.max_pool2d(functional.relu(self.stem(chips)), 3, stride=2)
        x = self.blocks(x).mean(dim=(2, 3))
        return torch.as_tensor(self.head(x))


class _Block(nn.Module):
    """Two convolutions and a way around them, which halves the picture where they do."""

    def __init__(self, before: int, after: int, stride: int) -> None:
        super().__init__()
        self.stride = stride
        # dlib pads only where the stride is 1
        self.conv1 = nn.Conv2d(before, after, 3, stride=stride, padding=1 if stride == 1 else 0)
        self.conv2 = nn.Conv2d(after, after, 3, padding=1)

    def forward(self, x: Tensor) -> Tensor:
        y = self.conv2(functional.relu(self.conv1(x)))
        if self.stride == 2:
            x = functional.avg_pool2d(x, 2)
        if x.shape != y.shape:  # dlib adds what overlaps: the smaller is continued with zeros
            (c, h, w), (d, i, j) = x.shape[1:], y.shape[1:]
            x = functional.pad(x, (0, max(j - w, 0), 0, max(i - h, 0), 0, max(d - c, 0)))
            y = functional.pad(y, (0, max(w - j, 0), 0, max(h - i, 0)))
        return functional.relu(x + y)


def load(path: Path, name: str = "dlib-resnet29") -> DlibResNet:
    """Read ``dlib_face_recognition_resnet_model_v1.dat``.

    Raises:
        ModelError: The file is missing, damaged, or holds another network.
    """
    try:
        layers = [layer for layer in read_layers(path.read_bytes()) if layer.tensors]
    except OSError as error:
        raise ModelError(f"{path}: can't be read: {error.strerror}") from error
    except ValueError as error:
        raise ModelError(
            f"{path}: damaged, or not dlib's face recognition model: {error}"
        ) from None
    encoder = DlibResNet(name)
    convolutions = [m for m in encoder.modules() if isinstance(m, nn.Conv2d)]
    kinds = [layer.kind for layer in layers]
    shapes = [layer.tensors[0].shape for layer in layers]
    if kinds != ["con_4", "affine_"] * len(convolutions) + ["fc_2"] or shapes[:-1:2] != [
        tuple(convolution.weight.shape) for convolution in convolutions
    ]:
        raise ModelError(f"{path}: a network of dlib's, but not its face recognition model")
    with torch.no_grad():
        for convolution, learned, affine in zip(
            convolutions, layers[:-1:2], layers[1:-1:2], strict=True
        ):
            assert convolution.bias is not None
            (weight, bias), (factor, offset) = learned.tensors, affine.tensors
            convolution.weight.copy_(torch.from_numpy(weight * factor[:, None, None, None]))
            convolution.bias.copy_(torch.from_numpy(bias * factor + offset))
        encoder.head.weight.copy_(torch.from_numpy(layers[-1].tensors[0].T))
    return encoder
