"""The review app in Chromium: each correction by mouse and by keys, reloads, two tabs, a crash."""

from __future__ import annotations

import signal
import time
from collections.abc import Callable
from pathlib import Path
from typing import Any

import pytest

from castlist.cast.edits import Log
from castlist.cast.types import Cast

pytestmark = pytest.mark.browser


def owners(folder: Path) -> list[str | None]:
    cast = Cast.load(folder / "cast.json")
    called = {c.id: c.name or c.id for c in cast.characters}
    return [called.get(track.character or "") for track in cast.tracks]


def open_character(page: Any, label: str) -> None:
    page.click(f".card:has(h3 bdi:text-is('{label}'))")
    page.wait_for_selector(".for-character")


def until(page: Any, expression: str) -> None:
    """Wait until it is so, as the page's policy allows: Playwright's own way it forbids."""
    deadline = time.monotonic() + 20
    while time.monotonic() < deadline:
        try:
            if page.evaluate(expression):
                return
        except Exception as error:  # the page is just being loaded anew
            if "context was destroyed" not in str(error):
                raise
        time.sleep(0.05)
    raise AssertionError(f"never came true: {expression}")


def after(page: Any, act: Callable[[], object]) -> None:
    """Do something and wait until the page has loaded itself anew."""
    page.evaluate("window.old = true")
    act()
    until(page, "!window.old && Boolean(document.querySelector('#review-bar'))")


def test_name_merge_undo_redo_and_reload(visit, folder):
    page = visit()
    open_character(page, "C01")
    page.fill(".name", "Red <b>&</b>")
    after(page, lambda: page.press(".name", "Enter"))
    assert page.inner_text("#character-title bdi") == "Red <b>&</b>"
    page.click("text=Merge with…")
    page.fill("dialog .search", "C02")
    after(page, lambda: page.press("dialog .search", "Enter"))
    assert owners(folder)[1] == "Red <b>&</b>"
    after(page, lambda: page.click("#review-bar >> text=Undo"))
    assert owners(folder)[1] == "C02"
    after(page, lambda: page.keyboard.press("U"))
    assert owners(folder)[1] == "Red <b>&</b>"
    page.reload()
    page.wait_for_selector("#character-title")
    assert page.inner_text("#character-title bdi") == "Red <b>&</b>"


def test_tracks_by_keys_alone(visit, folder):
    page = visit()
    page.focus(".card >> nth=0")
    page.keyboard.press("Enter")
    page.wait_for_selector(".for-character")
    page.keyboard.press("j")
    page.keyboard.press("x")
    assert page.inner_text(".for-tracks span") == "1 track chosen:"
    moved = int(page.get_attribute(".track.chosen", "data-track"))
    after(page, lambda: page.keyboard.press("s"))
    assert owners(folder)[moved] not in ("C01", None)
    entries = Log.of(folder).read()
    assert [entry.kind for entry in entries] == ["split"]
    after(page, lambda: page.keyboard.press("u"))
    assert owners(folder)[moved] == "C01"


def test_move_confirm_no_face_and_cut(visit, folder):
    page = visit()
    open_character(page, "C02")
    page.check(".choose >> nth=0")
    page.click(".for-tracks >> text=Move to…")
    after(page, lambda: page.click("dialog .choice-row:has-text('C03')"))
    assert owners(folder)[1] == owners(folder)[4]
    page.goto(page.url.split("#")[0] + "#C01")
    page.wait_for_selector(".choose")
    page.check(".choose >> nth=0")
    after(page, lambda: page.keyboard.press("c"))
    page.check(".choose >> nth=1")
    gone = int(page.get_attribute(".track.chosen", "data-track"))
    after(page, lambda: page.keyboard.press("f"))
    assert Cast.load(folder / "cast.json").no_faces == [gone]
    card = page.locator(".track", has=page.locator(".cut")).first
    card.hover()
    after(page, lambda: card.locator(".cut").first.click())
    assert Cast.load(folder / "cast.json").tracks[-1].part_of is not None
    kinds = [entry.kind for entry in Log.of(folder).read()]
    assert kinds == ["move", "confirm", "no-face", "changes"]


