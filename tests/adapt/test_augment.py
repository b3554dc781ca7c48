"""Random changes of crops."""

import pytest
import torch

from castlist.adapt.augment import Augment

STILL = dict.fromkeys(("flip", "rotation", "zoom", "temperature", "light", "coarse", "cut"), 0)


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


def test_a_cut_crop_is_black_beyond_a_line_and_whole_before_it():
    x = torch.full((40, 3, 32, 32), 200, dtype=torch.uint8)
    new = changed(Augment(**{**STILL, "cut": 1, "least": 0.5}), x)
    assert set(new.unique().round().tolist()) == {0, 200}
    black = (new[:, 0] < 1).float()
    assert black.mean(dim=(1, 2)).max() <= 0.5
    assert (black.flatten(1).sum(dim=1) > 0).sum() > 20
    for one in black:  # a half-plane: each row is black on one side at most
        assert (one.diff(dim=1).abs().sum(dim=1) <= 1).all()


def test_only_a_share_of_the_crops_is_cut():
    x = torch.full((200, 3, 16, 16), 200, dtype=torch.uint8)
    new = changed(Augment(**{**STILL, "cut": 0.3}), x)
    assert 0.1 < float((new.amin(dim=(1, 2, 3)) < 1).float().mean()) < 0.35
