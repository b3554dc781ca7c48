"""MobileFaceNet read out of an ONNX file into torch, so that it can be trained further.

The file holds four kinds of operators (Conv, PRelu, Add, Reshape), its batch normalisations
folded into the convolutions. They are carried out in the file's own order; any network of
these four is read, nothing else is.
"""

from __future__ import annotations

from pathlib import Path
from typing import Any

import onnx
import torch
from onnx import helper, numpy_helper
from torch import Tensor, nn

from castlist.encoders.base import Encoder
from castlist.encoders.onnx_file import read_graph
from castlist.errors import ModelError


class MobileFaceNet(Encoder):
    """Chen et al. (2018), 112-pixel BGR chips, (x - 127) / 128.

    Args:
        graph: The network, of ONNX's Conv, PRelu, Add and Reshape (to one row a chip).
        name: Name in the manifest.

    Raises:
        ModelError: An operator, or a use of one, that isn't known here.
    """

    def __init__(self, graph: onnx.GraphProto, name: str = "mobilefacenet") -> None:
        weights = {t.name: numpy_helper.to_array(t) for t in graph.initializer}
        steps: list[tuple[nn.Module | None, list[str], str]] = []
        for node in graph.node:
            inputs = [i for i in node.input if i not in weights]
            arrays = [torch.tensor(weights[i]) for i in node.input if i in weights]
            steps.append((_module(node, arrays), inputs, node.output[0]))
        last = [m for m, _, _ in steps if isinstance(m, nn.Conv2d)][-1:]
        if not last:
            raise ModelError("the ONNX graph holds no convolution")
        super().__init__(name=name, dim=last[0].out_channels, mean=127.0, scale=128.0, bgr=True)
        self.layers = nn.ModuleList(m for m, _, _ in steps if m is not None)
        self._order = [(m is not None, inputs, output) for m, inputs, output in steps]
        self._input, self._output = graph.input[0].name, graph.output[0].name

    def embed_chips(self, chips: Tensor) -> Tensor:
        """Turn normalised chips (B, 3, 112, 112) into (B, dim)."""
        values, layers = {self._input: chips}, iter(self.layers)
        for has_weights, inputs, output in self._order:
            arguments = [values[i] for i in inputs]
            if has_weights:
                values[output] = next(layers)(*arguments)
            elif len(arguments) == 2:
                values[output] = arguments[0] + arguments[1]
            else:
                values[output] = arguments[0].flatten(1)
        return values[self._output]


def load(path: Path, name: str = "mobilefacenet") -> MobileFaceNet:
    """Read the network from an ONNX file.

    Raises:
        ModelError: The file is missing, damaged, or holds something else.
    """
    graph = read_graph(path)
    try:
        return MobileFaceNet(graph, name)
    except ModelError as error:
        raise ModelError(f"{path}: not a MobileFaceNet: {error}") from None


def _module(node: onnx.NodeProto, arrays: list[Tensor]) -> nn.Module | None:
    """Return the layer that a node stands for; None for those without weights."""
    options: dict[str, Any] = {a.name: helper.get_attribute_value(a) for a in node.attribute}
    if node.op_type == "Conv" and len(arrays) == 2:
        return _convolution(arrays[0], arrays[1], options)
    if node.op_type == "PRelu" and len(arrays) == 1:
        relu = nn.PReLU(arrays[0].numel())
        relu.weight.data.copy_(arrays[0].flatten())
        return relu
    is_sum = node.op_type == "Add" and not arrays
    is_flatten = node.op_type == "Reshape" and len(arrays) == 1 and len(arrays[0]) == 2
    if not (is_sum or is_flatten):
        raise ModelError(f"operator {node.op_type} with {len(arrays)} constant inputs")
    return None


def _convolution(weight: Tensor, bias: Tensor, options: dict[str, Any]) -> nn.Conv2d:
    """Return a convolution that pads alike on both sides and doesn't dilate."""
    top, left, bottom, right = options.get("pads", [0, 0, 0, 0])
    if (top, left) != (bottom, right) or set(options.get("dilations", [1])) != {1}:
        raise ModelError("a convolution with uneven padding or dilation")
    groups = options.get("group", 1)
    convolution = nn.Conv2d(
        weight.shape[1] * groups,
        weight.shape[0],
        (weight.shape[2], weight.shape[3]),
        stride=tuple(options.get("strides", [1, 1])),
        padding=(top, left),
        groups=groups,
    )
    convolution.weight.data.copy_(weight)
    convolution.bias.data.copy_(bias)  # type: ignore[union-attr]
    return convolution
