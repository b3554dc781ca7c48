"""The written file: whole, safe against what a film is called, without any address."""

from __future__ import annotations

import base64
import hashlib
import json
import re
from collections.abc import Callable
from dataclasses import replace
from html.parser import HTMLParser
from pathlib import Path

import pytest

from castlist.cast.types import Cast
from castlist.errors import WorkspaceError
from castlist.report import write_report
from castlist.report.page import SCRIPTS, embed

EVIL = "</script><script>alert(1)</script> \u2028 {{script}} <!-- & \"quoted\" 'too'"


class Elements(HTMLParser):
    """The page as a browser's parser cuts it: every element with its attributes and text."""

    def __init__(self, page: str) -> None:
        super().__init__()
        self.found: list[tuple[str, dict[str, str | None], str]] = []
        self.inside = False
        self.feed(page)

    def handle_starttag(self, tag: str, attrs: list[tuple[str, str | None]]) -> None:
        self.found.append((tag, dict(attrs), ""))
        self.inside = True

    def handle_endtag(self, tag: str) -> None:
        self.inside = False

    def handle_data(self, data: str) -> None:
        if self.inside:
            tag, attributes, text = self.found[-1]
            self.found[-1] = (tag, attributes, text + data)

    def elements(self, tag: str) -> list[tuple[dict[str, str | None], str]]:
        return [(attributes, text) for own, attributes, text in self.found if own == tag]

    def facts(self) -> dict:
        [text] = [
            text for attributes, text in self.elements("script") if attributes.get("id") == "facts"
        ]
        return json.loads(text)


@pytest.fixture
def workspace(tmp_path: Path, make_workspace: Callable[..., Path]) -> Path:
    return make_workspace(tmp_path / "film.castlist", characters=3, tracks=20, shots=10, unknown=4)


def test_report_is_one_file_with_all_in_it(workspace: Path) -> None:
    path = write_report(workspace)
    assert path == workspace / "report.html"
    page = Elements(path.read_text("utf-8"))
    sheets = [(a, t) for a, t in page.elements("script") if "data-sheet" in a]
    assert [attributes["data-sheet"] for attributes, _ in sheets] == ["tile"] * 2 + ["portrait"]
    for _, text in sheets:
        assert base64.b64decode(text, validate=True).startswith(b"\xff\xd8\xff")
    assert page.facts()["sheets"] == {
        "tile": {"columns": 8, "edge": 96, "missing": []},
        "portrait": {"columns": 4, "edge": 192, "missing": []},
    }


def test_nothing_in_the_page_leads_elsewhere(workspace: Path) -> None:
    page = Elements(write_report(workspace).read_text("utf-8"))
    for tag, attributes, text in page.found:
        assert not {"src", "href", "action", "data"} & attributes.keys(), tag
        if tag == "style":
            assert "url(" not in text
            assert "@import" not in text


def test_policy_allows_our_script_and_style_and_no_connection(workspace: Path) -> None:
    page = Elements(write_report(workspace).read_text("utf-8"))
    [policy] = [
        attributes["content"] or ""
        for attributes, _ in page.elements("meta")
        if attributes.get("http-equiv") == "Content-Security-Policy"
    ]
    rules = dict(rule.split(" ", 1) for rule in policy.split("; "))
    [script] = [text for attributes, text in page.elements("script") if not attributes]
    [(_, style)] = page.elements("style")
    assert rules["default-src"] == "'none'"
    assert rules["img-src"] == "blob:"
    for rule, text in (("script-src", script), ("style-src", style)):
        digest = base64.b64encode(hashlib.sha256(text.encode()).digest()).decode()
        assert rules[rule] == f"'sha256-{digest}'"


def test_texts_of_the_film_stay_texts(tmp_path: Path, make_workspace: Callable[..., Path]) -> None:
    folder = make_workspace(tmp_path / "w", characters=2, tracks=4, shots=4)
    cast = json.loads((folder / "cast.json").read_text("utf-8"))
    cast["film"]["path"] = EVIL.replace("/", "\u2215")
    cast["characters"][0]["name"] = EVIL
    cast["settings"]["note"] = EVIL
    (folder / "cast.json").write_text(json.dumps(cast), "utf-8")
    page = Elements(write_report(folder).read_text("utf-8"))
    facts = page.facts()
    assert facts["film"]["name"] == EVIL.replace("/", "\u2215")
    assert facts["characters"][0]["name"] == EVIL
    assert ["note", EVIL] in facts["settings"]
    assert page.elements("title")[0][1] == EVIL.replace("/", "\u2215") + " · castlist"
    plain = [text for attributes, text in page.elements("script") if not attributes]
    assert len(plain) == 1


def test_embedded_json_has_no_markup_and_comes_back() -> None:
    value = {"text": EVIL, "lone surrogate": "\udc80", "list": [1, None, 2.5]}
    text = embed(value)
    assert not re.search("[<>&\u2028]", text)
    assert json.loads(text) == value


def test_file_name_that_is_no_text(workspace: Path) -> None:
    cast = Cast.load(workspace / "cast.json")
    path = "caf\udce9.mkv"  # how Python holds a Latin-1 name on a UTF-8 system
    replace(cast, film={**cast.film, "path": path}).save(workspace / "cast.json")
    page = Elements(write_report(workspace).read_text("utf-8"))
    assert page.elements("title")[0][1] == "caf?.mkv · castlist"


def test_lost_crop_leaves_a_blank(workspace: Path) -> None:
    (workspace / "crops" / "000000_000010.jpg").unlink()  # also the portrait of C01
    facts = Elements(write_report(workspace).read_text("utf-8")).facts()
    [track] = [track for track in facts["tracks"] if track["id"] == 0]
    assert facts["sheets"]["tile"]["missing"] == [track["tiles"][0]]
    assert facts["sheets"]["portrait"]["missing"] == [facts["characters"][0]["portrait"]]


def test_same_workspace_same_bytes(workspace: Path) -> None:
    first = write_report(workspace).read_bytes()
    assert write_report(workspace).read_bytes() == first


def test_earlier_report_stays_when_a_new_one_fails(workspace: Path) -> None:
    before = write_report(workspace).read_bytes()
    (workspace / "cast.json").write_text("{", "utf-8")
    with pytest.raises(WorkspaceError):
        write_report(workspace)
    assert (workspace / "report.html").read_bytes() == before
    assert [path.name for path in workspace.glob("*report*")] == ["report.html"]


def test_every_script_in_the_package_is_used_once() -> None:
    from importlib import resources

    assets = resources.files("castlist.report") / "assets"
    assert sorted(SCRIPTS) == sorted(
        asset.name for asset in assets.iterdir() if asset.name.endswith(".js")
    )
