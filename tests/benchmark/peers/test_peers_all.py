"""What every estimator has to stand: hardly any tracks, doubles, contradictions."""

import warnings
from itertools import combinations

import numpy as np
import pytest
import torch
from planted import directions, pairs, same_partition
from sklearn.base import clone

from castlist.benchmark.peers.bcl import Balls, Bcl
from castlist.benchmark.peers.c1c import C1c
from castlist.benchmark.peers.ccl import Ccl
from castlist.benchmark.peers.cp_ssc import CpSsc
from castlist.benchmark.peers.dbscan import Dbscan
from castlist.benchmark.peers.erdos_renyi import ErdosRenyi
from castlist.benchmark.peers.finch import Finch
from castlist.benchmark.peers.hac import Hac
from castlist.benchmark.peers.hdbscan import Hdbscan
from castlist.benchmark.peers.hmrf import Hmrf
from castlist.benchmark.peers.jfac import Jfac
from castlist.benchmark.peers.muhpc import MuhpcFaces
from castlist.benchmark.peers.mvcorr import MvCorr, Network
from castlist.benchmark.peers.sctl import Sctl
from castlist.benchmark.peers.spectral import Spectral
from castlist.benchmark.peers.ssiam import Ssiam
from castlist.benchmark.peers.tsiam import Tsiam
from castlist.benchmark.peers.vctrsf import VcTrsf
from castlist.benchmark.peers.wbslrr import Wbslrr

STRANGERS = directions(range(15, 30), 1)[0]
TOLD = {
    "finch": Finch,
    "c1c": C1c,
    "spectral": Spectral,
    "hmrf": Hmrf,
    "sctl": Sctl,
    "wbslrr": Wbslrr,
    "cp-ssc": CpSsc,
    "ssiam": Ssiam,
    "tsiam": Tsiam,
    "ccl": Ccl,
    "jfac": Jfac,
    "vctrsf": VcTrsf,
    **{
        f"hac-{linkage}": lambda clusters, linkage=linkage: Hac(clusters=clusters, linkage=linkage)
        for linkage in ("average", "complete", "single", "ward")
    },
}
"""Those that are told how many clusters there shall be."""
UNTOLD = {
    "finch-free": Finch(),
    "muhpc-": MuhpcFaces(0.3),
    "erdos-renyi": ErdosRenyi(STRANGERS),
    "bcl": Bcl(Balls(torch.nn.Identity(), 0.1)),
    "mvcorr": MvCorr(Network(torch.nn.Identity(), torch.zeros(30)), 0.3),
    "dbscan": Dbscan(0.3),
    "hdbscan": Hdbscan(),
    "hac": Hac(distance=0.3),
}
ALL = {name: peer(3) for name, peer in TOLD.items()} | UNTOLD
PEOPLE = [0, 0, 0, 0, 1, 1, 1, 2, 2, 2, 2, 2]

BLANK, THREE = directions(PEOPLE, 3)
BLANK[4] = BLANK[6:9] = 0
CASES = {
    "features of length 0": ((BLANK, THREE), pairs((0, 4))),
    "one track of one crop": (directions([0], 1), None),
    "one track": (directions([0], 4), pairs()),
    "two tracks of one crop": (directions([0, 1], 1), None),
    "two tracks": (directions([0, 0], 4), None),
    "two barred tracks": (directions([0, 0], 2), pairs((0, 1))),
    "tracks of one crop": (directions(PEOPLE, 1), pairs((0, 4))),
    "long and short tracks": (directions(PEOPLE, [1, 9, 2, 1, 4, 1, 1, 7, 3, 1, 1, 2]), None),
    "fewer points than clusters": (directions([0, 0, 0, 1, 1], 2, scatter=0), None),
    "all the same": (directions([0, 0, 0, 0], 3, scatter=0), None),
    "everybody barred": (directions([0, 0, 0, 0], 2), pairs(*combinations(range(4), 2))),
}


@pytest.mark.parametrize("case", CASES)
@pytest.mark.parametrize("peer", ALL)
def test_anything_is_clustered(peer, case):
    (crops, track), cannot_link = CASES[case]
    with warnings.catch_warnings():
        warnings.simplefilter("error")
        labels = clone(ALL[peer]).fit(crops, track=track, cannot_link=cannot_link).labels_
    assert labels.shape == (track[-1] + 1,)
    assert np.issubdtype(labels.dtype, np.integer)
    assert labels.min() >= -1


@pytest.mark.parametrize("peer", [*TOLD, "muhpc-", "bcl", "mvcorr", "dbscan", "hdbscan", "hac"])
def test_people_far_apart_are_found_whatever_the_order_of_names(peer):
    crops, track = directions(PEOPLE, 3)
    barred = pairs((0, 4), (5, 9))
    labels = clone(ALL[peer]).fit(crops, track=track, cannot_link=barred).labels_
    assert same_partition(labels, PEOPLE)


@pytest.mark.parametrize("peer", ALL)
def test_the_same_again(peer):
    crops, track = directions(PEOPLE, 3, scatter=0.3)
    once, again = (clone(ALL[peer]).fit(crops, track=track).labels_ for _ in range(2))
    np.testing.assert_array_equal(once, again)


@pytest.mark.parametrize("peer", ["c1c", "muhpc-", "erdos-renyi", "bcl", "hac-complete", "hac"])
def test_barred_tracks_stay_apart(peer):
    crops, track = directions(PEOPLE, 3, scatter=0.1)
    barred = pairs((0, 1), (4, 5), (7, 8), (7, 9), (8, 9))
    clustering = TOLD[peer](6) if peer in TOLD else clone(ALL[peer])
    labels = clustering.fit(crops, track=track, cannot_link=barred).labels_
    assert (labels[barred[:, 0]] != labels[barred[:, 1]]).all()
