"""The page in Chromium, opened from disk: what is shown, and that nothing is asked of a network."""

from __future__ import annotations

import json
import re
from collections.abc import Callable, Iterator
from pathlib import Path
from typing import Any

import cv2
import numpy as np
import pytest
from test_report_adaptation import leave

from castlist.report import write_report

pytestmark = pytest.mark.browser


@pytest.fixture
def visit(browser: Any) -> Iterator[Callable[..., Any]]:
    """Open a report; afterwards check that there was no error and no request."""
    errors: list[str] = []
    requests: list[str] = []
    contexts = []

    def open_page(report: Path, place: str = "", width: int = 1280, **options: Any) -> Any:
        contexts.append(
            browser.new_context(
                viewport={"width": width, "height": 900}, reduced_motion="reduce", **options
            )
        )
        page = contexts[-1].new_page()
        page.on("console", lambda message: errors.append(message.text))
        page.on("pageerror", lambda error: errors.append(str(error)))
        page.on("request", lambda request: requests.append(request.url))
        page.set_default_timeout(10_000)
        page.goto(report.as_uri() + place)
        return page

    yield open_page
    for context in contexts:
        context.close()
    assert errors == []
    assert [
        url for url in requests if not re.match(r"(file:.*report\.html|blob:|data:)", url)
    ] == []


@pytest.fixture(scope="module")
def large(
    tmp_path_factory: pytest.TempPathFactory, make_workspace: Callable[..., Path]
) -> tuple[Path, dict[str, Any]]:
    """The report of two hours with 60 characters, 1,000 tracks and 2,000 shots, and its cast."""
    folder = make_workspace(
        tmp_path_factory.mktemp("large") / "film.castlist",
        characters=60,
        tracks=1000,
        shots=2000,
        unknown=50,
    )
    return write_report(folder), json.loads((folder / "cast.json").read_text("utf-8"))


@pytest.fixture(scope="module")
def small(
    tmp_path_factory: pytest.TempPathFactory, make_workspace: Callable[..., Path]
) -> tuple[Path, dict[str, Any]]:
    """The report of half a minute with 3 characters and 8 tracks, one unknown, and its cast."""
    folder = make_workspace(
        tmp_path_factory.mktemp("small") / "film.castlist",
        characters=3,
        tracks=8,
        shots=8,
        unknown=1,
    )
    return write_report(folder), json.loads((folder / "cast.json").read_text("utf-8"))


def tracks_of(cast: dict[str, Any], character: str | None) -> list[dict[str, Any]]:
    return [track for track in cast["tracks"] if track["character"] == character]


def cards(page: Any) -> Any:
    return page.locator(".cards > li:visible")


def track_cards(page: Any) -> Any:
    return page.locator("#character .track:visible")


def spot(page: Any, track: dict[str, Any]) -> tuple[float, float]:
    """Where in the window the middle of a track's bar is, its row scrolled to."""
    label = page.locator(f'.labels a[href="#{track["character"] or "unknown"}"]')
    label.scroll_into_view_if_needed()
    page.evaluate("scrollTo(0, 0)")
    row, stage = label.bounding_box(), page.locator(".stage").bounding_box()
    view = page.evaluate("timeline.view()")
    share = ((track["start"] + track["end"]) / 2 - view["start"]) / (view["end"] - view["start"])
    return stage["x"] + share * stage["width"], row["y"] + row["height"] / 2


