"""The review app's server: one workspace, one user, this machine.

It listens on the loopback address only. Who wants anything needs the token that the address has
when the app starts; it then lies in a cookie that no other site can send along. Requests by another
name for this machine (DNS rebinding) and corrections from another site's page are refused. What can
be asked for are the endpoints below: no path of the file system is ever taken from a request.
"""

from __future__ import annotations

import gc
import logging
import secrets
import threading
from collections.abc import Awaitable, Callable
from dataclasses import asdict
from pathlib import Path
from typing import Any, Literal

from fastapi import FastAPI, HTTPException, Request, Response
from fastapi.responses import FileResponse, HTMLResponse, JSONResponse, RedirectResponse
from pydantic import BaseModel, ConfigDict

from castlist.cast.editing import Editor
from castlist.cast.edits import Log
from castlist.errors import CastlistError
from castlist.review.page import View, view

log = logging.getLogger(__name__)

COOKIE = "castlist"
ASKED = 50
"""Questions that are asked for at once."""


class Wish(BaseModel):
    """A correction that is asked for.

    Attributes:
        version: Entries of the log that the page has seen; else it has to look again first.
        do: What.
        who: A character.
        others: Further characters.
        tracks: Tracks.
        text: A name or note.
        frame: Where a track changes person.
    """

    model_config = ConfigDict(extra="forbid")

    version: int
    do: Literal[
        "rename",
        "note",
        "hide",
        "show",
        "merge",
        "split",
        "move",
        "confirm",
        "never",
        "no_face",
        "changes",
        "undo",
        "redo",
    ]
    who: str = ""
    others: list[str] = []
    tracks: list[int] = []
    text: str = ""
    frame: int = -1


def correct(editor: Editor, wish: Wish) -> None:
    """Carry a wish out.

    Raises:
        CastlistError: It makes no sense on this cast.
    """
    first = next(iter(wish.tracks), -1)
    other = next(iter(wish.others), "")
    ways: dict[str, Callable[[], object]] = {
        "rename": lambda: editor.rename(wish.who, wish.text),
        "note": lambda: editor.note(wish.who, wish.text),
        "hide": lambda: editor.hide(wish.who),
        "show": lambda: editor.show(wish.who),
        "merge": lambda: editor.merge(wish.who, wish.others),
        "split": lambda: editor.split(wish.who, wish.tracks),
        "move": lambda: editor.move(wish.tracks, wish.who),
        "confirm": lambda: editor.confirm(wish.tracks),
        "never": lambda: editor.never(first if wish.tracks else wish.who, other),
        "no_face": lambda: editor.no_face(first),
        "changes": lambda: editor.changes(first, wish.frame),
        "undo": editor.undo,
        "redo": editor.redo,
    }
    ways[wish.do]()


