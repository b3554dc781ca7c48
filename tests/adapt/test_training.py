"""The loop of adaptation, on small networks."""

import logging
from dataclasses import replace

import numpy as np
import pytest
import torch
from torch import nn

from castlist.adapt import FROZEN, PAPER, Adapter, Recipe
from castlist.adapt.loss import entropy
from castlist.adapt.patches import patch_loss
from castlist.adapt.training import _Draw, restore
from castlist.encoders.base import Encoder
from castlist.encoders.vit import Shape, ViT
from castlist.tables import read_table

QUICK = Recipe(steps=12, batch=16, views=96, outputs=64, rate=3e-3)


class Tiny(Encoder):
    """Mean colours of a few fields, mixed by one layer that can learn."""

    def __init__(self) -> None:
        super().__init__(name="tiny", dim=8, mean=127.5, scale=64)
        generator = torch.Generator().manual_seed(5)
        self.mix = nn.Linear(27, 8, bias=False)
        nn.init.normal_(self.mix.weight, generator=generator)

    def embed_chips(self, chips):
        return self.mix(nn.functional.adaptive_avg_pool2d(chips, 3).flatten(1))


def transformer():
    torch.manual_seed(0)
    return ViT(Shape(width=32, depth=2, heads=2, patch=28, dim=16)).eval()


@pytest.fixture(scope="module")
def film():
    """Twelve tracks of four people: patterns of colour, each crop in another light."""
    rng = np.random.default_rng(0)
    faces = rng.integers(40, 216, (4, 3, 3, 3))
    track = np.repeat(np.arange(12), 4)
    crops = []
    for number in track:
        face = faces[number % 4] * rng.uniform(0.5, 1.3, 3) + rng.normal(0, 25, (3, 3, 3))
        crops.append(np.kron(face, np.ones((64, 64, 1))).clip(0, 255).astype(np.uint8))
    return np.stack(crops), track


def spread(embeddings, track):
    """Mean cosine of a track's crops with their mean."""
    means = np.stack([embeddings[track == t].mean(axis=0) for t in range(track.max() + 1)])
    means /= np.linalg.norm(means, axis=1, keepdims=True)
    return float((embeddings * means[track]).sum(axis=1).mean())


def test_crops_of_a_track_come_closer_and_the_encoder_is_left_as_it_is(film):
    crops, track = film
    encoder = Tiny()
    before = encoder.mix.weight.detach().clone()
    adapted = Adapter(encoder, replace(QUICK, steps=60))(crops, track)
    assert spread(adapted.embeddings, track) > spread(adapted.frozen, track) + 0.01
    assert torch.equal(encoder.mix.weight, before)
    losses = [row["loss"] for row in adapted.history if "loss" in row]
    assert np.mean(losses[-10:]) < np.mean(losses[:10])


def test_same_seed_same_result_another_seed_another(film):
    one, two, other = (Adapter(Tiny(), QUICK, seed=s)(*film).embeddings for s in (0, 0, 1))
    np.testing.assert_array_equal(one, two)
    assert not np.array_equal(one, other)


@pytest.mark.parametrize("recipe", [QUICK, replace(PAPER, head_steps=3, outputs=64)])
@pytest.mark.parametrize("encoder", [Tiny, transformer])
def test_killed_run_goes_on_to_the_same_result(film, tmp_path, encoder, recipe):
    recipe = replace(recipe, rounds=3, steps=4, batch=16, views=64)
    whole = Adapter(encoder(), recipe)(*film)

    def kill(stage, done, total):
        if done == 9:  # in the third round
            raise KeyboardInterrupt

    with pytest.raises(KeyboardInterrupt):
        Adapter(encoder(), recipe, checkpoints=tmp_path)(*film, hook=kill)
    trained = []
    again = Adapter(encoder(), recipe, checkpoints=tmp_path)(
        *film, hook=lambda stage, done, total: trained.append(done)
    )
    assert trained[0] == 9
    np.testing.assert_array_equal(again.embeddings, whole.embeddings)
    np.testing.assert_array_equal(again.centre, whole.centre)
    assert again.history == whole.history
    assert all(torch.equal(again.weights[name], whole.weights[name]) for name in whole.weights)


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


