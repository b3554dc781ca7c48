"""From names to networks, and where they run."""

import pytest
import torch

from castlist import models
from castlist.encoders import Encoder, choose_device, load
from castlist.errors import CastlistError, ModelError


def test_the_default_comes_with_the_installation():
    encoder = load()
    assert isinstance(encoder, Encoder)
    assert encoder.name == models.DEFAULT_ENCODER
    assert encoder.dim == models.model(encoder.name).dim
    assert not encoder.training


@pytest.mark.parametrize(
    "name", [m.name for m in models.manifest().values() if m.role == "encoder"]
)
def test_every_encoder_of_the_manifest_has_a_reader(name, tmp_path):
    # the reader opens the file and finds it damaged; without one the message would say so
    (tmp_path / "file.onnx").write_bytes(b"\xff" * 20)
    with pytest.raises(ModelError, match=r"file\.onnx"):
        load(name, tmp_path / "file.onnx")


def test_a_detector_isnt_an_encoder():
    with pytest.raises(ModelError, match="centerface is a detector"):
        load("centerface")


def test_absent_weights_say_what_to_do(monkeypatch, tmp_path):
    monkeypatch.setenv("CASTLIST_MODELS", str(tmp_path))
    with pytest.raises(ModelError, match="castlist models fetch mobilefacenet"):
        load("mobilefacenet")


def test_device():
    assert choose_device("cpu") == torch.device("cpu")
    assert choose_device("auto").type in ("cpu", "cuda", "mps")


@pytest.mark.parametrize("name", ["cuda:99", "toaster", "", "meta", "hpu"])
def test_absent_devices_are_refused(name):
    with pytest.raises(CastlistError, match="isn't here"):
        choose_device(name)
