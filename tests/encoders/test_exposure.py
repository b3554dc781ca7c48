"""What expose does to light, told by formula and by invariants."""

import numpy as np
import pytest
import torch

from castlist.encoders import exposure
from castlist.encoders.exposure import BRIGHT, CONTRAST, FACE, MOST


def expose(crops):
    return exposure.expose(crops)[0]


def crop(mean, deviation, seed=0):
    """A crop of grey noise, (1, 3, 192, 192), smooth enough to keep its moments."""
    noise = torch.randn(1, 1, 192, 192, generator=torch.Generator().manual_seed(seed))
    noise = noise.clamp(-2, 2)
    inside = noise[:, :, *FACE]
    noise = (noise - inside.mean()) / inside.std()
    return (mean + deviation * noise).expand(1, 3, 192, 192).contiguous()


def moments(x):
    face = x[:, 0, *FACE].flatten()
    return face.mean().item(), face.std().item()


def test_light_enough_stays_as_it_is():
    seen = crop(BRIGHT + 10, CONTRAST + 5)
    torch.testing.assert_close(expose(seen), seen.clamp(0, 255))


def test_a_dim_flat_face_becomes_as_a_lit_one():
    mean, deviation = moments(expose(crop(BRIGHT / 3, CONTRAST / 3)))
    assert mean == pytest.approx(BRIGHT, abs=1)
    assert deviation == pytest.approx(CONTRAST, abs=1)


def test_a_bright_flat_face_keeps_its_brightness():
    mean, deviation = moments(expose(crop(BRIGHT + 20, CONTRAST / 2)))
    assert mean == pytest.approx(BRIGHT + 20, abs=1)
    assert deviation == pytest.approx(CONTRAST, abs=1)


def test_dimming_is_undone():
    seen = crop(BRIGHT - 5, CONTRAST - 2)
    torch.testing.assert_close(expose(seen * 0.5 + 3), expose(seen), atol=0.01, rtol=0)


@pytest.mark.parametrize("value", [0, 7, 128, 255])
def test_a_uniform_picture_stays_uniform(value):
    found = expose(torch.full((2, 3, 192, 192), value, dtype=torch.uint8))
    torch.testing.assert_close(found, torch.full_like(found, max(value, BRIGHT)))


def test_noise_is_raised_only_so_far():
    _, deviation = moments(expose(crop(30, 1.0)))
    assert deviation == pytest.approx(MOST, rel=0.01)


def test_each_crop_for_itself_and_of_any_type():
    pictures = np.random.default_rng(0).integers(0, 90, (3, 3, 192, 192), dtype=np.uint8)
    pictures[1] //= 4
    together = expose(torch.from_numpy(pictures))
    for one, found in zip(pictures, together, strict=True):
        torch.testing.assert_close(expose(torch.from_numpy(one[None]).float())[0], found)
    assert together.dtype == torch.float32
    assert together.min() >= 0
    assert together.max() <= 255


def test_equal_to_the_formula_in_numpy():
    picture = np.random.default_rng(1).integers(0, 120, (192, 192, 3)).astype(np.float64)
    grey = picture[64:160, 48:144] @ [0.299, 0.587, 0.114]
    gain = np.clip(CONTRAST / grey.std(ddof=1), 1, MOST)
    wanted = np.clip((picture - grey.mean()) * gain + max(grey.mean(), BRIGHT), 0, 255)
    found = expose(torch.from_numpy(picture.transpose(2, 0, 1)[None]))
    np.testing.assert_allclose(found[0].permute(1, 2, 0).numpy(), wanted, atol=1e-6)


@pytest.mark.parametrize(
    ("deviation", "gain"), [(CONTRAST + 5, 1), (CONTRAST / 2, 2), (CONTRAST / 4, 4), (1.0, MOST)]
)
def test_it_tells_by_how_much_contrast_was_raised(deviation, gain):
    _, raised = exposure.expose(crop(100, deviation))
    assert raised.tolist() == [pytest.approx(gain, rel=1e-4)]
