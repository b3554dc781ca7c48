"""Pickles: data is read, programs are not."""

import os
import pickle
from collections import OrderedDict
from fractions import Fraction

import numpy as np
import pytest

from castlist.benchmark.datasets.safe_pickle import load
from castlist.errors import CastlistError

DATA = {
    "numbers": [1, -2.5, 10**30, True, None],
    "text": "é",
    "bytes": b"\x00\xff",
    "pair": (1, "a"),
    "floats": np.arange(6, dtype=np.float32).reshape(2, 3),
    "fortran": np.asfortranarray(np.arange(6.0).reshape(2, 3)),
    "empty": np.zeros((0, 4), np.int64),
    "words": np.array(["a", "bcd"]),
    "objects": np.array([{"a": 1}, "b"], object),
    "scalar": np.float64(2.5),
    "whole": np.int32(7),
}


@pytest.mark.parametrize("protocol", range(pickle.HIGHEST_PROTOCOL + 1))
def test_data_comes_back(tmp_path, protocol):
    path = tmp_path / "a.pk"
    path.write_bytes(pickle.dumps(DATA, protocol))
    found = load(path)
    assert found.keys() == DATA.keys()
    for key, value in DATA.items():
        np.testing.assert_array_equal(found[key], value)
        assert type(found[key]) is type(value)
        if isinstance(value, np.ndarray | np.generic):
            assert (found[key].dtype, found[key].shape) == (value.dtype, value.shape)


def test_a_pickle_of_python_2(tmp_path):
    path = tmp_path / "a.pk"
    array = (
        b"cnumpy.core.multiarray\n_reconstruct\n(cnumpy\nndarray\n(I0\ntS'b'\ntR(I1\n(I2\nt"
        b"cnumpy\ndtype\n(S'f4'\nI0\nI1\ntR(I3\nS'<'\nNNNI-1\nI-1\nI0\ntbI00\n"
        b"S'\\x00\\x00\\x80?\\x00\\x00\\x00@'\ntb."
    )
    path.write_bytes(array)
    np.testing.assert_array_equal(load(path), np.array([1, 2], np.float32))


class Calls:
    """What pickles into a call."""

    def __init__(self, function, *arguments):
        self.call = function, arguments

    def __str__(self):
        return f"{self.call[0].__name__}{self.call[1]}"

    def __reduce__(self):
        return self.call


@pytest.mark.parametrize(
    "harm",
    [
        Calls(os.system, "exit 3"),
        Calls(eval, "1"),
        Calls(getattr, "a", "upper"),
        Calls(np.load, "a.npy"),
        Calls(np.ndarray, (2, 2)),
        Calls(np.dtype, [("a", "f4")]),
        OrderedDict(a=1),
        Fraction(1, 2),
        np.ndarray,
        os.system,
    ],
    ids=str,
)
def test_programs_are_refused(tmp_path, harm):
    path = tmp_path / "a.pk"
    path.write_bytes(pickle.dumps({"x": [harm]}))
    if harm is np.ndarray:  # its name is known, but it is no more than a mark
        assert not callable(load(path)["x"][0])
        return
    with pytest.raises(CastlistError, match=r"a\.pk"):
        load(path)


def test_a_call_has_no_effect(tmp_path):
    path, mark = tmp_path / "a.pk", tmp_path / "mark"
    path.write_bytes(pickle.dumps(Calls(os.mkdir, str(mark))))
    with pytest.raises(CastlistError, match="refused: it names"):
        load(path)
    assert not mark.exists()


@pytest.mark.parametrize("data", [b"", b"no pickle", pickle.dumps(DATA)[:200]])
def test_damaged_files(tmp_path, data):
    path = tmp_path / "a.pk"
    path.write_bytes(data)
    with pytest.raises(CastlistError, match="not a pickle, or a damaged one"):
        load(path)
    with pytest.raises(CastlistError, match="can't be read"):
        load(tmp_path / "none.pk")