def test_an_adapter_starts_anew_each_time(film):
    adapter = Adapter(Tiny(), QUICK)
    one, two = adapter(*film), adapter(*film)
    np.testing.assert_array_equal(one.embeddings, two.embeddings)
    assert one.history == two.history
    assert one.history is not two.history


@pytest.mark.parametrize("other", ["film", "tracks", "links", "recipe", "seed"])
def test_checkpoints_of_another_training_are_passed_over(film, tmp_path, other):
    (crops, track), recipe, more = film, replace(QUICK, rounds=2, steps=3, views=48), {}
    seed = int(other == "seed")
    Adapter(Tiny(), recipe, checkpoints=tmp_path)(crops, track)
    if other == "film":
        crops = crops[::-1]
    if other == "tracks":
        track = np.maximum(track, 1) - 1
    if other == "links":
        more = {"cannot_link": np.array([[0, 4]])}
    if other == "recipe":
        recipe = replace(recipe, rate=1e-3)
    found = Adapter(Tiny(), recipe, seed=seed, checkpoints=tmp_path)(crops, track, **more)
    wanted = Adapter(Tiny(), recipe, seed=seed)(crops, track, **more)
    np.testing.assert_array_equal(found.embeddings, wanted.embeddings)
    assert found.history == wanted.history


def test_damaged_checkpoint_is_passed_over(film, tmp_path):
    recipe = replace(QUICK, rounds=2, steps=3, views=48)
    whole = Adapter(Tiny(), recipe, checkpoints=tmp_path)(*film)
    (tmp_path / "1.safetensors").write_bytes(b"cut off")
    again = Adapter(Tiny(), recipe, checkpoints=tmp_path)(*film)
    np.testing.assert_array_equal(again.embeddings, whole.embeddings)


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


def test_every_view_of_a_pool_is_learned_from_equally_often():
    draw = _Draw(
        np.zeros(1, np.int64),
        np.zeros((0, 2), np.int64),
        np.ones((1, 4), np.float32),
        np.ones(1, np.float32),
        replace(QUICK, batch=8),
        (0,),
    )
    chosen = draw.batches(views=20, steps=5)
    assert chosen.shape == (5, 8)
    np.testing.assert_array_equal(np.bincount(chosen.ravel()), np.full(20, 2))


def test_weights_and_history_are_kept(film, tmp_path):
    crops, track = film
    adapted = Adapter(Tiny(), QUICK)(crops, track)
    fresh = Tiny()
    restore(adapted.weights, fresh)
    seen = torch.from_numpy(crops).permute(0, 3, 1, 2)
    with torch.no_grad():
        raw = fresh(seen) + fresh(seen.flip(3))
    ours = nn.functional.normalize(raw, dim=1).numpy()
    np.testing.assert_allclose(ours, adapted.embeddings, atol=0.02)  # half precision, maybe
    adapted.save_history(tmp_path / "training.parquet")
    rows = read_table(tmp_path / "training.parquet", ["step", "loss", "matches"], stage="adapt")
    assert np.isfinite(rows["loss"]).sum() == QUICK.steps
    assert np.isfinite(rows["matches"]).sum() == QUICK.rounds


def test_matches_of_the_last_round_are_told(film):
    crops, track = film
    adapted = Adapter(Tiny(), QUICK)(crops, track, must_link=np.array([[0, 1]]))
    wanted = QUICK.matching(adapted.frozen, track)
    assert len(wanted)
    np.testing.assert_array_equal(adapted.matches, wanted)  # the user's links are none
    assert Adapter(Tiny(), FROZEN)(crops, track).matches is None


