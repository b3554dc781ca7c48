"""DBSCAN and HDBSCAN: by what is dense, and noise unknown."""

import numpy as np
from planted import directions, same_partition

from castlist.benchmark.peers.dbscan import Dbscan
from castlist.benchmark.peers.hac import Hac
from castlist.benchmark.peers.hdbscan import Hdbscan
from castlist.cluster.labels import UNKNOWN

PEOPLE = np.array([0, 0, 0, 1, 1, 2, 3, 3, 3, 3])


def test_a_track_alone_is_unknown():
    crops, track = directions(PEOPLE, 3)
    for peer in (Dbscan(0.3), Hdbscan()):
        labels = peer.fit(crops, track=track).labels_
        assert (labels == UNKNOWN).tolist() == (PEOPLE == 2).tolist()
        assert same_partition(labels[PEOPLE != 2], PEOPLE[PEOPLE != 2])


def test_dbscans_clusters_are_those_of_single_linkage():
    crops, track = directions(PEOPLE.repeat(4), 2, scatter=0.25)
    for radius in (0.2, 0.4, 0.6, 0.8):
        labels = Dbscan(radius).fit(crops, track=track).labels_
        alone = labels == UNKNOWN
        each = np.where(alone, labels.max() + 1 + np.arange(len(labels)), labels)
        single = Hac(distance=radius, linkage="single").fit(crops, track=track).labels_
        assert same_partition(each, single)
        assert all((single == single[track]).sum() == 1 for track in np.flatnonzero(alone))
