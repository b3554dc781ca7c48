"""What all encoders share: resampling crops to chips, colour conventions, frozen statistics."""

from contextlib import nullcontext

import numpy as np
import pytest
import torch
from torch import nn
from torch.nn import functional

from castlist.encoders import Encoder, embed, unit
from castlist.encoders.device import half_precision
from castlist.encoders.dlib_resnet import TEMPLATE
from castlist.encoders.exposure import expose
from castlist.faces.align import ARCFACE_112, CROP_LANDMARKS


class Toy(Encoder):
    """Means of the chip's colours, one batch normalisation, one matrix."""

    def __init__(self, **convention):
        super().__init__(name="toy", dim=4, **convention)
        torch.manual_seed(0)
        self.norm = nn.BatchNorm1d(3)
        self.head = nn.Linear(3, 4)

    def embed_chips(self, chips):
        return self.head(self.norm(chips.mean(dim=(2, 3))))


def _crops(count, seed=0):
    return np.random.default_rng(seed).integers(0, 256, (count, 192, 192, 3), dtype=np.uint8)


def _tensor(crops):
    return torch.from_numpy(crops).permute(0, 3, 1, 2)


def _places(template, size):
    """Where the columns and rows of a chip lie in the crop: (crop - shift) / step, fitted plainly.

    The fit of chip = factor * crop + shift to the five landmarks, both axes sharing the factor.
    """
    rows = [[x, 1, 0] for x, _ in CROP_LANDMARKS] + [[y, 0, 1] for _, y in CROP_LANDMARKS]
    wanted = np.asarray(template).T.ravel()
    (factor, right, down), *_ = np.linalg.lstsq(np.array(rows), wanted, rcond=None)
    return (np.arange(size) - right) / factor, (np.arange(size) - down) / factor


@pytest.mark.parametrize(("template", "size"), [(ARCFACE_112, 112), (TEMPLATE, 150)])
def test_chip_pixels_lie_where_the_landmarks_say(template, size):
    # in a crop whose red is x and green is y, a chip's pixel holds its own place in the crop
    y, x = np.mgrid[:192, :192]
    crop = torch.from_numpy(np.stack([x, y, 0 * x])[None]).float()
    chip = Toy(template=template, size=size).chips(crop)[0].numpy()
    xs, ys = _places(template, size)
    np.testing.assert_allclose(chip[0], np.broadcast_to(xs, (size, size)), atol=0.06)
    np.testing.assert_allclose(chip[1], np.broadcast_to(ys[:, None], (size, size)), atol=0.06)


def test_arcface_chip_is_the_crop_without_its_margin():
    xs, ys = _places(ARCFACE_112, 112)
    np.testing.assert_allclose(xs, (np.arange(112) + 14) * 192 / 140)
    np.testing.assert_allclose(ys, xs)


def test_enlarging_equals_bilinear_sampling():
    toy, crops = Toy(template=TEMPLATE, size=150), _tensor(_crops(2)).float()
    xs, ys = _places(TEMPLATE, 150)
    grid = np.stack(np.meshgrid(xs, ys), axis=-1) / 191 * 2 - 1
    grid = torch.from_numpy(grid).float().expand(2, -1, -1, -1)
    sampled = functional.grid_sample(crops, grid, align_corners=True)
    torch.testing.assert_close(toy.chips(crops), sampled, atol=0.02, rtol=0)


def test_shrinking_averages():
    # stripes one pixel wide: sampling would beat, averaging leaves an almost even grey
    stripes = torch.zeros(1, 3, 192, 192)
    stripes[..., ::2] = 255
    chip = Toy().chips(stripes)
    assert (chip - 127.5).abs().max() < 50
    assert (chip.mean() - 127.5).abs() < 1


def test_softness_widens_the_filter():
    crops = _tensor(_crops(3))
    sharp, soft = Toy().chips(crops), Toy().chips(crops, torch.ones(3))
    assert soft.std() < 0.4 * sharp.std()
    torch.testing.assert_close(soft.mean(), sharp.mean(), atol=0.5, rtol=0)
    mixed = Toy().chips(crops, torch.tensor([0.0, 0.25, 1.0]))
    assert torch.equal(mixed[0], sharp[0])
    torch.testing.assert_close(mixed[1], 0.75 * sharp[1] + 0.25 * soft[1])
    torch.testing.assert_close(mixed[2], soft[2])


