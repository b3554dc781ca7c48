"""SER-FIQ against its formula, pair by pair."""

from itertools import combinations

import numpy as np
import pytest
import torch

from castlist.adapt.head import Head
from castlist.adapt.quality import DROPPED, PASSES, outliers, ser_fiq


@pytest.mark.parametrize("hidden", [0, 16])
def test_it_is_the_formula(hidden):
    torch.manual_seed(0)
    head = Head(8, outputs=4, hidden=hidden, bottleneck=6)
    x = np.random.default_rng(0).normal(size=(3, 8)).astype(np.float32)
    kept = torch.rand(PASSES, 8, generator=torch.Generator().manual_seed(7)) >= DROPPED
    for row, found in enumerate(ser_fiq(head, x, seed=7)):
        with torch.no_grad():
            passes = [head.bottleneck(torch.from_numpy(x[row])[None] * k / 0.5)[0] for k in kept]
        distances = [float((a - b).norm()) for a, b in combinations(passes, 2)]
        assert found == pytest.approx(2 / (1 + np.exp(np.mean(distances))), abs=2e-4)


def test_embedding_spread_over_many_coordinates_is_trusted_more_than_one_in_few():
    spread, narrow = np.ones(32), np.zeros(32)
    narrow[:2] = 1
    good, poor = ser_fiq(Head(32), np.stack([spread, narrow]).astype(np.float32))
    assert good > poor


def test_outliers_are_far_below_the_median():
    quality = np.array([0.5, 0.52, 0.48, 0.51, 0.49, 0.1, 0.9], np.float32)
    assert outliers(quality).tolist() == [False] * 5 + [True, False]
    assert outliers(np.zeros(0, np.float32)).tolist() == []
    assert not outliers(np.full(4, 0.3, np.float32)).any()