def make_app(folder: Path, token: str, origin: str) -> FastAPI:
    """Return the app.

    Args:
        folder: A finished workspace.
        token: What the first request has to know.
        origin: The app's own address, such as http://127.0.0.1:8123.

    Raises:
        WorkspaceError: The workspace isn't finished, or a file is damaged.
    """
    editor = Editor(folder)
    edits = Log.of(folder)
    busy = threading.Lock()
    app = FastAPI(title="castlist review", docs_url=None, redoc_url=None, openapi_url=None)
    state: dict[str, View] = {"view": view(folder)}

    def fresh() -> View:
        """Return the page as it is now, whoever has changed the cast."""
        with busy:
            if len(edits) != state["view"].version:
                state["view"] = view(folder)
            return state["view"]

    @app.middleware("http")
    async def guard(request: Request, go_on: Callable[[Request], Awaitable[Response]]) -> Response:
        host = request.headers.get("host", "")
        if f"http://{host}" != origin:
            return Response("another name of this machine", 421)
        if request.method != "GET" and request.headers.get("origin") != origin:
            return Response("from another site", 403)
        known = request.cookies.get(COOKIE, "")
        asked = request.query_params.get("token", "") if request.url.path == "/" else ""
        if not secrets.compare_digest(known.encode(), token.encode()):
            if not secrets.compare_digest(asked.encode(), token.encode()):
                return Response("open the address that castlist review has printed", 403)
            inside = RedirectResponse("/", 303)
            inside.set_cookie(COOKIE, token, httponly=True, samesite="strict")
            return inside
        answer = await go_on(request)
        answer.headers["X-Content-Type-Options"] = "nosniff"
        answer.headers["Referrer-Policy"] = "no-referrer"
        answer.headers["X-Frame-Options"] = "DENY"
        return answer

    @app.exception_handler(CastlistError)
    async def refused(request: Request, error: Exception) -> Response:
        return JSONResponse({"problem": str(error)}, 422)

    @app.get("/")
    def index() -> Response:
        return HTMLResponse(fresh().html, headers={"Cache-Control": "no-store"})

    @app.get("/favicon.ico")
    def favicon() -> Response:
        return Response(status_code=204)

    @app.get("/sheet/{version}/{kind}/{number}.jpg")
    def sheet(version: int, kind: Literal["tile", "strip", "portrait"], number: int) -> Response:
        jpeg = fresh().sheet(kind, number) if number >= 0 else None
        if jpeg is None:
            raise HTTPException(404)
        return Response(
            jpeg, media_type="image/jpeg", headers={"Cache-Control": "private, max-age=3600"}
        )

    @app.get("/film")
    def film() -> Response:
        file = fresh().finished.film
        if not file.is_file():
            raise HTTPException(404)
        return FileResponse(file)

    @app.get("/boxes/{track}")
    def boxes(track: int) -> dict[str, Any]:
        now = fresh().finished
        own = [entry for entry in now.cast.tracks if entry.id == track]
        if not own:
            raise HTTPException(404)
        rows = now.rows(own[0])
        frames = now.tracks.frame[rows]
        return {
            "times": [round(float(now.start(frame)), 4) for frame in frames.tolist()],
            "boxes": now.tracks.boxes[rows].round(1).tolist(),
        }

    @app.get("/questions")
    def ask() -> dict[str, Any]:
        return {"questions": [asdict(question) for question in fresh().questions[:ASKED]]}

    @app.post("/edit")
    def edit(wish: Wish) -> Response:
        with busy:
            if wish.version != len(edits):
                return JSONResponse(
                    {"problem": "The cast was changed elsewhere; here it is as it is now."}, 409
                )
            correct(editor, wish)
        return JSONResponse({"version": fresh().version})

    return app


def serve(folder: Path, *, port: int = 0, ready: Callable[[str], None] | None = None) -> None:
    """Serve a workspace until it is interrupted; then its report is written anew.

    Args:
        folder: A finished workspace.
        port: Of the loopback address; 0 for any that is free.
        ready: Told the address to open.

    Raises:
        WorkspaceError: The workspace isn't finished, or a file is damaged.
        CastlistError: The port is taken.
    """
    import socket

    import uvicorn

    from castlist.report import write_report

    listening = socket.socket(socket.AF_INET, socket.SOCK_STREAM)
    listening.setsockopt(socket.SOL_SOCKET, socket.SO_REUSEADDR, 1)
    try:
        listening.bind(("127.0.0.1", port))
        listening.listen()  # who is told the address may come before the server runs
    except OSError as error:
        raise CastlistError(
            f"port {port}: can't be had ({error.strerror}); name another with --port"
        ) from error
    origin = f"http://127.0.0.1:{listening.getsockname()[1]}"
    token = secrets.token_urlsafe(24)
    app = make_app(folder, token, origin)
    gc.freeze()  # what is loaded by now stays, and isn't gone through at each correction
    config = uvicorn.Config(app, log_level="warning", access_log=False)
    if ready:
        ready(f"{origin}/?token={token}")
    try:
        uvicorn.Server(config).run(sockets=[listening])
    except KeyboardInterrupt:
        log.info("review of %s ended", folder)
    finally:
        write_report(folder)
