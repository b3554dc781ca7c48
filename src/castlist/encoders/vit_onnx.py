"""Takes the weights of a vision transformer out of the ONNX file that torch made of it.

Torch keeps the names of most tensors; the matrices of linear layers lose theirs and are turned,
but stay in the order in which the network uses them. Whether the result is the same network is
checked by running both.
"""

from __future__ import annotations

from pathlib import Path
from typing import TYPE_CHECKING

import numpy as np
import torch
from onnx import numpy_helper
from torch import Tensor, nn

from castlist.encoders.onnx_file import read_graph
from castlist.errors import ModelError

if TYPE_CHECKING:
    from castlist.encoders.vit import ViT


def read_state(path: Path, network: ViT) -> dict[str, Tensor]:
    """Return the tensors of the file under the names of the network's state dict.

    Raises:
        ModelError: The file is missing, damaged, or holds another number of matrices.
    """
    graph = read_graph(path)
    stored = {t.name: numpy_helper.to_array(t) for t in graph.initializer}
    wanted = network.state_dict()
    state = {key: torch.tensor(stored[key]) for key in wanted if key in stored}
    state |= {key: t for key, t in wanted.items() if key.endswith("num_batches_tracked")}
    matrices = [
        torch.tensor(stored[name].T)
        for node in graph.node
        if node.op_type == "MatMul"
        for name in node.input
        if name in stored and name not in wanted
    ]
    linear = [
        f"{key}.weight"
        for key, module in network.named_modules()
        if isinstance(module, nn.Linear) and f"{key}.weight" not in state
    ]
    if len(matrices) != len(linear):
        raise ModelError(
            f"{path}: another network: {len(matrices)} matrices where {len(linear)} should be"
        )
    return state | dict(zip(linear, matrices, strict=True))


def check(path: Path, network: ViT) -> None:
    """Run the file and the network on the same chip.

    Raises:
        ModelError: They don't agree.
    """
    import onnxruntime

    noise = np.random.default_rng(0).uniform(-1, 1, (1, 3, network.size, network.size))
    chip = noise.astype(np.float32)
    session = onnxruntime.InferenceSession(path, providers=["CPUExecutionProvider"])
    (theirs,) = session.run(None, {session.get_inputs()[0].name: chip})
    with torch.inference_mode():
        ours = network.eval().embed_chips(torch.from_numpy(chip)).numpy()
    if ours.shape != theirs.shape or abs(ours - theirs).max() > 1e-3 * abs(theirs).max():
        raise ModelError(f"{path}: another network: it doesn't compute what {network.name} does")