def test_weights_of_another_network_are_refused(film):
    weights = Adapter(Tiny(), FROZEN)(*film).weights
    with pytest.raises(ValueError, match=r"another network: vit has no mix\.weight"):
        restore(weights, transformer())


def test_clusters_are_counted_before_each_round_and_after_the_last(film, tmp_path):
    counted = []

    def clusters(embeddings, head, centre):
        counted.append(embeddings)
        return 10 - len(counted)

    adapted = Adapter(Tiny(), replace(QUICK, rounds=2))(*film, clusters=clusters)
    np.testing.assert_array_equal(counted[0], adapted.frozen)
    np.testing.assert_array_equal(counted[2], adapted.embeddings)
    rows = [row for row in adapted.history if "clusters" in row]
    assert [(row["round"], row["clusters"]) for row in rows] == [(0, 9), (1, 8), (2, 7)]
    assert ["matches" in row for row in rows] == [True, True, False]
    adapted.save_history(tmp_path / "training.parquet")
    kept = read_table(tmp_path / "training.parquet", ["clusters"], stage="adapt")["clusters"]
    assert kept[np.isfinite(kept)].tolist() == [9, 8, 7]


def test_where_no_track_matches_another_nobody_is_warned(film, caplog):
    crops, track = film
    apart = np.array([(a, b) for a in range(12) for b in range(a)])
    with caplog.at_level(logging.INFO):
        Adapter(Tiny(), QUICK)(crops, track, apart)
    (told,) = [record for record in caplog.records if "no track matches" in record.message]
    assert told.levelno == logging.INFO


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


def test_without_rounds_and_without_anything_to_learn_nothing_changes(film):
    class Stiff(Tiny):
        def upper_parameters(self):
            return []

    for encoder, recipe in ((Tiny(), FROZEN), (Stiff(), QUICK)):
        adapted = Adapter(encoder, recipe)(*film)
        np.testing.assert_array_equal(adapted.embeddings, adapted.frozen)


def test_film_without_tracks():
    none = np.zeros((0, 192, 192, 3), np.uint8)
    adapted = Adapter(Tiny(), QUICK)(none, np.zeros(0, np.int64))
    assert adapted.embeddings.shape == (0, 8)
    assert adapted.history == []


def test_one_track_of_one_crop(film):
    adapted = Adapter(Tiny(), QUICK)(film[0][:1], np.zeros(1, np.int64))
    assert np.isfinite(adapted.embeddings).all()


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


def test_embeddings_that_are_known_are_not_made_again(film):
    crops, track = film
    whole = Adapter(Tiny(), FROZEN)(crops, track)
    told = 3 * whole.frozen  # raw ones: their length is no matter here
    again = Adapter(Tiny(), FROZEN)(crops, track, frozen=told)
    np.testing.assert_allclose(again.frozen, whole.frozen, atol=1e-6)


def test_strong_crops_count_more_in_drawing_and_in_the_consensus():
    embeddings = np.eye(4, dtype=np.float32)
    strength = np.array([2, 1, 1, 0.1], np.float32)
    matches = np.array([[1, 0]])
    draw = _Draw(np.array([0, 0, 1, 2]), matches, embeddings, strength, Recipe(), (0,))
    rows = draw.rows(4000)
    partners = draw.partners(rows)
    share = np.array([4 / 2**0.5, 1 / 2**0.5, 1, 0.01])
    np.testing.assert_allclose(np.bincount(rows) / 4000, share / share.sum(), atol=0.03)
    own = np.array([0.8, 0.2, 0, 0])  # squares of 2 and 1
    np.testing.assert_allclose(partners[rows == 0][0], own, atol=1e-6)
    both = np.average([own, [0, 0, 1, 0]], axis=0, weights=[2.5, 1])
    np.testing.assert_allclose(partners[rows == 2][0], both, atol=1e-6)
