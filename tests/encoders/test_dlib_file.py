"""Reading dlib's serialisation, against a writer that follows its description."""

import struct

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from castlist.encoders.dlib_file import _Reader, read_layers


def _integer(value):
    size = max(1, (abs(value).bit_length() + 7) // 8)
    return bytes([size | (0x80 if value < 0 else 0)]) + abs(value).to_bytes(size, "little")


def _number(value):
    mantissa, exponent = np.frexp(np.float32(value))
    return _integer(int(mantissa * 2**24)) + _integer(int(exponent) - 24)


def _text(value):
    return _integer(len(value)) + value.encode()


def _tensor(array):
    shape = array.shape + (1,) * (4 - array.ndim) if array.size else (0, 0, 0, 0)
    return b"".join(map(_integer, (2, *shape))) + array.astype("<f4").tobytes()


def _shape(*sizes):
    return b"".join(map(_integer, (1, *sizes)))


EMPTY = _tensor(np.empty(0))
WEIGHT, BIAS = np.arange(54.0).reshape(2, 3, 3, 3), np.array([0.5, -0.25])
FACTOR, OFFSET = np.array([2.0, 3.0]), np.array([-1.0, 1.0])
MATRIX = np.arange(8.0).reshape(2, 4)


def _network(last_text="fc_2"):
    ones = b"".join(map(_number, (1.0, 1.0, 1.0, 0.0)))
    after = b"110" + 3 * EMPTY
    parts = [
        _integer(1) + _text("loss_metric_2") + _number(0.04) + _number(0.6),
        b"".join(map(_integer, (2, 2, 1, 2, 3))),
        _text("input_rgb_image_sized"),
        b"".join(map(_number, (122.782, 117.001, 104.298))) + _integer(150) + _integer(150),
        _text("con_4") + _tensor(np.concatenate([WEIGHT.ravel(), BIAS])),
        b"".join(map(_integer, (2, 3, 3, 2, 2, 0, 0))),
        _shape(2, 3, 3, 3) + _shape(1, 2, 1, 1) + ones + after + _integer(1),
        _text("affine_") + _tensor(np.concatenate([FACTOR, OFFSET])),
        _shape(1, 2, 1, 1) + _shape(1, 2, 1, 1) + _integer(0) + after,
        _text("relu_") + after,
        _text("avg_pool_2") + b"".join(map(_integer, (2, 2, 2, 2, 0, 0))) + after,
        _text("add_prev_") + after,
        _text(last_text) + _integer(4) + _integer(2) + _tensor(MATRIX),
        _shape(2, 4, 1, 1) + _shape(0, 0, 0, 0) + _integer(1) + ones + after,
    ]
    return b"".join(parts)


def test_layers_come_in_order_with_their_tensors():
    layers = read_layers(_network())
    assert [layer.kind for layer in layers] == [
        "con_4",
        "affine_",
        "relu_",
        "avg_pool_2",
        "add_prev_",
        "fc_2",
    ]
    np.testing.assert_array_equal(layers[0].tensors[0], WEIGHT)
    np.testing.assert_array_equal(layers[0].tensors[1], BIAS)
    np.testing.assert_array_equal(layers[1].tensors[0], FACTOR)
    np.testing.assert_array_equal(layers[1].tensors[1], OFFSET)
    np.testing.assert_array_equal(layers[5].tensors[0], MATRIX)
    assert layers[2].tensors == layers[3].tensors == layers[4].tensors == ()


@given(st.integers(-(2**63) + 1, 2**63 - 1))
def test_integers_of_any_length_and_sign(value):
    assert _Reader(_integer(value)).integer() == value


@given(st.floats(width=32, allow_nan=False, allow_infinity=False))
def test_numbers(value):
    assert _Reader(_number(value)).number() == value


@pytest.mark.parametrize("special", [32000, 32001, 32002])  # infinity, its negative, NaN
def test_numbers_that_arent_finite_are_refused(special):
    with pytest.raises(ValueError, match="finite"):
        _Reader(_integer(0) + _integer(special)).number()


def test_every_early_end_is_noticed():
    whole = _network()
    complete = []
    for end in range(len(whole)):
        try:
            complete.append(len(read_layers(whole[:end])))
        except ValueError:
            continue
    # only a cut exactly between two layers looks like a smaller network
    assert complete == [0, 1, 2, 3, 4, 5]


@pytest.mark.parametrize(
    ("data", "message"),
    [
        (b"", "ends early"),
        (b"PK\x03\x04" + bytes(100), "version|integer|ends"),  # a zip file
        (b"\xff" * 100, "integer"),
        (_network("fc_9"), "unknown layer 'fc_9'"),
        (_network().replace(b"loss_metric_2", b"loss_mmod_abc"), "loss_mmod_abc"),
        (_network() + b"\x01", "ends early"),  # more after the network
    ],
)
def test_other_bytes_are_refused(data, message):
    with pytest.raises(ValueError, match=message):
        read_layers(data)


def test_parameters_that_dont_fit_their_shape_are_refused():
    short = _network().replace(
        _tensor(np.concatenate([FACTOR, OFFSET])), _tensor(np.concatenate([FACTOR, OFFSET[:1]]))
    )
    with pytest.raises(ValueError, match="3 parameters where 4"):
        read_layers(short)


def test_an_integer_by_hand():
    # two bytes, lowest first; the sign is the highest bit of the length
    assert _integer(300) == b"\x02" + struct.pack("<H", 300)
    assert _integer(-1) == b"\x81\x01"
