"""How noisy faces are found, and how softly they are shown for it."""

import numpy as np
import pytest
import torch
from skimage import data
from skimage.transform import resize

from castlist.encoders.exposure import expose
from castlist.encoders.noise import FROM, FULL, LEAST, MASK, deviation, softness


def face(noise=0.0, light=1.0, seed=0):
    """The astronaut's face with grain, and in so much of its light: (1, 3, 192, 192)."""
    picture = resize(data.astronaut()[0:200, 120:320], (192, 192), anti_aliasing=True) * 255
    grain = np.random.default_rng(seed).normal(0, noise, (192, 192, 1)) if noise else 0
    seen = np.clip((picture + grain) * light, 0, 255).round()
    return torch.from_numpy(seen.astype(np.uint8)).permute(2, 0, 1)[None]


@pytest.mark.parametrize("noise", [4.0, 8.0, 16.0])
def test_the_deviation_of_noise_is_found_beside_a_face(noise):
    assert deviation(face(noise)).item() == pytest.approx(noise, rel=0.2)


def test_a_clean_face_is_hardly_noisy():
    assert deviation(face()).item() < 2 * LEAST


def test_equal_to_the_formula_in_numpy():
    picture = np.random.default_rng(1).integers(0, 256, (192, 192, 3)).astype(np.float64)
    grey = picture[64:160, 48:144] @ [0.299, 0.587, 0.114]
    rows, columns = grey.shape[0] - 2, grey.shape[1] - 2
    left = sum(MASK[i][j] * grey[i : i + rows, j : j + columns] for i in range(3) for j in range(3))
    flat = np.sort(np.abs(left).ravel())
    wanted = flat[(len(flat) - 1) // 2] / 6 / 0.6745  # torch takes the lower of two medians
    found = deviation(torch.from_numpy(picture.transpose(2, 0, 1)[None]))
    np.testing.assert_allclose(found.item(), wanted, rtol=1e-9)


def test_softness_rises_with_noise_and_with_gain():
    clean = torch.full((5, 3, 192, 192), 90, dtype=torch.uint8)  # LEAST is what it has of noise
    gain = torch.tensor([1.0, FROM, (FROM + FULL) / 2, FULL, 6.0]) / LEAST
    found = softness(clean, gain)
    torch.testing.assert_close(found, torch.tensor([0.0, 0.0, 0.5, 1.0, 1.0]))
    assert softness(face(FULL * 1.5), torch.ones(1)).item() == 1


def test_a_lit_face_is_shown_as_it_is_and_a_dark_one_softly():
    told = [softness(seen, expose(seen)[1]).item() for seen in (face(), face(light=0.15))]
    assert told[0] == 0
    assert told[1] > 0.5


def test_each_crop_for_itself_and_of_any_type():
    crops = torch.cat([face(), face(2.0), face(6.0)])
    alone = torch.stack([softness(one[None].float(), torch.ones(1))[0] for one in crops])
    torch.testing.assert_close(softness(crops, torch.ones(3)), alone)