def test_the_weakest_join_is_shown_and_parted(visit, folder):
    page = visit()
    open_character(page, "C02")
    assert not page.locator(".joined").count()  # a single track
    page.goto(page.url.split("#")[0] + "#C01")
    page.wait_for_selector(".joined")
    assert "with the least certainty: 1 track with the rest" in page.inner_text(".joined")
    assert page.locator(".joined .face").count() == 1
    after(page, lambda: page.click("text=Part them"))
    assert len({owners(folder)[track] for track in (0, 2, 3)}) == 2
    after(page, lambda: page.keyboard.press("u"))
    page.wait_for_selector(".joined")
    assert len({owners(folder)[track] for track in (0, 2, 3)}) == 1
    after(page, lambda: page.keyboard.press("p"))
    assert Log(folder / "edits.jsonl").read()[-1].kind == "split"


def drag(page: Any, what: str, onto: str) -> None:
    """Press the mouse on the middle of an element and move it to that of another."""
    page.hover(what)
    page.mouse.down()
    page.hover(onto)


def test_a_character_is_dragged_onto_another(visit, folder):
    page = visit()
    drag(page, ".card >> nth=1", ".card >> nth=0")
    assert page.locator(".ghost").inner_text() == "C02"
    assert page.get_attribute(".target", "data-character") == "C01"
    after(page, page.mouse.up)
    assert owners(folder)[:2] == ["C01", "C01"]
    after(page, lambda: page.keyboard.press("u"))
    assert owners(folder)[:2] == ["C01", "C02"]
    open_character(page, "C02")
    drag(page, ".character-head .portrait", ".labels a >> nth=2")
    after(page, page.mouse.up)
    assert Log(folder / "edits.jsonl").read()[-1].kind == "merge"
    assert owners(folder)[4] == owners(folder)[1] != "C01"


def test_a_track_is_dragged_onto_a_character_with_those_chosen(visit, folder):
    page = visit()
    open_character(page, "C01")
    page.check(".choose >> nth=0")
    page.check(".choose >> nth=1")
    first, second = (
        int(page.locator(".track").nth(place).get_attribute("data-track")) for place in (0, 1)
    )
    drag(page, ".track .span >> nth=0", "#character-title")
    assert page.locator(".ghost").inner_text() == "2 tracks"
    assert page.locator(".shelf bdi").all_inner_texts() == ["C02", "C03"]
    assert page.locator(".target").count() == 0
    page.hover(".shelf li >> nth=0")
    assert page.get_attribute(".target", "data-character") == "C02"
    after(page, page.mouse.up)
    assert owners(folder)[1] == owners(folder)[first] == owners(folder)[second]
    assert [entry.kind for entry in Log(folder / "edits.jsonl").read()] == ["move"]
    after(page, lambda: page.keyboard.press("u"))
    assert [owners(folder)[track] for track in (first, second)] == ["C01", "C01"]


def test_a_drag_is_cancelled_by_escape_and_ends_nowhere_beside_a_target(visit, folder):
    page = visit()
    drag(page, ".card >> nth=1", ".card >> nth=0")
    page.keyboard.press("Escape")
    assert page.locator(".ghost, .shelf, .target").count() == 0
    page.mouse.up()
    drag(page, ".card >> nth=1", ".card >> nth=1 >> h3")  # onto itself
    assert page.locator(".target").count() == 0
    page.mouse.up()
    assert page.locator(".card").count() == 3  # neither has the card been opened
    assert "#" not in page.url
    open_character(page, "C01")
    drag(page, ".track .span >> nth=0", "#character-title")
    page.keyboard.press("Escape")
    page.mouse.up()
    assert page.url.endswith("#C01")
    page.keyboard.press("Escape")  # with nothing dragged it leads back to the cast
    until(page, "location.hash === '#cast'")
    assert Log(folder / "edits.jsonl").read() == []