def test_noisy_crops_are_seen_softly():
    noisy = _tensor(_crops(1))
    clean = torch.arange(192.0).expand(1, 3, 192, 192) + 40
    toy = Toy(mean=0, scale=1)
    lit, _ = expose(noisy)
    torch.testing.assert_close(toy.seen(noisy), toy.chips(lit, torch.ones(1)))
    assert torch.equal(toy.seen(clean), toy.chips(expose(clean)[0]))


def test_chip_beyond_the_crop_is_refused():
    with pytest.raises(ValueError, match="more than a canonical crop"):
        Toy(template=(ARCFACE_112 - 56) * 0.6 + 56)


def test_bytes_and_floats_give_the_same():
    toy, crops = Toy(), _tensor(_crops(3))
    assert torch.equal(toy(crops), toy(crops.float()))


def test_gradients_reach_the_crops():
    toy, crops = Toy().eval(), _tensor(_crops(2)).float().requires_grad_()
    toy(crops).square().sum().backward()
    assert crops.grad.isfinite().all()
    assert crops.grad.abs().sum() > 0


@pytest.mark.parametrize("bgr", [False, True])
def test_colour_convention(bgr):
    toy = Toy(mean=(10, 20, 30), scale=2.0, bgr=bgr)
    chips = torch.tensor([12.0, 24.0, 36.0]).reshape(1, 3, 1, 1)
    wanted = [3.0, 2.0, 1.0] if bgr else [1.0, 2.0, 3.0]
    assert toy.normalise(chips).flatten().tolist() == wanted


def test_statistics_stay_frozen_while_training():
    toy = Toy().train()
    before = {key: value.clone() for key, value in toy.state_dict().items()}
    toy(_tensor(_crops(4))).sum().backward()
    assert toy.training
    assert all(torch.equal(value, before[key]) for key, value in toy.state_dict().items())
    assert toy.norm.weight.grad is not None  # its factor and offset do learn


def test_a_state_dict_holds_only_the_network():
    assert set(Toy().state_dict()) == {
        "norm.weight",
        "norm.bias",
        "norm.running_mean",
        "norm.running_var",
        "norm.num_batches_tracked",
        "head.weight",
        "head.bias",
    }


@pytest.mark.parametrize(
    ("precision", "near"), [(half_precision, 2**-7), (lambda _: nullcontext(), 1e-6)]
)
def test_embeddings_are_raw_whatever_the_batch(monkeypatch, precision, near):
    monkeypatch.setattr("castlist.encoders.base.half_precision", precision)
    toy, crops, told = Toy(), _crops(7), []
    found = embed(toy, crops, batch=3, hook=lambda *progress: told.append(progress))
    assert found.dtype == np.float32
    np.testing.assert_allclose(found, embed(toy, crops, batch=100), atol=near)
    assert told == [("embed", 3, 7), ("embed", 6, 7), ("embed", 7, 7)]
    raw = toy.eval()(_tensor(crops)).detach().numpy()
    np.testing.assert_allclose(found, raw, atol=near)


def test_unit_parts_direction_and_strength():
    direction, strength = unit(np.array([[3, 4], [0, 0.5], [0, 0]], np.float32))
    np.testing.assert_allclose(direction, [[0.6, 0.8], [0, 1], [0, 0]], atol=1e-6)
    np.testing.assert_allclose(strength, [5, 0.5, 0])
    none, _ = unit(np.zeros((0, 4), np.float32))
    assert none.shape == (0, 4)


@pytest.mark.parametrize("training", [False, True])
def test_embedding_leaves_the_mode_as_it_was(training):
    toy = Toy().train(training)
    embed(toy, _crops(1))
    assert toy.training is training


def test_no_crops_give_no_embeddings():
    assert embed(Toy(), _crops(0)).shape == (0, 4)


@pytest.mark.parametrize(
    "crops",
    [
        np.zeros((2, 3, 192, 192), np.uint8),  # channels first
        np.zeros((2, 112, 112, 3), np.uint8),  # another size
        np.zeros((2, 192, 192, 3), np.float32),  # not bytes
        np.zeros((192, 192, 3), np.uint8),  # one crop without the axis for many
    ],
)
def test_other_crops_are_refused(crops):
    with pytest.raises(ValueError, match="crops"):
        embed(Toy(), crops)
