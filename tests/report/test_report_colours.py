"""The characters' colours: all different, all readable, stable."""

from __future__ import annotations

from itertools import combinations

import numpy as np

from castlist.report import colours


def test_sixty_pairs_all_different() -> None:
    pairs = colours.palette()
    assert len(pairs) == colours.COUNT == 60
    for scheme in zip(*pairs, strict=True):
        assert len(set(scheme)) == 60


def test_every_colour_stands_out_from_its_surface() -> None:
    for scheme, surface in zip(zip(*colours.palette(), strict=True), colours.SURFACES, strict=True):
        ratios = [
            colours.contrast(colours.linear_rgb(colour), colours.linear_rgb(surface))
            for colour in scheme
        ]
        # Rounding to 8 bits may cost a little of what was asked for.
        assert min(ratios) > colours.CONTRAST - 0.05


def test_first_colours_are_farther_apart_than_the_last() -> None:
    light = [colours.linear_rgb(pair[0]) ** (1 / 3) for pair in colours.palette()]

    def least(count: int) -> float:
        return min(float(np.linalg.norm(a - b)) for a, b in combinations(light[:count], 2))

    assert least(6) > least(20) > least(60) > 0.02


def test_contrast_of_black_and_white_is_21() -> None:
    white, black = colours.linear_rgb("#ffffff"), colours.linear_rgb("#000000")
    assert np.isclose(colours.contrast(white, black), 21)
    assert np.isclose(colours.contrast(white, white), 1)


def test_style_sheet_has_the_same_surfaces() -> None:
    from castlist.report.page import asset

    assert [
        line.split(":")[1].strip(" ;")
        for line in asset("page.css").splitlines()
        if line.strip().startswith("--surface:")
    ] == list(colours.SURFACES)
