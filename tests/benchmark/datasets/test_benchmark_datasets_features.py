"""Data sets of features: BCL's release, SSiam's, VPCD's."""

import pickle
from dataclasses import replace

import numpy as np
import pytest
from scipy.io import savemat

from castlist.adapt import Recipe
from castlist.benchmark.adaptations import adapt
from castlist.benchmark.datasets import bcl, ssiam, vpcd
from castlist.benchmark.datasets.features import feature_set
from castlist.errors import CastlistError


def random(*shape):
    return np.random.default_rng(0).normal(size=shape).astype(np.float32)


@pytest.fixture
def ids(tmp_path):
    path = tmp_path / "bbt_s01e01.ids"
    path.write_text("CVHCI_TRACKLABELS_V1\n18 sheldon\n3 raj\n\n20 unknown_e01_1\n")
    return path


def test_a_set_has_its_tracks_in_order():
    found = feature_set("x", {7: ("b", random(2, 4)), 3: ("a", random(3, 4))})
    assert (len(found), found.features.shape, found.crops) == (2, (5, 4), None)
    assert found.track.tolist() == [0, 0, 0, 1, 1]
    assert found.identity.tolist() == ["a", "b"]
    assert found.frames.tolist() == [3, 2]  # of each crop one, as nobody tells
    assert found.cannot_link.shape == (0, 2)


def test_where_frames_are_known_tracks_that_share_one_are_two_people():
    tracks = {7: ("b", random(1, 4)), 3: ("a", random(3, 4)), 9: ("a", random(1, 4))}
    seen = {3: np.array([5, 6]), 7: np.array([6, 7, 8]), 9: np.array([9])}
    found = feature_set("x", tracks, seen)
    assert found.frames.tolist() == [2, 3, 1]
    assert found.cannot_link.tolist() == [[0, 1]]


def test_a_set_without_pictures_is_a_track_set():
    made = feature_set("x", {n: (who, random(2, 4) + n) for n, who in enumerate("aba")})
    kept = made.select(np.array([True, False, True]), "fewer")
    assert (kept.crops, kept.track.tolist()) == (None, [0, 0, 1, 1])
    np.testing.assert_array_equal(kept.features, made.features[[0, 1, 4, 5]])
    assert (
        len({made.digest(), kept.digest(), replace(made, features=made.features + 1).digest()}) == 3
    )
    with pytest.raises(CastlistError, match="x: no pictures"):
        adapt(made, Recipe(), encoder="sface", device="cpu", seed=0)


@pytest.mark.parametrize(
    "tracks",
    [
        {},
        {1: ("a", random(0, 4))},
        {1: ("a", random(4))},
        {1: ("a", random(1, 4)), 2: ("b", random(1, 5))},
        {1: ("a", np.full((1, 2), np.nan))},
    ],
)
def test_a_set_that_cannot_be(tracks):
    with pytest.raises(ValueError, match="track"):
        feature_set("x", tracks)


def test_bcl_ids_and_features(ids, tmp_path):
    folder = tmp_path / "features"
    folder.mkdir()
    np.save(folder / "18.npy", random(2, 256))
    np.save(folder / "3.npy", random(1, 256))
    assert bcl.read_ids(ids) == {18: "sheldon", 3: "raj", 20: "unknown_e01_1"}
    found = bcl.read_features(ids, folder)
    assert (found.name, found.identity.tolist()) == ("bbt_s01e01", ["raj", "sheldon"])
    np.testing.assert_array_equal(found.features[1:], random(2, 256))
    np.save(folder / "99.npy", random(1, 256))
    with pytest.raises(CastlistError, match=r"99\.npy: not features of a track"):
        bcl.read_features(ids, folder)


def test_bcl_files_that_are_damaged(ids, tmp_path):
    with pytest.raises(CastlistError, match="not a folder of features"):
        bcl.read_features(ids, tmp_path / "none")
    (tmp_path / "3.npy").write_bytes(b"damaged")
    with pytest.raises(CastlistError, match=r"3\.npy: not features"):
        bcl.read_features(ids, tmp_path)
    np.save(tmp_path / "3.npy", np.array([{}], object), allow_pickle=True)
    with pytest.raises(CastlistError, match=r"3\.npy: not features"):
        bcl.read_features(ids, tmp_path)
    for text in (
        "",
        "18 sheldon\n",
        "CVHCI_TRACKLABELS_V1\n18\n",
        "CVHCI_TRACKLABELS_V1\n1 a\n1 b\n",
    ):
        ids.write_text(text)
        with pytest.raises(CastlistError, match="not a list of track ids"):
            bcl.read_ids(ids)


