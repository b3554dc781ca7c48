"""SFace, a MobileNet of 27 convolutions, read from OpenCV Zoo's block-quantised ONNX file.

Zhong et al., "SFace: Sigmoid-Constrained Hypersphere Loss for Robust Face Recognition" (2021):
112-pixel BGR chips, 128 numbers. The file holds its weights as bytes with a scale a block; they
are made floating-point numbers again, and the batch normalisations are folded into the layers
before them: the same function, less work, and nothing that would have to be frozen.
"""

from __future__ import annotations

from collections.abc import Mapping
from pathlib import Path

import numpy as np
import torch
from numpy.typing import NDArray
from onnx import numpy_helper
from torch import Tensor, nn
from torch.nn.utils.fusion import fuse_conv_bn_weights, fuse_linear_bn_weights

from castlist.encoders.base import Encoder
from castlist.encoders.onnx_file import read_graph
from castlist.errors import ModelError

# Channels and stride of the separable convolutions 2 to 14, in order; convolution 1 makes 32.
_LAYERS = [(64, 1), (128, 2), (128, 1), (256, 2), (256, 1), (512, 2)]
_LAYERS += [(512, 1)] * 5 + [(1024, 2), (1024, 1)]
_ADAPTED = ("conv_13_dw", "conv_13", "conv_14_dw", "conv_14")
_BLOCK = 64  # weights of a row that share a scale
_EPSILON, _LAST_EPSILON = 1e-3, 2e-5  # of the batch normalisations: inside, and of the last two

Arrays = Mapping[str, NDArray[np.generic]]


class SFace(Encoder):
    """SFace with random weights; `load` reads OpenCV's."""

    def __init__(self, name: str = "sface") -> None:
        super().__init__(name=name, dim=128, mean=127.5, scale=128.0, bgr=True)
        before = [32] + [channels for channels, _ in _LAYERS]
        layers = [("conv_1", _Layer(3, 32))]
        for n, (b, (c, stride)) in enumerate(zip(before, _LAYERS, strict=False), start=2):
            layers.append((f"conv_{n}_dw", _Layer(b, b, stride, groups=b)))
            layers.append((f"conv_{n}", _Layer(b, c, size=1)))
        self.layers = nn.ModuleDict(dict(layers))
        self.head = nn.Linear(1024 * 7 * 7, 128)

    def lower(self, crops: Tensor) -> Tensor:
        """Compute all but the last two separable convolutions and the head: (B, 512, 14, 14)."""
        return self._through(super().lower(crops), adapted=False)

    def upper(self, features: Tensor) -> Tensor:
        """Compute the rest: (B, 128)."""
        return torch.as_tensor(self.head(self._through(features, adapted=True).flatten(1)))

    def upper_parameters(self) -> list[nn.Parameter]:
        """Return the parameters of the last two separable convolutions and of the head."""
        layers = [layer for name, layer in self.layers.items() if name in _ADAPTED]
        return [p for module in (*layers, self.head) for p in module.parameters()]

    def embed_chips(self, chips: Tensor) -> Tensor:
        """Turn normalised chips (B, 3, 112, 112) into (B, 128)."""
        return self.upper(self._through(chips, adapted=False))

    def _through(self, x: Tensor, *, adapted: bool) -> Tensor:
        for name, layer in self.layers.items():
            if (name in _ADAPTED) == adapted:
                x = layer(x)
        return x


class _Layer(nn.Module):
    """A convolution and its PReLU."""

    def __init__(
        self, before: int, after: int, stride: int = 1, *, size: int = 3, groups: int = 1
    ) -> None:
        super().__init__()
        self.convolution = nn.Conv2d(before, after, size, stride, padding=size // 2, groups=groups)
        self.relu = nn.PReLU(after)

    def forward(self, x: Tensor) -> Tensor:
        return torch.as_tensor(self.relu(self.convolution(x)))


def load(path: Path, name: str = "sface") -> SFace:
    """Read the network from OpenCV Zoo's file, `face_recognition_sface_2021dec_int8bq.onnx`.

    Raises:
        ModelError: The file is missing, damaged, or holds something else.
    """
    arrays = {t.name: numpy_helper.to_array(t) for t in read_graph(path).initializer}
    encoder = SFace(name)
    try:
        _fill(encoder, arrays)
    except (KeyError, ValueError, RuntimeError) as error:
        raise ModelError(f"{path}: not SFace as OpenCV Zoo quantised it: {error}") from None
    return encoder


def _fill(encoder: SFace, arrays: Arrays) -> None:
    """Put the file's weights into the network, batch normalisations folded in."""
    for name, layer in encoder.layers.items():
        assert isinstance(layer, _Layer)
        convolution = layer.convolution
        weight, bias = fuse_conv_bn_weights(
            _weights(arrays, f"{name}_conv2d_weight").reshape(convolution.weight.shape),
            None,
            *_normalisation(arrays, f"{name}_batchnorm", _EPSILON),
        )
        convolution.load_state_dict({"weight": weight, "bias": bias})
        layer.relu.load_state_dict({"weight": _tensor(arrays, f"{name}_relu_gamma").flatten()})
    matrix, offset = _weights(arrays, "pre_fc1_weight"), _weights(arrays, "pre_fc1_bias")
    # The normalisation before the flattening: x -> a x + b, for each of 1,024 channels of 7 x 7
    mean, variance, epsilon, gamma, beta = _normalisation(arrays, "bn1", _LAST_EPSILON)
    a = gamma / (variance + epsilon).sqrt()
    a, b = (v.repeat_interleave(7 * 7) for v in (a, beta - a * mean))
    head_weight, head_bias = fuse_linear_bn_weights(
        matrix * a, offset + matrix @ b, *_normalisation(arrays, "fc1", _LAST_EPSILON)
    )
    encoder.head.load_state_dict({"weight": head_weight, "bias": head_bias})


def _normalisation(
    arrays: Arrays, name: str, epsilon: float
) -> tuple[Tensor, Tensor, float, Tensor, Tensor]:
    mean, variance, gamma, beta = (
        _tensor(arrays, f"{name}_{part}") for part in ("moving_mean", "moving_var", "gamma", "beta")
    )
    return mean, variance, epsilon, gamma, beta


def _weights(arrays: Arrays, name: str) -> Tensor:
    """Return floating-point weights: each block of a row is (bytes - zero point) * scale."""
    quantised, scale, zero = (
        _tensor(arrays, f"{name}_{part}") for part in ("quantized", "scales", "zero_point")
    )
    length = quantised.shape[-1]
    block = _BLOCK if scale.shape[-1] > 1 else length
    scale, zero = (v.repeat_interleave(block, dim=-1)[..., :length] for v in (scale, zero))
    return (quantised - zero) * scale


def _tensor(arrays: Arrays, name: str) -> Tensor:
    return torch.from_numpy(arrays[name].astype(np.float32))
