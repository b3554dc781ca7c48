"""The review app's server: who is let in, what is answered, what a correction does."""

import json
import re

import pytest
from fastapi.testclient import TestClient

from castlist.cast.edits import Log
from castlist.cast.types import Cast
from castlist.errors import CastlistError, WorkspaceError
from castlist.review.server import make_app, serve

ORIGIN = "http://127.0.0.1:8123"
TOKEN = "the-token"


@pytest.fixture
def stranger(folder):
    """Somebody who doesn't know the token."""
    return TestClient(make_app(folder, TOKEN, ORIGIN), base_url=ORIGIN, follow_redirects=False)


@pytest.fixture
def user(stranger):
    """Somebody who has opened the address that was printed."""
    answer = stranger.get("/", params={"token": TOKEN})
    assert answer.status_code == 303
    stranger.headers["Origin"] = ORIGIN
    return stranger


def facts(user):
    page = user.get("/").text
    return json.loads(re.search(r'id="facts">(.*?)</script>', page, re.S)[1])


def wish(user, version=0, **what):
    return user.post("/edit", json={"version": version, **what})


@pytest.mark.parametrize("path", ["/", "/film", "/questions", "/boxes/0", "/sheet/0/tile/0.jpg"])
def test_nobody_gets_in_without_the_token(stranger, path):
    for address in (path, f"{path}?token=wrong", f"{path}?token="):
        assert stranger.get(address).status_code == 403
    stranger.cookies.set("castlist", "wrong")
    assert stranger.get(path).status_code == 403
    if path != "/":  # the token opens the front door only
        assert stranger.get(f"{path}?token={TOKEN}").status_code == 403


def test_the_token_goes_from_the_address_into_a_cookie(stranger):
    answer = stranger.get("/", params={"token": TOKEN})
    assert (answer.status_code, answer.headers["location"]) == (303, "/")
    cookie = answer.headers["set-cookie"].lower()
    assert "httponly" in cookie
    assert "samesite=strict" in cookie
    assert stranger.get("/").status_code == 200


@pytest.mark.parametrize("host", ["evil.example", "127.0.0.1", "127.0.0.1:99", "localhost:8123"])
def test_another_name_of_this_machine_is_refused(user, host):
    assert user.get("/", headers={"Host": host}).status_code == 421


@pytest.mark.parametrize("origin", ["http://evil.example", "null", "http://127.0.0.1:99", None])
def test_a_correction_from_another_site_is_refused(user, folder, origin):
    if origin is None:
        del user.headers["Origin"]
    else:
        user.headers["Origin"] = origin
    assert wish(user, do="hide", who="C01").status_code == 403
    assert Log.of(folder).read() == []


@pytest.mark.parametrize(
    "path",
    [
        "/../cast.json",
        "/..%2fcast.json",
        "/sheet/0/tile/..%2f..%2fcast.json.jpg",
        "/sheet/0/other/0.jpg",
        "/sheet/0/tile/-1.jpg",
        "/sheet/0/tile/999.jpg",
        "/boxes/99",
        "/boxes/x",
        "/manifest.json",
        "/docs",
        "/openapi.json",
    ],
)
def test_no_other_path_leads_anywhere(user, path):
    assert user.get(path).status_code in (404, 422)


def test_what_the_page_is_made_of(user):
    page = user.get("/")
    assert "connect-src 'self'" in page.text
    assert page.headers["x-frame-options"] == "DENY"
    told = facts(user)
    assert [c["id"] for c in told["characters"]] == ["C01", "C02", "C03"]
    assert told["served"] == {"version": 0, "undo": None, "redo": None, "film": True}
    assert all(0 <= track["doubt"] <= 1 for track in told["tracks"])
    sheet = user.get("/sheet/0/tile/0.jpg")
    assert sheet.content[:2] == b"\xff\xd8"
    assert user.get("/sheet/0/strip/0.jpg").status_code == 200
    assert user.get("/sheet/0/portrait/0.jpg").status_code == 200