def test_bcl_tracks(ids, tmp_path):
    path = tmp_path / "boxes"
    path.write_text("header\n3 0 10 20 30 40\n3 1 11 20 30 40\n999 1 0 0 5 5\n")
    found = bcl.read_tracks(ids, path, tmp_path / "e.mp4")
    assert [(t.identity, t.frames.tolist()) for t in found.tracks] == [("raj", [0, 1])]
    np.testing.assert_array_equal(found.tracks[0].boxes[0], [10, 20, 40, 60])
    path.write_text("header\n3 0 10 20 30\n")
    with pytest.raises(CastlistError, match="not a list of boxes"):
        bcl.read_tracks(ids, path, tmp_path / "e.mp4")


def matlab(folder, features, labels, frames):
    tracks = np.zeros(len(labels), [("labelid", object), ("numframes", object)])
    tracks["labelid"], tracks["numframes"] = labels, frames
    savemat(folder / "e.mat", {"features_vgg": features})
    savemat(folder / "t.mat", {"Tracks": tracks})
    return folder / "e.mat", folder / "t.mat"


def test_ssiam(tmp_path):
    features = random(6, 4, 3)
    found = ssiam.read_features(*matlab(tmp_path, features, [5, 2, 5], [4, 1, 2]))
    assert found.identity.tolist() == ["person 5", "person 2", "person 5"]
    assert found.track.tolist() == [0, 0, 0, 0, 1, 2, 2]
    np.testing.assert_array_equal(found.features[5:], features[:, :2, 2].T)


def test_ssiam_with_a_single_track(tmp_path):
    features = random(6, 4, 1)
    found = ssiam.read_features(*matlab(tmp_path, features, [1], [3]))
    np.testing.assert_array_equal(found.features, features[:, :3, 0].T)


def test_ssiam_files_that_are_damaged(tmp_path):
    files = matlab(tmp_path, random(6, 4, 3), [5, 2], [4, 1])
    with pytest.raises(CastlistError, match="2 tracks, but features of 3"):
        ssiam.read_features(*files)
    with pytest.raises(CastlistError, match="more frames than features"):
        ssiam.read_features(*matlab(tmp_path, random(6, 4, 2), [5, 2], [4, 9]))
    with pytest.raises(CastlistError, match="not a MATLAB file with features_vgg"):
        ssiam.read_features(files[1], files[1])
    files[0].write_bytes(files[0].read_bytes()[:150])
    with pytest.raises(CastlistError, match="not a MATLAB file"):
        ssiam.read_features(*files)
    files[0].write_bytes(b"")
    with pytest.raises(CastlistError, match="not a MATLAB file"):
        ssiam.read_features(*files)


VPCD = {
    4: {"frames": np.array([2, 3]), "boxes": np.array([[0, 0, 5, 5], [1, 0, 6, 5.0]])},
    9: {"frames": [3], "boxes": [[10, 0, 15, 5]]},
}
for _track, _who, _crops in ((4, "sherlock", 2), (9, "john", 1)):
    VPCD[_track] |= {"label": _who, "features": random(_crops, 256)}


@pytest.mark.parametrize("data", [VPCD, list(VPCD.values())])
def test_vpcd(tmp_path, data):
    path = tmp_path / "film.pk"
    path.write_bytes(pickle.dumps(data))
    found = vpcd.read_tracks(path, tmp_path / "film.mp4")
    told = [(t.identity, t.frames.tolist()) for t in found.tracks]
    assert told == [("sherlock", [2, 3]), ("john", [3])]
    features = vpcd.read_features(path)
    assert features.identity.tolist() == ["sherlock", "john"]
    assert features.features.shape == (3, 256)
    assert features.frames.tolist() == [2, 1]
    assert features.cannot_link.tolist() == [[0, 1]]  # both are on frame 3


@pytest.mark.parametrize(
    "data", [3, {"a": {}}, {1: {"label": "a"}}, [1], [VPCD[4] | {"frames": []}]]
)
def test_vpcd_of_another_form(tmp_path, data):
    path = tmp_path / "film.pk"
    path.write_bytes(pickle.dumps(data))
    with pytest.raises(CastlistError, match="not face tracks"):
        vpcd.read_tracks(path, tmp_path / "film.mp4")
    with pytest.raises(CastlistError, match="not face tracks"):
        vpcd.read_features(path)