def middle_colour(element: Any) -> np.ndarray:
    element.scroll_into_view_if_needed()
    picture = cv2.imdecode(np.frombuffer(element.screenshot(), np.uint8), cv2.IMREAD_COLOR)
    height, width = picture.shape[:2]
    return picture[height // 2, width // 2, ::-1].astype(int)


def test_all_is_there_at_once(visit: Callable[..., Any], large: tuple[Path, Any]) -> None:
    report, cast = large
    page = visit(report)
    assert page.title() == "The Invented Film.mkv · castlist"
    numbers = page.locator("#header dd").all_text_contents()
    assert numbers[1:6] == ["180,000", "2,000", "60", "1,000", "50"]
    assert numbers[0] == "2:05:07"
    assert numbers[6:] == ["45 s", "167×"]
    assert cards(page).count() == 60
    assert page.locator(".labels li").count() == 61
    assert page.locator(".labels li").last.text_content() == "Unknown"
    assert page.locator(".covers li").count() == 48
    assert page.get_by_role("link", name="Show all 50").is_visible()
    assert "null" not in page.locator("#gallery").inner_text()
    shown = page.locator(".cards h3").all_text_contents()
    times = {person["id"]: round(person["screen_time"], 4) for person in cast["characters"]}
    assert shown == sorted(shown, key=lambda name: -times[name])


def test_open_a_character_and_go_back(visit: Callable[..., Any], large: tuple[Path, Any]) -> None:
    report, cast = large
    page = visit(report)
    page.locator('.card[href="#C02"]').click()
    assert page.evaluate("location.hash") == "#C02"
    assert page.locator("#character-title").text_content() == "C02"
    own = tracks_of(cast, "C02")
    assert track_cards(page).count() == len(own) > 100
    first = track_cards(page).first
    assert "00:00:" in first.locator(".span").text_content()
    assert first.locator(".face").count() == 5
    assert f"Shot {own[0]['shot']}" in first.text_content()
    assert not page.locator("#gallery").is_visible()
    page.go_back()
    page.locator("#gallery").wait_for(state="visible")
    assert not page.locator("#character").is_visible()
    assert page.evaluate("document.activeElement.getAttribute('href')") == "#C02"
    page.go_forward()
    page.locator("#character").wait_for(state="visible")
    page.keyboard.press("Escape")
    page.locator("#gallery").wait_for(state="visible")
    assert page.evaluate("location.hash") == "#cast"


def test_gallery_is_where_it_was_left(visit: Callable[..., Any], large: tuple[Path, Any]) -> None:
    page = visit(large[0])
    page.evaluate(
        """document.querySelector('.card[href="#C40"]').scrollIntoView({block: "center"})"""
    )
    before = page.evaluate("scrollY")
    page.locator('.card[href="#C40"]').click()
    page.locator("#character").wait_for(state="visible")
    assert page.locator("#character-title").bounding_box()["y"] < 900
    page.keyboard.press("Escape")
    page.locator("#gallery").wait_for(state="visible")
    assert abs(page.evaluate("scrollY") - before) < 2
    assert before > 1000


def test_arrow_keys_walk_through_the_cast(
    visit: Callable[..., Any], small: tuple[Path, Any]
) -> None:
    page = visit(small[0])
    order = [*page.locator(".cards h3").all_text_contents(), "Unknown"]
    page.locator(".card").first.click()
    title = page.locator("#character-title")
    page.wait_for_function("name => document.title.startsWith(name)", arg=order[0])
    for name in order[1:]:
        page.keyboard.press("ArrowRight")
        page.wait_for_function("name => document.title.startsWith(name)", arg=name)
        assert title.text_content() == name
    page.keyboard.press("ArrowRight")  # there is nobody after the last
    assert title.text_content() == "Unknown"
    page.keyboard.press("ArrowLeft")
    page.wait_for_function("name => document.title.startsWith(name)", arg=order[-2])
    page.go_back()  # walking is one step for the back button
    page.locator("#gallery").wait_for(state="visible")


def test_timeline_shows_and_opens_a_track(
    visit: Callable[..., Any], large: tuple[Path, Any]
) -> None:
    report, cast = large
    page = visit(report)
    track = tracks_of(cast, "C30")[0]
    page.mouse.move(*spot(page, track))
    tip = page.locator(".tip")
    tip.wait_for(state="visible")
    text = tip.text_content()
    assert "C30" in text
    assert f"Track {track['id']}, shot {track['shot']}" in text
    page.mouse.click(*spot(page, track))
    card = page.locator(f'.track[data-track="{track["id"]}"]')
    card.wait_for(state="visible")
    assert page.evaluate("location.hash") == f"#track-{track['id']}"
    assert page.locator("#character-title").text_content() == "C30"
    assert card.get_attribute("aria-current") == "true"
    assert page.locator(".track.selected").count() == 1
    box = card.bounding_box()
    assert box["y"] >= page.locator("#timeline").bounding_box()["height"] - 20
    assert box["y"] + box["height"] <= 900
    assert page.locator(".labels li.open").text_content() == "C30"


def test_timeline_by_keys(visit: Callable[..., Any], small: tuple[Path, Any]) -> None:
    report, cast = small
    page = visit(report)
    page.locator(".stage").focus()
    first, second = tracks_of(cast, page.locator(".cards h3").first.text_content())[:2]
    spoken = page.locator("#timeline [aria-live]")
    page.keyboard.press("ArrowRight")
    assert f"track {first['id']}," in spoken.text_content()
    page.keyboard.press("ArrowRight")
    assert f"track {second['id']}," in spoken.text_content()
    page.keyboard.press("ArrowDown")
    assert page.locator(".cards h3").nth(1).text_content() in spoken.text_content()
    page.keyboard.press("ArrowUp")
    page.keyboard.press("Home")
    page.keyboard.press("Enter")
    page.locator("#character").wait_for(state="visible")
    assert page.evaluate("location.hash") == f"#track-{first['id']}"


def test_zoom_and_pan(visit: Callable[..., Any], large: tuple[Path, Any]) -> None:
    page = visit(large[0])

    def view() -> tuple[float, float]:
        own = page.evaluate("timeline.view()")
        return own["start"], own["end"]

    film = view()
    assert film == pytest.approx((0, 180_000 * 1001 / 24000), abs=1e-3)
    page.keyboard.press("+")
    assert view()[1] - view()[0] == pytest.approx((film[1] - film[0]) / 1.6)
    page.get_by_role("button", name="Zoom out").click()
    assert view() == pytest.approx(film)

    box = page.locator(".stage").bounding_box()
    x, y = box["x"] + box["width"] / 4, box["y"] + 100
    under = film[0] + (film[1] - film[0]) / 4
    page.mouse.move(x, y)
    page.keyboard.down("Control")
    for _ in range(4):
        page.mouse.wheel(0, -120)
    page.keyboard.up("Control")
    page.wait_for_function("() => timeline.view().end - timeline.view().start < 2000")
    start, end = view()
    # What is under the pointer stays there, to the pixel.
    pixel = (film[1] - film[0]) / box["width"]
    assert start + (end - start) / 4 == pytest.approx(under, abs=pixel)

    page.mouse.down()
    page.mouse.move(x + box["width"] / 8, y, steps=4)
    page.mouse.up()
    assert view()[0] == pytest.approx(start - (end - start) / 8, abs=pixel)
    assert page.evaluate("location.hash") == ""  # dragging isn't clicking
    page.keyboard.press("0")
    assert view() == pytest.approx(film)
    for _ in range(60):
        page.keyboard.press("+")
    assert view()[1] - view()[0] == pytest.approx(1)


def test_plain_wheel_scrolls_instead_of_zooming(
    visit: Callable[..., Any], large: tuple[Path, Any]
) -> None:
    page = visit(large[0])
    before = page.evaluate("timeline.view()")
    box = page.locator(".stage").bounding_box()
    page.mouse.move(box["x"] + 300, box["y"] + 100)
    page.mouse.wheel(0, 200)
    page.wait_for_function("() => document.querySelector('.lanes').scrollTop > 0")
    assert page.evaluate("timeline.view()") == before


def test_of_many_tracks_those_near_the_window_are_made(
    visit: Callable[..., Any], large: tuple[Path, Any]
) -> None:
    page = visit(large[0], "#C01")
    count, made = track_cards(page).count(), page.locator("#character .track:has(.span)")
    assert made.count() < count / 2
    last = page.locator("#character .track").last
    last.scroll_into_view_if_needed()
    last.locator(".face").nth(4).wait_for()
    page.evaluate("dispatchEvent(new Event('beforeprint'))")
    assert made.count() == count


@pytest.mark.parametrize(
    ("query", "names"),
    [
        ("c07", ["C07"]),  # an id, in any case
        ("track 6", ["C07"]),  # the first track of character n is n - 1
        ("shot 6", ["C04"]),  # shot 6 holds track 3 only
        ("00:00:23:06", ["C04"]),  # frame 558, and track 3 has 550 to 609
        ("nobody", []),
    ],
)
def test_search_in_the_cast(
    visit: Callable[..., Any], large: tuple[Path, Any], query: str, names: list[str]
) -> None:
    page = visit(large[0])
    page.keyboard.press("/")
    page.keyboard.type(query)
    assert cards(page).locator("h3").all_text_contents() == names
    assert page.get_by_text("Nobody in the cast answers").is_visible() == (not names)
    page.locator("#gallery .search").fill("")
    assert cards(page).count() == 60


def test_search_and_order_of_tracks(visit: Callable[..., Any], large: tuple[Path, Any]) -> None:
    report, cast = large
    page = visit(report, "#C03")
    own = tracks_of(cast, "C03")
    page.get_by_role("button", name="By quality").click()
    shown = [int(card.get_attribute("data-track")) for card in track_cards(page).all()]
    assert shown == [t["id"] for t in sorted(own, key=lambda t: (-t["quality"], t["id"]))]
    page.get_by_role("button", name="By time").click()
    shown = [int(card.get_attribute("data-track")) for card in track_cards(page).all()]
    assert shown == [track["id"] for track in own]
    page.locator("#character .search").fill(f"track {own[4]['id']}")
    assert track_cards(page).count() == 1
    page.keyboard.press("Escape")  # empties the field first
    assert track_cards(page).count() == len(own)


@pytest.mark.parametrize(
    ("place", "title"),
    [
        ("#C03", "C03"),
        ("#track-2", "C03"),
        ("#track-990", "Unknown"),
        ("#unknown", "Unknown"),
    ],
)
def test_links_lead_to_their_place(
    visit: Callable[..., Any], large: tuple[Path, Any], place: str, title: str
) -> None:
    page = visit(large[0], place)
    assert page.locator("#character-title").text_content() == title
    assert page.locator(".track.selected").count() == place.startswith("#track")


@pytest.mark.parametrize("place", ["#", "#C99", "#track-5000", "#track-x", "#%E0%A4%A"])
def test_links_to_nowhere_lead_to_the_cast(
    visit: Callable[..., Any], small: tuple[Path, Any], place: str
) -> None:
    page = visit(small[0], place)
    assert page.locator("#gallery").is_visible()
    assert not page.locator("#character").is_visible()


@pytest.mark.parametrize("track", [0, 511, 949, 999])
def test_pictures_are_those_of_the_track(
    visit: Callable[..., Any],
    large: tuple[Path, Any],
    track_colour: Callable[[int], tuple[int, int, int]],
    track: int,
) -> None:
    page = visit(large[0], f"#track-{track}")
    # Crops of unknown people are shown grey; here only their pictures matter.
    page.evaluate("document.getElementById('character').classList.remove('is-unknown')")
    for crop in page.locator(".track.selected .face").all():
        assert np.abs(middle_colour(crop) - track_colour(track)).max() <= 12


def test_portrait_is_that_of_the_character(
    visit: Callable[..., Any],
    large: tuple[Path, Any],
    track_colour: Callable[[int], tuple[int, int, int]],
) -> None:
    page = visit(large[0], "#C44")
    portrait = page.get_by_role("img", name="Portrait of C44")
    assert np.abs(middle_colour(portrait) - track_colour(43)).max() <= 12


def test_colours_follow_the_scheme(visit: Callable[..., Any], small: tuple[Path, Any]) -> None:
    page = visit(small[0], color_scheme="light")
    light = page.evaluate("getComputedStyle(document.body).backgroundColor")
    bar = page.evaluate("colourOf(characters[0])")
    page.emulate_media(color_scheme="dark")
    assert page.evaluate("getComputedStyle(document.body).backgroundColor") != light
    assert page.evaluate("colourOf(characters[0])") != bar


@pytest.mark.parametrize("place", ["", "#C01", "#unknown"])
def test_narrow_window_has_nothing_beside_it(
    visit: Callable[..., Any], small: tuple[Path, Any], place: str
) -> None:
    page = visit(small[0], place, width=390)
    assert page.evaluate("document.documentElement.scrollWidth") == 390


def test_film_without_faces(
    visit: Callable[..., Any], tmp_path: Path, make_workspace: Callable[..., Path]
) -> None:
    report = write_report(make_workspace(tmp_path / "w", characters=0, tracks=0, shots=4))
    page = visit(report)
    assert page.get_by_role("heading", name="No faces in this film").is_visible()
    assert not page.locator("#timeline").is_visible()
    page.get_by_text("How it was made").click()
    assert page.get_by_text("faces.size").is_visible()


def test_only_unknown_people(
    visit: Callable[..., Any], tmp_path: Path, make_workspace: Callable[..., Path]
) -> None:
    folder = make_workspace(tmp_path / "w", characters=0, tracks=3, shots=4, unknown=3)
    page = visit(write_report(folder))
    assert page.get_by_text("No character could be told apart").is_visible()
    assert page.locator(".covers li").count() == 3
    assert page.locator(".labels li").all_text_contents() == ["Unknown"]


def test_names_are_texts_and_nothing_else(
    visit: Callable[..., Any], tmp_path: Path, make_workspace: Callable[..., Path]
) -> None:
    folder = make_workspace(tmp_path / "w", characters=2, tracks=6, shots=6)
    evil = (
        "</script><img src=x onerror='window.hacked = 1'><script>window.hacked = 1</script>\u2028"
    )
    cast = json.loads((folder / "cast.json").read_text("utf-8"))
    cast["film"]["path"] = evil.replace("/", "\u2215")
    for person in cast["characters"]:
        person["name"] = evil
    (folder / "cast.json").write_text(json.dumps(cast), "utf-8")
    page = visit(write_report(folder))
    assert page.locator("h1").text_content() == evil.replace("/", "\u2215")
    page.locator(".card").first.click()
    assert evil in page.locator("#character-title").text_content()
    page.locator(".stage").focus()
    page.keyboard.press("ArrowRight")
    assert evil in page.locator(".tip").text_content()
    assert page.evaluate("window.hacked") is None
    assert page.locator("img").count() == 0


def test_a_long_name_stays_in_a_narrow_window(
    visit: Callable[..., Any], tmp_path: Path, make_workspace: Callable[..., Path]
) -> None:
    folder = make_workspace(tmp_path / "w", characters=1, tracks=2, shots=2)
    cast = json.loads((folder / "cast.json").read_text("utf-8"))
    cast["characters"][0]["name"] = "Maximiliane von Hohenstaufen-Wittelsbach zu Oettingen"
    (folder / "cast.json").write_text(json.dumps(cast), "utf-8")
    page = visit(write_report(folder), width=390)
    page.locator(".stage").focus()
    page.keyboard.press("ArrowRight")
    box = page.locator(".tip").first.bounding_box()
    assert box["x"] >= 0
    assert box["x"] + box["width"] <= 390


def test_lost_crops_are_blank(
    visit: Callable[..., Any], tmp_path: Path, make_workspace: Callable[..., Path]
) -> None:
    folder = make_workspace(tmp_path / "w", characters=1, tracks=2, shots=2)
    (folder / "crops" / "000001_000112.jpg").unlink()
    page = visit(write_report(folder), "#track-1")
    blank = page.locator(".track.selected .face").evaluate_all(
        "faces => faces.map((face) => face.classList.contains('blank'))"
    )
    assert blank == [False, True, False, False, False]


def test_on_paper_all_rows_and_pictures_are_there(
    visit: Callable[..., Any], large: tuple[Path, Any]
) -> None:
    page = visit(large[0])
    page.pdf()
    assert page.locator(".face[data-number]").count() == 0
    page.evaluate("dispatchEvent(new Event('beforeprint'))")
    rows = page.evaluate("document.querySelector('.stage canvas').clientHeight")
    assert rows == 61 * page.locator(".labels li").first.bounding_box()["height"]


def test_map_of_the_tracks_shows_faces_and_opens_tracks(
    visit: Callable[..., Any], make_workspace: Callable[..., Path], tmp_path: Path
) -> None:
    folder = make_workspace(tmp_path / "film.castlist", characters=3, tracks=12, shots=6)
    leave(folder, track=np.repeat(np.arange(12), 5))
    page = visit(write_report(folder))
    section = page.locator("#adaptation")
    assert "5 characters" in section.text_content()
    assert section.locator(".map").count() == 2
    assert section.locator("circle").count() == 24
    dot = section.locator("circle[data-track='7']").first
    dot.hover()
    tip = section.locator(".tip")
    tip.wait_for(state="visible")
    assert "track 7" in tip.text_content()
    assert "blob:" in tip.locator(".face").evaluate("node => node.style.backgroundImage")
    dot.click()
    page.wait_for_function("start => document.title.startsWith(start)", arg="Track 7")
    section.wait_for(state="hidden")


@pytest.mark.parametrize("width", [1280, 390])
@pytest.mark.parametrize("scheme", ["light", "dark"])
def test_axe_finds_nothing_serious(
    visit: Callable[..., Any],
    findings: Callable[[Any], list[str]],
    make_workspace: Callable[..., Path],
    tmp_path: Path,
    scheme: str,
    width: int,
) -> None:
    folder = make_workspace(tmp_path / "w", characters=3, tracks=12, shots=6, unknown=2)
    leave(folder, track=np.repeat(np.arange(12), 5))
    report = write_report(folder)
    told = {}
    for place in ("", "#C01", "#unknown", "#track-3"):
        page = visit(report, place, width, color_scheme=scheme, bypass_csp=True)
        page.evaluate("document.querySelector('details').open = true")
        told[place] = findings(page)
    assert told == {place: [] for place in told}
