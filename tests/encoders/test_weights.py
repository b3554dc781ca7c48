"""Files of tensors that users bring: what is read and what is refused."""

import pickle

import pytest
import torch
from safetensors.torch import save_file
from torch import nn

from castlist.encoders.weights import fill, read_state
from castlist.errors import ModelError

STATE = {"weight": torch.arange(6.0).reshape(2, 3), "bias": torch.ones(2)}


@pytest.mark.parametrize(
    "content",
    [
        STATE,
        {"state_dict": STATE, "epoch": 4},  # a training's checkpoint
        {f"module.{key}": value for key, value in STATE.items()},  # from several GPUs
        {"state_dict": {f"model.{key}": value for key, value in STATE.items()}},
    ],
)
def test_torch_files(content, tmp_path):
    torch.save(content, tmp_path / "w.pth")
    state = read_state(tmp_path / "w.pth")
    assert state.keys() == STATE.keys()
    assert all(torch.equal(state[key], STATE[key]) for key in STATE)


def test_safetensors(tmp_path):
    save_file(STATE, tmp_path / "w.safetensors")
    assert torch.equal(read_state(tmp_path / "w.safetensors")["weight"], STATE["weight"])


class _Code:
    def __reduce__(self):
        return print, ("run",)


@pytest.mark.parametrize(
    ("name", "data"),
    [
        ("code.pth", pickle.dumps(_Code(), protocol=2)),
        ("junk.pth", b"no weights here"),
        ("empty.pth", b""),
        ("junk.safetensors", b"\xff" * 40),
        ("empty.safetensors", b""),
    ],
)
def test_other_files_are_refused_and_code_isnt_run(name, data, tmp_path, capsys):
    (tmp_path / name).write_bytes(data)
    with pytest.raises(ModelError, match=name):
        read_state(tmp_path / name)
    assert capsys.readouterr().out == ""


@pytest.mark.parametrize("content", [[1, 2], torch.ones(3), {"weight": 3}])
def test_files_without_a_state_dict_are_refused(content, tmp_path):
    torch.save(content, tmp_path / "w.pt")
    with pytest.raises(ModelError, match=r"w\.pt: holds no state dict"):
        read_state(tmp_path / "w.pt")


@pytest.mark.parametrize("name", ["none.pth", "none.safetensors"])
def test_absent_files_are_named(name, tmp_path):
    with pytest.raises(ModelError, match=f"{name}: can't be read"):
        read_state(tmp_path / name)


@pytest.mark.parametrize(
    ("change", "message"),
    [
        ({"bias": None}, "bias is missing"),
        ({"more": torch.ones(1)}, "more isn't known"),
        ({"weight": torch.ones(3, 2)}, r"weight has shape \(3, 2\), not \(2, 3\)"),
    ],
)
def test_weights_of_another_network_are_refused(change, message, tmp_path):
    state = {key: value for key, value in {**STATE, **change}.items() if value is not None}
    network = nn.Linear(3, 2)
    before = network.weight.clone()
    with pytest.raises(ModelError, match=message):
        fill(network, state, tmp_path / "w.pth")
    assert torch.equal(network.weight, before)
