"""Reads the layers out of a network that dlib has serialised. Knows the format, not the network.

The format, from dlib's headers (serialize.h, float_details.h, dnn/layers.h, dnn/core.h; Boost
licence): integers are a byte that holds their length and sign, then that many bytes, lowest
first; floats are two such integers, mantissa and power of two; text is its length and its
bytes; a tensor is the version 2, four sizes, and 4-byte floats. A network nests: the versions
of all layers come first, from the loss inwards, then the input, then each layer from the input
out, followed by three flags and three tensors that are empty in a cleaned network.
"""

from __future__ import annotations

import math
from typing import NamedTuple

import numpy as np
from numpy.typing import NDArray

Floats = NDArray[np.float32]


class Layer(NamedTuple):
    """One layer: its name in the file, such as "con_4", and what it learned."""

    kind: str
    tensors: tuple[Floats, ...]


def read_layers(data: bytes) -> list[Layer]:
    """Return the layers of a network with an RGB input, from the input to the last.

    Convolutions hold a weight (out, in, height, width) and a bias (out,), affine layers a
    factor and an offset (channels,), fully connected layers without bias a matrix (in, out);
    the others hold nothing.

    Raises:
        ValueError: The bytes aren't such a network, or end early.
    """
    reader = _Reader(data)
    reader.expect_integer(1)
    reader.expect_text("loss_metric_2")
    reader.skip_numbers(2)  # margin, distance
    while reader.peek() in (1, 2, 3):  # versions of the layers
        reader.integer()
    reader.expect_text("input_rgb_image_sized")
    reader.skip_numbers(3)  # mean of red, green, blue
    reader.integers(2)  # height, width
    layers: list[Layer] = []
    while not reader.at_end():
        layers.append(reader.layer())
        reader.skip(3)  # flags of the state in training
        for _ in range(3):
            reader.tensor()  # gradients and output kept in training
        if len(layers) == 1:
            reader.expect_integer(1)  # samples a picture: only the layer on the input says so
    return layers


class _Reader:
    """The bytes of a file and a place in them."""

    def __init__(self, data: bytes) -> None:
        self._data, self._at = data, 0

    def at_end(self) -> bool:
        return self._at == len(self._data)

    def skip(self, count: int) -> bytes:
        if count > len(self._data) - self._at:
            raise ValueError(f"ends early, at byte {len(self._data)}")
        self._at += count
        return self._data[self._at - count : self._at]

    def integer(self) -> int:
        head = self.skip(1)[0]
        length = head & 0x0F
        if not 1 <= length <= 8 or head & 0x70:
            raise ValueError(f"no integer at byte {self._at - 1}")
        value = int.from_bytes(self.skip(length), "little")
        return -value if head & 0x80 else value

    def integers(self, count: int) -> list[int]:
        return [self.integer() for _ in range(count)]

    def peek(self) -> int:
        at, value = self._at, self.integer()
        self._at = at
        return value

    def number(self) -> float:
        mantissa, exponent = self.integers(2)
        if abs(exponent) > 2000:  # 32000 and above stand for infinities and NaN
            raise ValueError(f"no finite number before byte {self._at}")
        return math.ldexp(mantissa, exponent)

    def skip_numbers(self, count: int) -> None:
        for _ in range(count):
            self.number()

    def text(self) -> str:
        length = self.integer()
        if not 0 <= length <= 64:
            raise ValueError(f"no name before byte {self._at}")
        return self.skip(length).decode("ascii")

    def expect_text(self, wanted: str) -> None:
        if (found := self.text()) != wanted:
            raise ValueError(f"{found!r} where {wanted!r} should be")

    def expect_integer(self, wanted: int) -> None:
        if (found := self.integer()) != wanted:
            raise ValueError(f"version {found} where {wanted} should be")

    def tensor(self) -> Floats:
        self.expect_integer(2)
        shape = self.integers(4)
        if min(shape) < 0:
            raise ValueError(f"a tensor of shape {shape}")
        values = np.frombuffer(self.skip(4 * math.prod(shape)), "<f4")
        return values.reshape(shape).astype(np.float32)

    def shape(self) -> list[int]:
        """Read the shape by which a layer looks at a part of its parameters."""
        self.expect_integer(1)
        return self.integers(4)

    def layer(self) -> Layer:
        kind = self.text()
        if kind in ("relu_", "add_prev_"):
            return Layer(kind, ())
        if kind in ("max_pool_2", "avg_pool_2"):
            self.integers(6)  # window, stride, padding
            return Layer(kind, ())
        if kind == "con_4":
            parameters = self.tensor()
            self.integers(7)  # filters, window, stride, padding
            parts = _split(parameters, self.shape(), self.shape())
            self.skip_numbers(4)  # factors of the learning rate and the weight decay
            return Layer(kind, (parts[0], parts[1].ravel()))
        if kind == "affine_":
            parameters = self.tensor()
            parts = _split(parameters, self.shape(), self.shape())
            self.integer()  # for convolutions or for fully connected layers
            return Layer(kind, (parts[0].ravel(), parts[1].ravel()))
        if kind == "fc_2":
            self.integers(2)  # outputs, inputs
            parameters = self.tensor()
            (matrix,) = _split(parameters, self.shape())
            self.shape()  # of the bias
            self.expect_integer(1)  # without bias
            self.skip_numbers(4)
            return Layer(kind, (matrix[:, :, 0, 0],))
        raise ValueError(f"unknown layer {kind!r}")


def _split(parameters: Floats, *shapes: list[int]) -> list[Floats]:
    """Cut a layer's parameters, one after the other, into tensors of these shapes."""
    sizes = [math.prod(shape) for shape in shapes]
    if sum(sizes) != parameters.size or min(sizes) < 0:
        raise ValueError(f"{parameters.size} parameters where {sum(sizes)} should be")
    parts = np.split(parameters.ravel(), np.cumsum(sizes)[:-1])
    return [part.reshape(shape) for part, shape in zip(parts, shapes, strict=True)]
