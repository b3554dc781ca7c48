"""What the page tells of the adaptation."""

import numpy as np
import pytest

from castlist.cluster.labels import save_labels
from castlist.errors import WorkspaceError
from castlist.report import adaptation
from castlist.tables import write_table
from castlist.tracks.embeddings import save_embeddings

TRACK = np.repeat(np.arange(12), 3)


def leave(folder, *, adapted=True, track=TRACK):
    """Write what adaptation and clustering leave."""
    rng = np.random.default_rng(0)
    count = track.max() + 1
    people = rng.normal(size=(3, 16))[track % 3]
    base = people + 0.8 * rng.normal(size=people.shape)
    after = people + 0.3 * rng.normal(size=people.shape) if adapted else base
    unit = [
        (x / np.linalg.norm(x, axis=1, keepdims=True)).astype(np.float32) for x in (base, after)
    ]
    save_embeddings(folder / "embeddings.safetensors", {"base": unit[0], "adapted": unit[1]})
    save_labels(folder / "clusters.parquet", np.arange(count) % 3, np.arange(count) % 5)
    nothing = np.full(401, np.nan)
    loss, matches, step = nothing.copy(), nothing.copy(), nothing.copy()
    entropy, clusters = nothing.copy(), nothing.copy()
    if adapted:
        matches[0] = 1.75
        entropy[[0, 400]], clusters[[0, 400]] = (4.5, 4.25), (5, 3)
        loss[1:-1], step[1:-1] = np.linspace(6, 5, 399), np.arange(399)
    columns = {"step": step, "loss": loss, "matches": matches}
    columns |= {"entropy": entropy, "clusters": clusters}
    write_table(folder / "training.parquet", columns)
    return folder


def test_map_has_a_point_for_each_track_before_and_after(tmp_path):
    told = adaptation.describe(leave(tmp_path), TRACK)
    assert told["characters"] == [5, 3]
    assert told["rounds"] == [[1.75, 4.5, 5], [None, 4.25, 3]]
    assert (told["loss"][0], told["loss"][-1]) == (6, 5)
    assert len(told["loss"]) == adaptation.POINTS
    assert told["map"]["tracks"] == list(range(12))
    for points in (np.array(told["map"]["before"]), np.array(told["map"]["after"])):
        assert points.shape == (12, 2)
        assert points.min() == 0
        assert points.max() == 1
    assert told["map"]["before"] != told["map"]["after"]
    assert told == adaptation.describe(tmp_path, TRACK)  # nothing of it is chance


def test_map_is_kept_as_long_as_the_embeddings_are_the_same(tmp_path, monkeypatch):
    made = []
    layout = adaptation.layout
    monkeypatch.setattr(adaptation, "layout", lambda *a: made.append(1) or layout(*a))
    first = adaptation.describe(leave(tmp_path), TRACK)
    assert adaptation.describe(tmp_path, TRACK) == first
    assert len(made) == 2
    for damage in ("", "[]", "{}", '{"of": 1, "map": 2}'):
        (tmp_path / "map.json").write_text(damage, "utf-8")
        assert adaptation.describe(tmp_path, TRACK) == first
    assert len(made) == 10
    other = adaptation.describe(leave(tmp_path, adapted=False), TRACK)
    assert other["map"] != first["map"]
    assert other == adaptation.describe(tmp_path, TRACK)
    assert len(made) == 11


def test_without_adaptation_there_is_one_map(tmp_path):
    told = adaptation.describe(leave(tmp_path, adapted=False), TRACK)
    assert told["map"]["before"] == told["map"]["after"]
    assert told["loss"] == told["rounds"] == []


def test_few_tracks_make_no_map(tmp_path):
    track = np.arange(adaptation.FEWEST - 1)
    assert adaptation.describe(leave(tmp_path, track=track), track)["map"] == {}


@pytest.mark.parametrize("people", [1, 2])
def test_tracks_that_look_the_same_are_mapped_all_the_same(people):
    rng = np.random.default_rng(0)
    means = rng.normal(size=(people, 16))[np.arange(6) % people].astype(np.float32)
    means /= np.linalg.norm(means, axis=1, keepdims=True)
    other = rng.normal(size=(6, 16)).astype(np.float32)
    first = adaptation.layout(means, None)
    assert np.isfinite(first).all()
    assert np.ptp(first, axis=0).any() == (people > 1)
    after = adaptation.layout(other / np.linalg.norm(other, axis=1, keepdims=True), first)
    assert np.isfinite(after).all()
    assert np.ptp(after, axis=0).all()


def test_of_many_tracks_those_with_most_crops_are_mapped(tmp_path, monkeypatch):
    monkeypatch.setattr(adaptation, "MOST", 6)
    track = np.repeat(np.arange(12), np.where(np.arange(12) % 2, 4, 2))
    told = adaptation.describe(leave(tmp_path, track=track), track)
    assert told["map"]["tracks"] == [1, 3, 5, 7, 9, 11]


def test_nothing_is_told_where_nothing_was_left(tmp_path):
    assert adaptation.describe(tmp_path, TRACK) == {}
    assert adaptation.describe(leave(tmp_path), TRACK[:0]) == {}


def test_damaged_table_is_named(tmp_path):
    (leave(tmp_path) / "training.parquet").write_bytes(b"damaged")
    with pytest.raises(WorkspaceError, match=r"training.parquet.*--force adapt"):
        adaptation.describe(tmp_path, TRACK)
