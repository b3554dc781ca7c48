"""The steps of training, on small networks."""

from dataclasses import replace

import numpy as np
import torch
from small_networks import QUICK, Tiny, transformer

from castlist.adapt import Adapter
from castlist.adapt.loss import entropy
from castlist.adapt.patches import patch_loss


def test_blocks_make_no_difference(film, monkeypatch):
    recipe = replace(QUICK, rounds=2, steps=2, views=32, centre=0.9)
    whole = Adapter(Tiny(), recipe)(*film)
    seen = []
    monkeypatch.setattr("castlist.adapt.training.BLOCK", 7)
    monkeypatch.setattr(
        "castlist.adapt.training.entropy", lambda x: seen.append(len(x)) or entropy(x)
    )
    parts = Adapter(Tiny(), recipe)(*film)
    assert max(seen) == 7
    np.testing.assert_allclose(parts.centre, whole.centre, atol=1e-6)
    entropies = [[row.get("entropy", 0) for row in one.history] for one in (whole, parts)]
    np.testing.assert_allclose(*entropies, rtol=1e-4)


def test_all_crops_of_a_large_film_are_seen_about_once(film):
    crops, track = film
    told = []
    Adapter(Tiny(), replace(QUICK, steps=1, batch=10, views=1))(
        crops, track, hook=lambda *progress: told.append(progress)
    )
    assert told[-1] == ("adapt", 5, 5)  # 48 crops by tens


def test_several_steps_learn_from_a_view(film, monkeypatch):
    crops, track = film
    monkeypatch.setattr("castlist.adapt.training.POOL", 40)
    shown, learned = [], []

    class Watched(Tiny):
        def lower(self, crops):
            shown.append(len(crops))
            return super().lower(crops)

        def upper(self, features):
            if torch.is_grad_enabled():
                learned.append(len(features))
            return super().upper(features)

    recipe = replace(QUICK, steps=17, batch=16, views=80)
    history = Adapter(Watched(), recipe)(crops, track).history
    assert learned == [16] * 18 == [16] * sum("loss" in row for row in history)  # nine a pool
    embedded = 2 * 2 * len(crops)  # before and after, both mirror images
    assert sum(shown) == 80 + embedded


def test_training_ends_where_the_loss_is_not_finite(film, tmp_path, caplog):
    class Broken(Tiny):
        def upper(self, features):
            found = super().upper(features)
            return found * float("nan") if torch.is_grad_enabled() else found

    adapted = Adapter(Broken(), replace(QUICK, rounds=3), checkpoints=tmp_path)(*film)
    assert caplog.text.count("loss or gradient isn't finite; training ends") == 1
    np.testing.assert_allclose(adapted.embeddings, adapted.frozen, atol=1e-6)
    assert not any("loss" in row for row in adapted.history)
    assert not any(tmp_path.iterdir())


def test_training_ends_where_a_gradient_is_not_finite(film, tmp_path, caplog):
    class Broken(Tiny):
        trained = 0

        def upper(self, features):
            found = super().upper(features)
            if found.requires_grad:
                Broken.trained += 1
                if Broken.trained == 15:  # in the second round; the loss itself is finite
                    found.register_hook(lambda gradient: gradient * float("nan"))
            return found

    recipe = replace(QUICK, rounds=3)
    adapted = Adapter(Broken(), recipe, checkpoints=tmp_path)(*film)
    assert "round 1, step 2: loss or gradient isn't finite; training ends" in caplog.text
    assert Broken.trained == 15
    assert np.isfinite(adapted.embeddings).all()
    assert all(weight.isfinite().all() for weight in adapted.weights.values())
    losses = [row["loss"] for row in adapted.history if "loss" in row]
    assert np.isfinite(losses).all()
    assert len(losses) == 14


def test_transformer_learns_its_masked_patches_as_well(film):
    crops, track = film[0][:16], film[1][:16]
    recipe = replace(QUICK, steps=3, rate=1e-3, views=48)
    before = Adapter(transformer(), replace(recipe, rounds=0))(crops, track).weights
    after = Adapter(transformer(), recipe)(crops, track).weights
    for name in ("encoder.mask_token", "patch_head.prototypes"):
        assert not torch.equal(after[name], before[name])
    assert not after["patch_loss.centre"].any()
    centred = Adapter(transformer(), replace(recipe, centre=0.9))(crops, track).weights
    assert centred["patch_loss.centre"].all()


def test_masked_patches_are_compared_in_full_precision(film, monkeypatch):
    half = []

    def spy(*given):
        half.append(torch.is_autocast_enabled("cpu"))
        return patch_loss(*given)

    monkeypatch.setattr("castlist.adapt.training.patch_loss", spy)
    monkeypatch.setattr(
        "castlist.adapt.training.half_precision", lambda _: torch.autocast("cpu", torch.bfloat16)
    )
    Adapter(transformer(), replace(QUICK, steps=1, views=16))(film[0][:16], film[1][:16])
    assert set(half) == {False}
