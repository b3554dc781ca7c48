"""The vision transformer: names, masked patches, and its way out of an ONNX file."""

import warnings

import pytest
import torch
from torch.nn import functional

from castlist.encoders import vit
from castlist.errors import ModelError


def _tiny(seed=0):
    torch.manual_seed(seed)
    network = vit.ViT(vit.SHAPES["tiny"])
    for key, value in network.state_dict().items():
        if value.is_floating_point():
            value.add_(torch.rand_like(value) * 0.2)
            assert key != "rows"
    return network.eval()


def _reference(state, chips, heads):
    """The published forward pass, written out over the published names."""

    def norm(x, name):
        return functional.layer_norm(
            x, x.shape[-1:], state[f"{name}.weight"], state[f"{name}.bias"]
        )

    def bn(x, name):
        values = [state[f"{name}.{k}"] for k in ("running_mean", "running_var", "weight", "bias")]
        return functional.batch_norm(x, *values, eps=2e-5)

    weight = state["patch_embed.proj.weight"]
    x = functional.conv2d(chips, weight, state["patch_embed.proj.bias"], stride=weight.shape[-1])
    x = x.flatten(2).transpose(1, 2) + state["pos_embed"]
    batch, count, width = x.shape
    for block in ("blocks.0", "blocks.1"):
        qkv = norm(x, f"{block}.norm1") @ state[f"{block}.attn.qkv.weight"].T
        q, k, v = qkv.reshape(batch, count, 3, heads, width // heads).permute(2, 0, 3, 1, 4)
        seen = ((q @ k.transpose(-2, -1)) * (width // heads) ** -0.5).softmax(-1) @ v
        seen = seen.transpose(1, 2).reshape(batch, count, width)
        x = x + functional.linear(
            seen, state[f"{block}.attn.proj.weight"], state[f"{block}.attn.proj.bias"]
        )
        y = functional.linear(
            norm(x, f"{block}.norm2"),
            state[f"{block}.mlp.fc1.weight"],
            state[f"{block}.mlp.fc1.bias"],
        )
        x = x + functional.linear(
            functional.relu6(y), state[f"{block}.mlp.fc2.weight"], state[f"{block}.mlp.fc2.bias"]
        )
    x = norm(x, "norm").reshape(batch, count * width)
    x = bn(x @ state["feature.0.weight"].T, "feature.1")
    return bn(x @ state["feature.2.weight"].T, "feature.3")


def test_equals_the_published_forward_pass(crops):
    network = _tiny()
    with torch.inference_mode():
        chips = (network.chips(crops) - 127.5) / 127.5
        wanted = _reference(network.state_dict(), chips, heads=2)
        torch.testing.assert_close(network(crops), wanted, atol=1e-4, rtol=1e-4)


def test_published_size():
    with torch.device("meta"):  # shapes alone
        network = vit.ViT(vit.SHAPES["t"])
    state = network.state_dict()
    floats = sum(value.numel() for key, value in state.items() if key != "mask_token")
    # LVFace-T's file holds 4-byte floats beside a graph of some hundred kilobytes
    assert 0 < 76_653_813 - 4 * floats < 200_000


def test_tokens_are_one_a_patch_and_make_the_embedding(crops):
    network = _tiny()
    with torch.inference_mode():
        tokens = network.patch_tokens(network.lower(crops))
        assert tokens.shape == (3, network.patches, network.width) == (3, 16, 32)
        torch.testing.assert_close(network.embed_tokens(tokens), network(crops), atol=1e-4, rtol=0)


def test_an_empty_mask_changes_nothing(crops):
    network, mask = _tiny(), torch.zeros(3, 16, dtype=torch.bool)
    chips = network.lower(crops)
    with torch.inference_mode():
        assert torch.equal(network.patch_tokens(chips, mask), network.patch_tokens(chips))


def test_masked_patches_arent_seen(crops):
    network = _tiny()
    mask = torch.zeros(3, 16, dtype=torch.bool)
    mask[:, 0] = True  # the patch in the upper left corner
    chips = network.lower(crops)
    changed = chips.clone()
    changed[:, :, : network.size // 4, : network.size // 4] = 0
    with torch.inference_mode():
        torch.testing.assert_close(
            network.patch_tokens(changed, mask), network.patch_tokens(chips, mask)
        )
        assert not torch.allclose(network.patch_tokens(changed), network.patch_tokens(chips))
        assert not torch.allclose(network.patch_tokens(chips, mask), network.patch_tokens(chips))


def test_every_parameter_learns_the_mask_token_where_there_is_a_mask(crops):
    network = _tiny().train()
    mask = torch.zeros(3, 16, dtype=torch.bool)
    mask[1, 3] = True
    network.embed_tokens(network.patch_tokens(network.lower(crops), mask)).square().sum().backward()
    assert all(p.grad.abs().sum() > 0 for p in network.parameters())


@pytest.mark.parametrize("name", ["weights.pt", "weights.safetensors"])
def test_reads_state_dicts(name, crops, tmp_path):
    network = _tiny()
    if name.endswith(".pt"):
        torch.save(network.state_dict(), tmp_path / name)
    else:
        from safetensors.torch import save_file

        save_file(network.state_dict(), tmp_path / name)
    read = vit.load(tmp_path / name, vit.SHAPES["tiny"]).eval()
    with torch.inference_mode():
        assert torch.equal(read(crops), network(crops))


def test_a_mask_token_that_the_file_lacks_is_no_chance(tmp_path):
    state = _tiny().state_dict()
    del state["mask_token"]
    torch.save(state, tmp_path / "weights.pt")
    read = vit.load(tmp_path / "weights.pt", vit.SHAPES["tiny"])
    assert not read.mask_token.any()
    assert read.mask_token.requires_grad


def _export(network, path):
    class Chips(torch.nn.Module):
        def __init__(self):
            super().__init__()
            self.inner = network

        def forward(self, chips):
            return network.embed_chips(chips)

    with warnings.catch_warnings():
        warnings.simplefilter("ignore")
        torch.onnx.export(Chips(), torch.zeros(1, 3, 112, 112), path, dynamo=False)
    # torch puts the wrapper's name before each tensor's; a network exported itself has none
    import onnx

    model = onnx.load(path)
    for tensor in model.graph.initializer:
        tensor.name = tensor.name.removeprefix("inner.")
    for node in model.graph.node:
        for i, name in enumerate(node.input):
            node.input[i] = name.removeprefix("inner.")
    onnx.save(model, path)
    return path


def test_reads_the_onnx_file_that_torch_makes(crops, tmp_path):
    pytest.importorskip("onnx")
    network = _tiny()
    read = vit.load(_export(network, tmp_path / "vit.onnx"), vit.SHAPES["tiny"]).eval()
    with torch.inference_mode():
        torch.testing.assert_close(read(crops), network(crops), atol=1e-5, rtol=1e-4)


def test_an_onnx_file_that_computes_something_else_is_refused(tmp_path):
    onnx = pytest.importorskip("onnx")
    path = _export(_tiny(), tmp_path / "other.onnx")
    model = onnx.load(path)
    for node in model.graph.node:  # the same matrices, but another non-linearity
        if node.op_type == "Softmax":
            node.op_type = "LogSoftmax"
    onnx.save(model, path)
    with pytest.raises(ModelError, match=r"other\.onnx: another network"):
        vit.load(path, vit.SHAPES["tiny"])


def test_an_onnx_file_of_another_size_is_refused(tmp_path):
    pytest.importorskip("onnx")
    path = _export(_tiny(), tmp_path / "small.onnx")
    deeper = vit.Shape(patch=28, width=32, depth=3, heads=2, dim=16)
    with pytest.raises(ModelError, match=r"small\.onnx: another network: 10 matrices"):
        vit.load(path, deeper)
