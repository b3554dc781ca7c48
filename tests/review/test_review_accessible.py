"""What axe finds on each view of the review app: nothing serious."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

import pytest

pytestmark = pytest.mark.browser


def gallery(page: Any) -> None:
    page.wait_for_selector(".card")


def timeline(page: Any) -> None:
    page.focus(".stage")
    page.keyboard.press("ArrowRight")
    page.wait_for_selector(".frame > .tip")


def character(page: Any) -> None:
    page.click(".card >> nth=0")
    page.check(".choose >> nth=0")
    page.wait_for_selector(".for-tracks")


def questions(page: Any) -> None:
    page.keyboard.press("q")
    page.wait_for_selector(".asked")


def found(page: Any) -> None:
    page.fill("#gallery .search", "C02")


def not_found(page: Any) -> None:
    page.fill("#gallery .search", "nobody")
    page.wait_for_selector("#gallery .notice")


def choice_of_characters(page: Any) -> None:
    page.click(".card >> nth=0")
    page.wait_for_selector(".for-character")
    page.keyboard.press("m")
    page.wait_for_selector(".choice-row")


def keys(page: Any) -> None:
    page.keyboard.press("?")
    page.wait_for_selector(".keys")


VIEWS = [gallery, timeline, character, questions, found, not_found, choice_of_characters, keys]


@pytest.mark.parametrize("width", [1280, 390])
@pytest.mark.parametrize("scheme", ["light", "dark"])
def test_nothing_serious_in_the_review_app(
    visit: Callable[..., Any],
    findings: Callable[[Any], list[str]],
    scheme: str,
    width: int,
) -> None:
    page = visit(width, color_scheme=scheme, bypass_csp=True)
    told = {}
    for view in VIEWS:
        page.goto(page.url.split("#")[0])
        page.reload()
        view(page)
        told[view.__name__] = findings(page)
    assert told == {view.__name__: [] for view in VIEWS}
