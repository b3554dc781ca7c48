"""A few crops of each track, and back."""

import numpy as np

from castlist.benchmark.peers import few_crops as few
from castlist.benchmark.peers.few_crops import few_crops, majority


def test_crops_are_taken_evenly():
    track = np.repeat([0, 1, 2, 3], [1, 2, 3, 9])
    assert few_crops(track).tolist() == [0, 1, 2, 3, 4, 5, 6, 10, 14]
    assert few_crops(np.zeros(1, int)).tolist() == [0]


def test_of_many_tracks_it_is_one_crop_each(monkeypatch):
    track = np.repeat([0, 1, 2, 3], [1, 2, 3, 9])
    monkeypatch.setattr(few, "MANY", 4)
    assert len(few_crops(track)) == 9
    monkeypatch.setattr(few, "MANY", 3)
    assert few_crops(track).tolist() == [0, 2, 4, 10]


def test_a_track_goes_where_most_of_its_crops_do():
    labels, track = np.array([2, 2, 0, 1, 0, 3]), np.array([0, 0, 0, 1, 1, 2])
    assert majority(labels, track).tolist() == [2, 0, 3]
