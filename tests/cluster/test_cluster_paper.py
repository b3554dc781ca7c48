"""The paper's last steps: who is left out, and that the rest is Algorithm 1's."""

import numpy as np

from castlist.cluster.distance import Cosine
from castlist.cluster.learned import LossClustering
from castlist.cluster.paper import PaperClustering

NONE = np.zeros((0, 2), np.int64)
POOR = np.float32([0.9, 0.91, 0.1, 0.9, 0.92, 0.91]).repeat(4)  # the third track's crops are


def film(people="aabbab", crops=4, seed=0):
    rng = np.random.default_rng(seed)
    who = np.array([ord(p) - ord("a") for p in people]).repeat(crops)
    x = np.eye(5)[who] + 0.2 * rng.normal(size=(len(who), 5))
    return x.astype(np.float32), np.arange(len(people)).repeat(crops)


def test_all_good_is_algorithm_1():
    x, track = film()
    found, wanted = PaperClustering(Cosine()), LossClustering(Cosine()).fit(x, track=track)
    found.fit(x, track=track, quality=np.ones(len(x)), cannot_link=NONE)
    np.testing.assert_array_equal(found.labels_, wanted.labels_)
    assert found.merges_ == wanted.merges_


def test_outliers_are_left_out_and_the_others_are_as_without_them():
    x, track = film()
    found = PaperClustering(Cosine())
    found.fit(x, track=track, quality=POOR, cannot_link=np.array([[0, 2], [0, 4]]))
    kept = track != 2
    number = np.array([0, 1, -1, 2, 3, 4])
    clustering = LossClustering(Cosine())
    clustering.fit(x[kept], track=number[track[kept]], cannot_link=np.array([[0, 3]]))
    assert found.labels_[2] == -1
    np.testing.assert_array_equal(found.labels_[[0, 1, 3, 4, 5]], clustering.labels_)
    node = [0, 1, 3, 4, 5, *range(6, 12)]  # merges are nodes behind all tracks
    merged = [(merge.left, merge.right) for merge in found.merges_]
    assert merged == [(node[merge.left], node[merge.right]) for merge in clustering.merges_]
    assert merged


def test_what_the_user_has_linked_is_never_left_out():
    x, track = film()
    links = {"cannot_link": NONE, "must_link": np.array([[0, 2]])}
    found = PaperClustering(Cosine()).fit(x, track=track, quality=POOR, **links).labels_
    assert found[0] == found[2] >= 0


def test_no_track():
    none = np.zeros((0, 5), np.float32)
    nobody = np.zeros(0, np.int64)
    found = PaperClustering(Cosine())
    found.fit(none, track=nobody, quality=np.zeros(0), cannot_link=NONE)
    assert found.labels_.shape == (0,)
    assert found.merges_ == []
