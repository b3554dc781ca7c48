"""SFace in torch, against onnxruntime running OpenCV's own file."""

import numpy as np
import onnx
import onnxruntime
import pytest
import torch

from castlist import models
from castlist.encoders import load, sface
from castlist.errors import ModelError


@pytest.fixture(scope="module")
def encoder():
    return load("sface")


def test_equals_onnxruntime(encoder, crops):
    graph = onnx.load(models.locate("sface"))
    for value in [v for v in graph.graph.input if v.name != "data"]:
        graph.graph.input.remove(value)  # weights that it doesn't store under those names
    session = onnxruntime.InferenceSession(
        graph.SerializeToString(), providers=["CPUExecutionProvider"]
    )
    with torch.inference_mode():
        chips = encoder.chips(crops)
        ours = encoder(crops).numpy()
    theirs = [session.run(None, {"data": chip[None].flip(1).numpy()})[0][0] for chip in chips]
    np.testing.assert_allclose(ours, theirs, atol=1e-4)


def test_each_weight_gets_a_gradient(encoder):
    crops = torch.randint(0, 256, (2, 3, 192, 192), dtype=torch.uint8)
    encoder(crops).square().sum().backward()
    assert all(p.grad is not None and p.grad.abs().sum() > 0 for p in encoder.parameters())
    encoder.zero_grad()


def test_its_upper_layers_are_what_is_adapted(encoder):
    crops = torch.randint(0, 256, (2, 3, 192, 192), dtype=torch.uint8)
    with torch.no_grad():
        features = encoder.lower(crops)
    encoder.upper(features).square().sum().backward()
    learned = {id(p) for p in encoder.parameters() if p.grad is not None}
    assert learned == {id(p) for p in encoder.upper_parameters()}
    encoder.zero_grad()


def test_another_network_is_refused(tmp_path):
    path = tmp_path / "other.onnx"
    value = onnx.helper.make_tensor_value_info
    graph = onnx.helper.make_graph(
        [onnx.helper.make_node("Relu", ["in"], ["out"])],
        "other",
        [value("in", onnx.TensorProto.FLOAT, [1])],
        [value("out", onnx.TensorProto.FLOAT, [1])],
    )
    onnx.save(onnx.helper.make_model(graph), path)
    with pytest.raises(ModelError, match=r"other.onnx: not SFace"):
        sface.load(path)