def test_pictures_of_tracks_stay_where_they_are_whoever_the_tracks_belong_to(user):
    def places():
        return {track["id"]: track["tiles"] for track in facts(user)["tracks"]}

    before, sheet = places(), user.get("/sheet/0/tile/0.jpg").content
    wish(user, do="merge", who="C03", others=["C01"])
    assert places() == before
    assert user.get("/sheet/1/tile/0.jpg").content == sheet
    strips = [number for person in facts(user)["characters"] for number in person["strip"]]
    assert strips == list(range(len(strips)))


def test_the_film_is_served_in_ranges(user):
    part = user.get("/film", headers={"Range": "bytes=0-99"})
    assert (part.status_code, len(part.content)) == (206, 100)


def test_boxes_of_a_track_lie_at_their_times(user):
    told = user.get("/boxes/0").json()
    assert told["times"][0] == 0
    assert len(told["times"]) == len(told["boxes"])
    assert told["times"] == sorted(told["times"])


def test_corrections_are_written_and_seen_at_once(user, folder):
    assert wish(user, do="rename", who="C01", text="Red").json() == {"version": 1}
    assert wish(user, 1, do="merge", who="Red", others=["C02"]).json() == {"version": 2}
    told = facts(user)
    assert [c["name"] for c in told["characters"]] == ["Red", None]
    assert told["served"]["undo"] == "merge"
    assert wish(user, 2, do="undo").json() == {"version": 3}
    assert facts(user)["served"]["redo"] == "merge"
    assert [c.name for c in Cast.load(folder / "cast.json").characters] == ["Red", None, None]


@pytest.mark.parametrize(
    "what",
    [
        {"do": "note", "who": "C01", "text": "a note"},
        {"do": "hide", "who": "C01"},
        {"do": "show", "who": "C01"},
        {"do": "split", "who": "C01", "tracks": [0]},
        {"do": "move", "who": "C01", "tracks": [1]},
        {"do": "confirm", "tracks": [0]},
        {"do": "never", "who": "C01", "others": ["C02"]},
        {"do": "never", "tracks": [0], "others": ["C02"]},
        {"do": "no_face", "tracks": [1]},
        {"do": "changes", "tracks": [0], "frame": 9},
    ],
)
def test_each_correction_can_be_wished(user, what):
    assert wish(user, **what).json() == {"version": 1}
    assert wish(user, 1, do="undo").json() == {"version": 2}


def test_a_page_that_has_not_seen_the_latest_has_to_look_again(user):
    wish(user, do="hide", who="C01")
    late = wish(user, 0, do="hide", who="C02")
    assert late.status_code == 409
    assert "changed elsewhere" in late.json()["problem"]


@pytest.mark.parametrize(
    ("what", "status", "words"),
    [
        ({"do": "rename", "who": "C99", "text": "x"}, 422, "no such character"),
        ({"do": "undo"}, 422, "nothing to undo"),
        ({"do": "fly"}, 422, ""),
        ({"do": "hide", "who": "C01", "path": "/etc"}, 422, ""),
        ({"do": "move", "who": "C02", "tracks": []}, 422, "already"),
    ],
)
def test_what_makes_no_sense_is_said(user, folder, what, status, words):
    answer = wish(user, **what)
    assert answer.status_code == status
    assert words in answer.text
    assert Log.of(folder).read() == []


def test_changes_from_outside_are_seen(user, folder):
    from castlist.cast.editing import Editor

    Editor(folder).rename("C01", "Red")
    assert facts(user)["characters"][0]["name"] == "Red"


def test_questions(user):
    asked = user.get("/questions").json()["questions"]
    assert asked
    assert {"asked", "character", "other", "track", "likely"} == set(asked[0])


def test_unfinished_workspace_and_taken_port(tmp_path, folder):
    with pytest.raises(WorkspaceError, match="castlist run"):
        serve(tmp_path)
    import socket

    with socket.socket() as taken:
        taken.bind(("127.0.0.1", 0))
        taken.listen()
        with pytest.raises(CastlistError, match="--port"):
            serve(folder, port=taken.getsockname()[1])
