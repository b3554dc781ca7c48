"""HAC: scipy's clusters where nothing is barred, by all linkages."""

import numpy as np
import pytest
from made_sets import embeddings, track_set
from planted import directions, pairs, same_partition
from scipy.cluster.hierarchy import fcluster, linkage
from sklearn.cluster import AgglomerativeClustering

from castlist.benchmark.metrics import contingency, score
from castlist.benchmark.peers.hac import Hac, best_cut
from castlist.cluster.likeness import track_means

PEOPLE = np.random.default_rng(0).integers(0, 9, 40)
LINKAGES = ["single", "complete", "average", "ward"]


def means_and_metric(method, scatter=0.25):
    crops, track = directions(PEOPLE, 2, scatter)
    metric = "euclidean" if method == "ward" else "cosine"
    return crops, track, track_means(crops, track).astype(np.float64), metric


@pytest.mark.parametrize("clusters", [1, 2, 9, 40])
@pytest.mark.parametrize("method", LINKAGES)
def test_so_many_clusters_are_scipys_and_scikit_learns(method, clusters):
    crops, track, means, metric = means_and_metric(method)
    mine = Hac(clusters=clusters, linkage=method).fit(crops, track=track).labels_
    scipys = fcluster(linkage(means, method, metric), clusters, "maxclust")
    assert same_partition(mine, scipys)
    sklearns = AgglomerativeClustering(clusters, metric=metric, linkage=method).fit_predict(means)
    assert same_partition(mine, sklearns)


@pytest.mark.parametrize("distance", [0.1, 0.4, 0.7, 0.95, 1.4, 4])
@pytest.mark.parametrize("method", LINKAGES)
def test_a_cut_at_a_distance_is_scipys(method, distance):
    crops, track, means, metric = means_and_metric(method)
    mine = Hac(distance=distance, linkage=method).fit(crops, track=track).labels_
    assert same_partition(mine, fcluster(linkage(means, method, metric), distance, "distance"))


@pytest.mark.parametrize("method", ["complete", "average", "ward"])
def test_no_distance_joins_barred_tracks(method):
    crops, track = directions([0, 0, 0, 1, 1], 2)
    barred = pairs((0, 1), (2, 3))
    labels = Hac(distance=100, linkage=method).fit(crops, track=track, cannot_link=barred).labels_
    assert (labels[barred[:, 0]] != labels[barred[:, 1]]).all()
    assert len(set(labels)) == 2


def test_single_linkage_is_deaf_to_them():
    crops, track = directions([0, 0, 0, 1, 1], 2)
    labels = Hac(distance=0.5, linkage="single").fit(crops, track=track, cannot_link=pairs((0, 1)))
    assert same_partition(labels.labels_, [0, 0, 0, 1, 1])


@pytest.mark.parametrize("method", LINKAGES)
def test_the_best_cut_is_as_good_as_any(method):
    sets = []
    for seed, people in enumerate(["aaabbbbccd", "xxxyz"]):
        tracks = track_set(list(people), [(0, 4)])
        sets.append((tracks, embeddings(tracks, 0.5, seed)))

    def mean(cut):
        clustering = Hac(distance=cut, linkage=method)
        found = [
            clustering.fit(x, track=own.track, cannot_link=own.cannot_link).labels_
            for own, x in sets
        ]
        pairs = zip(sets, found, strict=True)
        return np.mean(
            [score(contingency(own.identity, labels)).b3_f for (own, _), labels in pairs]
        )

    best, others = mean(best_cut(sets, method)), [mean(cut) for cut in np.linspace(0, 6, 61)]
    assert best >= max(others) - 1e-9
    assert best > min(others)