def test_extras_notes_and_never(visit, folder):
    page = visit()
    open_character(page, "C03")
    page.fill(".note", "the end")
    after(page, lambda: page.press(".note", "Enter"))
    after(page, lambda: page.click(".for-character >> text=Extra"))
    page.keyboard.press("d")
    after(page, lambda: page.click("dialog .choice-row:has-text('C01')"))
    told = Cast.load(folder / "cast.json").characters[2]
    assert (told.note, told.hidden) == ("the end", True)
    page.keyboard.press("Escape")
    page.wait_for_selector(".card >> nth=2")
    assert "extra" in page.inner_text(".card >> nth=2")


def test_questions_by_keys(visit, folder):
    page = visit()
    page.keyboard.press("q")
    page.wait_for_selector(".asked")
    first = page.inner_text(".question")
    assert "1 of " in first
    page.keyboard.press("s")
    assert "2 of " in page.inner_text(".question")
    page.keyboard.press("Escape")
    page.wait_for_selector("dialog", state="detached")
    page.keyboard.press("q")
    page.wait_for_selector(".asked")
    assert page.inner_text(".question") == first
    after(page, lambda: page.keyboard.press("n"))
    page.wait_for_selector(".question p")
    assert page.inner_text(".question") != first
    assert Log.of(folder).read()[0].kind in ("never", "confirm")


def test_two_tabs(visit, folder):
    one = visit()
    two = visit(context=one.context)
    open_character(one, "C01")
    one.fill(".name", "Red")
    after(one, lambda: one.press(".name", "Enter"))
    open_character(two, "C02")
    two.fill(".name", "Blue")
    after(two, lambda: two.press(".name", "Enter"))
    assert "changed elsewhere" in two.inner_text(".told")
    assert "Red" in two.inner_text("#timeline")
    two.fill(".name", "Blue")
    after(two, lambda: two.press(".name", "Enter"))
    assert owners(folder)[:2] == ["Red", "Blue"]


def test_killed_between_two_clicks(visit, folder, server):
    page = visit()
    open_character(page, "C01")
    page.fill(".name", "Red")
    after(page, lambda: page.press(".name", "Enter"))
    server.kill()
    page.click(".for-character >> text=Extra")
    until(page, "document.querySelector('.told').textContent.includes('start it again')")
    assert owners(folder)[0] == "Red"
    server.start()
    page.goto(server.address)
    page.wait_for_selector(".card")
    assert "Red" in page.inner_text(".card >> nth=0")


def test_the_film_is_played_at_a_track_with_its_box(visit):
    page = visit()
    page.goto(page.url.split("#")[0] + "#track-2")
    page.wait_for_selector(".film video, .film .notice")
    if page.query_selector(".film .notice"):
        pytest.skip("this Chromium has no decoder for the film")
    until(page, "document.querySelector('.film video').currentTime > 0.5")
    until(
        page,
        """(() => {
          const canvas = document.querySelector('.film canvas');
          const { width, height } = canvas;
          const pixels = canvas.getContext('2d').getImageData(0, 0, width || 1, height || 1);
          return pixels.data.some(Boolean);
        })()""",
    )


@pytest.mark.parametrize("width", [390, 1280])
def test_nothing_sticks_out(visit, width):
    page = visit(width)
    open_character(page, "C01")
    assert page.evaluate("document.documentElement.scrollWidth") <= width
    page.keyboard.press("?")
    page.wait_for_selector("dialog .keys")
    box = page.locator("dialog").bounding_box()
    assert box["x"] >= 0
    assert box["x"] + box["width"] <= width


def test_interrupted_it_leaves_the_report_as_the_cast_is(folder, server, visit):
    page = visit()
    open_character(page, "C01")
    page.fill(".name", "Crimson")
    after(page, lambda: page.press(".name", "Enter"))
    server.kill(signal.SIGINT)
    assert "Crimson" in (folder / "report.html").read_text("utf-8")
    assert owners(folder)[0] == "Crimson"
