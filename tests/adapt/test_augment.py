"""Random changes of crops."""

import pytest
import torch

from castlist.adapt.augment import Augment

STILL = {"flip": 0, "rotation": 0, "zoom": 0, "temperature": 0, "light": 0, "coarse": 0}


def crops(count=6):
    return torch.randint(0, 256, (count, 3, 32, 32), dtype=torch.uint8)


def changed(augment, x, seed=0):
    return augment(x, torch.Generator().manual_seed(seed))


def test_nothing_is_changed_when_nothing_may_be():
    x = crops()
    torch.testing.assert_close(changed(Augment(**STILL), x), x.float(), atol=0.01, rtol=0)


def test_chance_comes_from_the_generator_alone():
    x = crops()
    assert torch.equal(changed(Augment(), x), changed(Augment(), x))
    assert not torch.equal(changed(Augment(), x), changed(Augment(), x, seed=1))


def test_each_crop_is_changed_in_its_own_way_within_the_range():
    x = crops(1).repeat(8, 1, 1, 1)
    new = changed(Augment(), x)
    assert new.shape == x.shape
    assert new.min() >= 0
    assert new.max() <= 255
    assert len({float(one.mean()) for one in new}) == 8


def test_flip_is_a_mirror_image():
    x = crops()
    new = changed(Augment(**{**STILL, "flip": 1}), x)
    torch.testing.assert_close(new, x.float().flip(3), atol=0.01, rtol=0)


def test_warm_light_has_more_red_than_blue():
    x = torch.full((200, 3, 4, 4), 100)
    new = changed(Augment(**{**STILL, "temperature": 0.2}), x).mean(dim=(2, 3))
    assert new[:, 0].amin() >= 80
    assert new[:, 0].amax() <= 120.01
    torch.testing.assert_close(new[:, 0] * new[:, 2], torch.full((200,), 1e4), rtol=1e-3, atol=0)
    torch.testing.assert_close(new[:, 1], torch.full((200,), 100.0))


def test_coarse_crops_lose_their_detail_but_not_their_mean():
    x = crops(3)
    new = changed(Augment(**{**STILL, "coarse": 1, "smallest": 0.25}), x)
    assert (new.std(dim=(1, 2, 3)) < x.float().std(dim=(1, 2, 3))).all()
    assert new.mean() == pytest.approx(float(x.float().mean()), abs=3)
