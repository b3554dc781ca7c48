"""dlib's network in torch, against dlib's own output and damaged files."""

import copy
import json
from pathlib import Path

import numpy as np
import pytest
import torch
from safetensors.torch import load_file, save_file

from castlist import models
from castlist.encoders import dlib_resnet
from castlist.encoders.dlib_file import read_layers
from castlist.errors import ModelError
from castlist.faces.align import CROP_LANDMARKS

WEIGHTS = models.locate("dlib-resnet29")
GOLDEN = Path(__file__).with_name("dlib_golden.json")


@pytest.fixture(scope="module")
def encoder():
    return dlib_resnet.load(WEIGHTS).eval()


def _chip():
    """The chip whose embedding by dlib itself is in the golden file."""
    y, x = np.mgrid[:150, :150]
    channels = [
        ((3 + c) * x + (5 - c) * y) // 4 + (x - 75) ** 2 // 30 + (y - 70) ** 2 // (40 + 10 * c)
        for c in range(3)
    ]
    return torch.from_numpy(np.stack(channels).astype(np.uint8))[None]


def test_equals_dlib(encoder):
    wanted = json.loads(GOLDEN.read_text())["embedding"]
    with torch.inference_mode():
        found = encoder.embed_chips(encoder.normalise(_chip()))
    np.testing.assert_allclose(found[0].numpy(), wanted, atol=1e-5)


def test_has_dlibs_parameters(encoder):
    # 29 convolutions with bias and a 256 x 128 matrix; the 29 affine layers, a factor and an
    # offset each channel, are folded in
    assert len(list(encoder.parameters())) == 2 * 29 + 1
    channels = 32 * 7 + 64 * 8 + 128 * 6 + 256 * 8
    in_file = sum(t.size for layer in read_layers(WEIGHTS.read_bytes()) for t in layer.tensors)
    assert sum(p.numel() for p in encoder.parameters()) == in_file - 2 * channels
    assert encoder.dim == 128
    assert all(p.requires_grad for p in encoder.parameters())


def test_every_parameter_learns(encoder):
    network = copy.deepcopy(encoder).train()
    crops = torch.from_numpy(np.random.default_rng(0).integers(0, 256, (2, 3, 192, 192)))
    network(crops).square().sum().backward()
    for name, parameter in network.named_parameters():
        assert parameter.grad.isfinite().all(), name
        assert parameter.grad.abs().sum() > 0, name


def test_chip_is_cut_by_dlibs_mean_face():
    template = dlib_resnet.TEMPLATE
    # upright and symmetric about the nose, eyes in the upper third
    np.testing.assert_allclose(template[0, 0] + template[1, 0], 2 * template[2, 0], atol=0.01)
    np.testing.assert_allclose(template[3, 0] + template[4, 0], 2 * template[2, 0], atol=0.01)
    # the canonical landmarks land near it: the two templates are of the same face
    x = torch.arange(192.0)
    ramp = torch.stack([x.expand(192, 192), x[:, None].expand(192, 192), 0 * x.expand(192, 192)])
    chip = dlib_resnet.DlibResNet().chips(ramp[None])[0].numpy()
    for wanted, (u, v) in zip(CROP_LANDMARKS, template.round().astype(int), strict=True):
        assert np.hypot(*(chip[:2, v, u] - wanted)) < 5


def test_weights_survive_safetensors(encoder, tmp_path):
    save_file(encoder.state_dict(), tmp_path / "model.safetensors")
    other = dlib_resnet.DlibResNet().eval()
    other.load_state_dict(load_file(tmp_path / "model.safetensors"))
    with torch.inference_mode():
        chip = encoder.normalise(_chip())
        assert torch.equal(encoder.embed_chips(chip), other.embed_chips(chip))


def test_absent_file_is_named(tmp_path):
    with pytest.raises(ModelError, match="nothing\\.dat"):
        dlib_resnet.load(tmp_path / "nothing.dat")


@pytest.mark.parametrize(
    ("name", "change"),
    [
        ("empty", lambda data: b""),
        ("cut in the header", lambda data: data[:200]),
        ("cut in a tensor", lambda data: data[:1_000_000]),
        ("cut between layers", lambda data: data[: data.rindex(b"\x04fc_2") - 1]),
        ("not dlib's", lambda data: b"\x89PNG\r\n" + data[:1000]),
        ("a byte too many", lambda data: data + b"\0"),
    ],
)
def test_damaged_files_are_named(name, change, tmp_path):
    path = tmp_path / "broken.dat"
    path.write_bytes(change(WEIGHTS.read_bytes()))
    with pytest.raises(ModelError, match="broken\\.dat"):
        dlib_resnet.load(path)


def test_another_network_of_dlibs_is_refused():
    other = WEIGHTS.with_name("mmod_human_face_detector.dat")
    with pytest.raises(ModelError, match="mmod_human_face_detector"):
        dlib_resnet.load(other)
