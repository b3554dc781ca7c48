"""What a benchmark is to be: which methods, how often, by which network, on whose tracks."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass

from castlist import models
from castlist.benchmark.methods import METHODS


@dataclass(frozen=True, kw_only=True)
class Choices:
    """What a benchmark is to be.

    Attributes:
        methods: Names of the methods.
        seeds: How many seeds a random method is run with, from 0.
        encoder: The face-ID network, by its name in `castlist models`; published features have
            one of their own.
        device: "auto", "cpu", "cuda" or "mps".
        own_tracks: Whether films are scored on castlist's own tracks, not the labelled ones.
        cannot_link: Whether methods may use that tracks which share a frame are two people.
    """

    methods: Sequence[str] = tuple(METHODS)
    seeds: int = 5
    encoder: str = models.DEFAULT_ENCODER
    device: str = "auto"
    own_tracks: bool = False
    cannot_link: bool = True
