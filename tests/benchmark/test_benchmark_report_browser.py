"""The benchmark's page in a browser: nothing is fetched, it fits, and a click sorts its tables."""

import pytest
from made_sets import row

from castlist.benchmark.report import write_report
from castlist.benchmark.rows import Rows

pytestmark = pytest.mark.browser


@pytest.fixture(scope="module")
def address(tmp_path_factory):
    """Of a report on two films, in which three methods are given nothing."""
    work = tmp_path_factory.mktemp("work")
    for data in ("first", "second"):
        found = {"castlist": [0, 0, 1, 1], "frozen": [0, 1, 2, 2], "hdbscan": [0, 0, 0, 0]}
        for name, labels in found.items():
            Rows(work).save(f"{name}-{data}", row(name, data, labels))
    return write_report(work, work / "out").as_uri()


@pytest.mark.parametrize("width", [1280, 390])
@pytest.mark.parametrize("scheme", ["light", "dark"])
def test_the_page_fits_and_is_silent(browser, address, width, scheme):
    page = browser.new_page(viewport={"width": width, "height": 900}, color_scheme=scheme)
    told, asked = [], []
    page.on("console", lambda message: told.append(message.text))
    page.on("pageerror", lambda error: told.append(str(error)))
    page.on("request", lambda request: asked.append(request.url))
    page.goto(address)
    assert told == []
    assert [url for url in asked if not url.startswith("data:")] == [address]
    assert page.evaluate("document.documentElement.scrollWidth") == width
    loaded = "[...document.images].every((i) => i.complete && i.naturalWidth > 100)"
    page.wait_for_function(loaded)
    page.close()


def test_a_click_on_a_title_sorts_each_part(browser, address):
    page = browser.new_page()
    page.goto(address)
    head = page.locator("#mean-films thead th")
    order = (
        "[...document.querySelectorAll('#mean-films tbody tr:not(.part)')]"
        ".map((line) => line.cells[0].textContent)"
    )
    assert page.evaluate(order) == ["castlist", "frozen", "hdbscan"]
    ratio = head.nth(3)
    ratio.click()
    assert page.evaluate(order) == ["frozen", "castlist", "hdbscan"]
    assert ratio.get_attribute("aria-sort") == "descending"
    ratio.click()
    assert page.evaluate(order) == ["hdbscan", "castlist", "frozen"]
    for wanted in ("ascending", "descending", "ascending"):
        head.nth(0).press("Enter")
        assert head.nth(0).get_attribute("aria-sort") == wanted
    assert ratio.get_attribute("aria-sort") is None
    assert page.evaluate(order) == ["castlist", "frozen", "hdbscan"]
    assert page.locator("#mean-films .part").first.evaluate("(e) => e.rowIndex") == 1
    page.close()


@pytest.mark.parametrize("width", [1280, 390])
@pytest.mark.parametrize("scheme", ["light", "dark"])
def test_axe_finds_nothing_serious(browser, findings, address, scheme, width):
    context = browser.new_context(
        viewport={"width": width, "height": 900}, color_scheme=scheme, bypass_csp=True
    )
    page = context.new_page()
    page.goto(address)
    assert findings(page) == []
    context.close()
