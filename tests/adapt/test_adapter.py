"""Rounds of matching and training, on small networks."""

import logging
from dataclasses import replace

import numpy as np
import pytest
import torch
from small_networks import QUICK, Tiny, transformer
from torch import nn

from castlist.adapt import FROZEN, PAPER, Adapter
from castlist.adapt.weights import restore
from castlist.tables import read_table


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


def test_embeddings_that_are_known_are_not_made_again(film):
    crops, track = film
    whole = Adapter(Tiny(), FROZEN)(crops, track)
    told = 3 * whole.frozen  # raw ones: their length is no matter here
    again = Adapter(Tiny(), FROZEN)(crops, track, frozen=told)
    np.testing.assert_allclose(again.frozen, whole.frozen, atol=1e-6)
