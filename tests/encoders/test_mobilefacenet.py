"""An ONNX network in torch, against onnxruntime."""

import numpy as np
import onnx
import onnxruntime
import pytest
import torch

from castlist import models
from castlist.encoders import mobilefacenet
from castlist.errors import ModelError


def _tensor(name, array):
    return onnx.numpy_helper.from_array(np.asarray(array), name)


def _graph(**changes):
    """A network of the four operators: strided, grouped, with a way around, flattened."""
    rng = np.random.default_rng(3)

    def weight(*shape):
        return (rng.normal(size=shape) / np.sqrt(np.prod(shape[1:]))).astype(np.float32)

    arrays = {
        "w1": weight(8, 3, 3, 3),
        "b1": weight(8),
        "p1": weight(8, 1, 1),
        "w2": weight(8, 1, 3, 3),
        "b2": weight(8),
        "w3": weight(6, 8, 56, 56),
        "b3": weight(6),
        "rows": np.array([-1, 6], np.int64),
    }
    node = onnx.helper.make_node
    nodes = [
        node("Conv", ["in", "w1", "b1"], ["a"], strides=[2, 2], pads=[1, 1, 1, 1]),
        node("PRelu", ["a", "p1"], ["b"]),
        node("Conv", ["b", "w2", "b2"], ["c"], group=8, pads=changes.get("pads", [1, 1, 1, 1])),
        node(changes.get("sum", "Add"), ["b", "c"], ["d"]),
        node("Conv", ["d", "w3", "b3"], ["e"], dilations=changes.get("dilations", [1, 1])),
        node("Reshape", ["e", "rows"], ["out"]),
    ]
    value = onnx.helper.make_tensor_value_info
    return onnx.helper.make_graph(
        nodes,
        "tiny",
        [value("in", onnx.TensorProto.FLOAT, ["n", 3, 112, 112])],
        [value("out", onnx.TensorProto.FLOAT, ["n", 6])],
        [_tensor(name, array) for name, array in arrays.items()],
    )


def _save(path, graph):
    opset = onnx.helper.make_opsetid("", 13)
    onnx.save(onnx.helper.make_model(graph, opset_imports=[opset], ir_version=8), path)
    return path


def _compare(path, encoder, crops):
    """Run both on noise and on crops; return how far they differ at most."""
    session = onnxruntime.InferenceSession(path, providers=["CPUExecutionProvider"])
    name = session.get_inputs()[0].name
    rng = np.random.default_rng(0)
    with torch.inference_mode():
        chips = torch.cat(
            [
                torch.from_numpy(rng.normal(size=(2, 3, 112, 112)).astype(np.float32)),
                encoder.normalise(encoder.chips(crops)),
            ]
        )
        ours = encoder.embed_chips(chips).numpy()
        assert np.allclose(ours[2:], encoder(crops).numpy(), atol=1e-5)
    theirs = np.array([session.run(None, {name: chip[None].numpy()})[0][0] for chip in chips])
    return np.abs(ours - theirs).max() / max(1.0, np.abs(theirs).max())


def test_equals_onnxruntime(tmp_path, crops):
    path = _save(tmp_path / "tiny.onnx", _graph())
    encoder = mobilefacenet.load(path).eval()
    assert encoder.dim == 6
    assert _compare(path, encoder, crops) < 1e-5


def test_the_real_network_equals_onnxruntime(crops):
    try:
        path = models.locate("mobilefacenet")
    except ModelError:
        pytest.skip("not fetched")
    assert _compare(path, mobilefacenet.load(path).eval(), crops) < 1e-5


def test_sees_blue_first():
    encoder = mobilefacenet.MobileFaceNet(_graph())
    chips = torch.tensor([127.0, 255.0, 383.0]).reshape(1, 3, 1, 1)  # red, green, blue
    assert encoder.normalise(chips).flatten().tolist() == [2.0, 1.0, 0.0]


def test_every_parameter_learns():
    encoder = mobilefacenet.MobileFaceNet(_graph()).train()
    encoder(torch.rand(2, 3, 192, 192) * 255).square().sum().backward()
    assert len(list(encoder.parameters())) == 7
    assert all(p.grad.abs().sum() > 0 for p in encoder.parameters())


@pytest.mark.parametrize(
    ("change", "message"),
    [
        ({"sum": "Mul"}, "operator Mul"),
        ({"dilations": [2, 2]}, "dilation"),
        ({"pads": [2, 2, 0, 0]}, "uneven padding"),
    ],
)
def test_other_networks_are_refused(change, message, tmp_path):
    path = _save(tmp_path / "other.onnx", _graph(**change))
    with pytest.raises(ModelError, match=f"other\\.onnx.*{message}"):
        mobilefacenet.load(path)


def test_a_network_without_layers_is_refused():
    graph = _graph()
    del graph.node[:]
    with pytest.raises(ModelError, match="no convolution"):
        mobilefacenet.MobileFaceNet(graph)


def test_bad_files_are_named(tmp_path):
    with pytest.raises(ModelError, match="absent\\.onnx"):
        mobilefacenet.load(tmp_path / "absent.onnx")
    (tmp_path / "damaged.onnx").write_bytes(b"\xff" * 64)
    with pytest.raises(ModelError, match="damaged\\.onnx"):
        mobilefacenet.load(tmp_path / "damaged.onnx")
