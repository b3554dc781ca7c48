"""Adapted weights and the networks that they go into."""

import pytest
from small_networks import Tiny, transformer

from castlist.adapt import FROZEN, Adapter
from castlist.adapt.weights import restore


def test_weights_of_another_network_are_refused(film):
    weights = Adapter(Tiny(), FROZEN)(*film).weights
    with pytest.raises(ValueError, match=r"another network: vit has no mix\.weight"):
        restore(weights, transformer())
