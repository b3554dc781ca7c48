"""IResNets under insightface's and AdaFace's names, against plain transcriptions."""

import itertools

import pytest
import torch
from torch import nn
from torch.nn import functional

from castlist.encoders import iresnet
from castlist.errors import ModelError


def _random(network):
    """Give every tensor, statistics too, a value that shows when it is ignored."""
    generator = torch.Generator().manual_seed(1)
    for key, value in network.state_dict().items():
        if value.is_floating_point():
            noise = torch.randn(value.shape, generator=generator)
            spread = value.shape[1:].numel() ** -0.5 if value.dim() > 1 else 0.2
            value.copy_(noise.abs() + 0.5 if key.endswith("running_var") else noise * spread)
            if key.endswith("weight") and value.dim() == 1:
                value.add_(1.0)
    return network


@pytest.fixture(scope="module")
def r18():
    return _random(iresnet.IResNet(18)).eval()


def _reference(state, chips):
    """The published forward pass, written out over the published names."""

    def bn(x, name):
        values = [state[f"{name}.{k}"] for k in ("running_mean", "running_var", "weight", "bias")]
        return functional.batch_norm(x, *values, eps=1e-5)

    def conv(x, name, stride=1):
        weight = state[f"{name}.weight"]
        return functional.conv2d(x, weight, stride=stride, padding=weight.shape[-1] // 2)

    x = functional.prelu(bn(conv(chips, "conv1"), "bn1"), state["prelu.weight"])
    for layer in ("layer1", "layer2", "layer3", "layer4"):
        for block in (f"{layer}.0", f"{layer}.1"):
            stride = 2 if block.endswith(".0") else 1
            y = bn(conv(bn(x, f"{block}.bn1"), f"{block}.conv1"), f"{block}.bn2")
            y = functional.prelu(y, state[f"{block}.prelu.weight"])
            y = bn(conv(y, f"{block}.conv2", stride), f"{block}.bn3")
            if stride == 2:
                x = bn(conv(x, f"{block}.downsample.0", 2), f"{block}.downsample.1")
            x = x + y
    x = functional.linear(bn(x, "bn2").flatten(1), state["fc.weight"], state["fc.bias"])
    return bn(x, "features")


def test_equals_the_published_forward_pass(r18, crops):
    with torch.inference_mode():
        wanted = _reference(r18.state_dict(), (r18.chips(crops) - 127.5) / 127.5)
        torch.testing.assert_close(r18(crops), wanted, atol=1e-4, rtol=1e-4)


@pytest.mark.parametrize(("depth", "millions"), [(50, 43.6), (100, 65.2)])
def test_published_sizes(depth, millions):
    with torch.device("meta"):  # shapes alone
        network = iresnet.IResNet(depth)
    assert round(sum(p.numel() for p in network.parameters()) / 1e6, 1) == millions


def test_reads_a_saved_state_dict(r18, crops, tmp_path):
    # as trained on several GPUs, in half the precision
    state = {f"module.{key}": value.half() for key, value in r18.state_dict().items()}
    torch.save(state, tmp_path / "backbone.pth")
    read = iresnet.load(tmp_path / "backbone.pth", 18).eval()
    with torch.inference_mode():
        cosine = functional.cosine_similarity(read(crops), r18(crops))
    assert cosine.min() > 0.999


def test_another_depth_is_refused(r18, tmp_path):
    torch.save(r18.state_dict(), tmp_path / "r18.pth")
    with pytest.raises(ModelError, match=r"r18\.pth: weights of another network: layer1\.2"):
        iresnet.load(tmp_path / "r18.pth", 50)


def test_statistics_stay_frozen_and_everything_else_learns(r18, crops):
    network = iresnet.IResNet(18)
    network.load_state_dict(r18.state_dict())
    network.train()
    network(crops).square().mean().backward()
    assert all(p.grad is not None and p.grad.abs().sum() > 0 for p in network.parameters())
    for key, value in network.named_buffers():
        if key in r18.state_dict():
            assert torch.equal(value, r18.state_dict()[key]), key


class _Shortcut(nn.Module):
    """One block as AdaFace's repository builds and names it."""

    def __init__(self, before, after, stride):
        super().__init__()
        self.shortcut_layer = (
            nn.MaxPool2d(1, stride)
            if before == after
            else nn.Sequential(
                nn.Conv2d(before, after, 1, stride, bias=False), nn.BatchNorm2d(after)
            )
        )
        self.res_layer = nn.Sequential(
            nn.BatchNorm2d(before),
            nn.Conv2d(before, after, 3, 1, 1, bias=False),
            nn.BatchNorm2d(after),
            nn.PReLU(after),
            nn.Conv2d(after, after, 3, stride, 1, bias=False),
            nn.BatchNorm2d(after),
        )

    def forward(self, x):
        return self.shortcut_layer(x) + self.res_layer(x)


class _AdaFace(nn.Module):
    def __init__(self):
        super().__init__()
        self.input_layer = nn.Sequential(
            nn.Conv2d(3, 64, 3, 1, 1, bias=False), nn.BatchNorm2d(64), nn.PReLU(64)
        )
        widths = (64, 64, 128, 256, 512)
        blocks = []
        for before, after in itertools.pairwise(widths):
            blocks += [_Shortcut(before, after, 2), _Shortcut(after, after, 1)]
        self.body = nn.Sequential(*blocks)
        self.output_layer = nn.Sequential(
            nn.BatchNorm2d(512),
            nn.Dropout(0.4),
            nn.Flatten(),
            nn.Linear(512 * 49, 512),
            nn.BatchNorm1d(512, affine=False),
        )

    def forward(self, x):
        return self.output_layer(self.body(self.input_layer(x)))


def test_reads_adafaces_checkpoints(crops, tmp_path):
    theirs = _random(_AdaFace()).eval()
    state = {f"model.{key}": value for key, value in theirs.state_dict().items()}
    state["head.kernel"] = torch.zeros(3, 3)  # the training's classifier is in there too
    torch.save({"state_dict": state, "epoch": 3}, tmp_path / "adaface.ckpt")
    ours = iresnet.load(tmp_path / "adaface.ckpt", 18, adaface=True).eval()
    with torch.inference_mode():
        chips = ours.chips(crops).flip(1) / 127.5 - 1  # blue first
        torch.testing.assert_close(ours(crops), theirs(chips), atol=1e-4, rtol=1e-4)
