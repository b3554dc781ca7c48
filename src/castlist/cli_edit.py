"""The commands of `castlist edit`: corrections of a cast, that hold in all later runs."""

from __future__ import annotations

from collections.abc import Callable
from pathlib import Path
from typing import TYPE_CHECKING, Annotated

import typer
from rich.table import Table

from castlist.cast.types import Cast
from castlist.errors import MissingExtraError
from castlist.terminal import Json, console, print_json

if TYPE_CHECKING:
    from castlist.cast.editing import Editor

edit_app = typer.Typer(
    no_args_is_help=True,
    help="Correct a cast. Corrections are kept in edits.jsonl and hold in all later runs.",
    epilog='Example: castlist edit rename film.castlist C03 "Rick Blaine"',
)

Folder = Annotated[Path, typer.Argument(help="A workspace that castlist run has left.")]
Who = Annotated[str, typer.Argument(help="A character: C03, or a name.")]
TrackNumbers = Annotated[list[int], typer.Argument(help="Numbers of tracks.")]
TrackNumber = Annotated[int, typer.Argument(help="Number of a track.")]


@edit_app.command(epilog='Example: castlist edit rename film.castlist C03 "Rick Blaine"')
def rename(workspace: Folder, who: Who, name: str, as_json: Json = False) -> None:
    """Name a character; "" takes the name away."""
    _edit(workspace, lambda editor: editor.rename(who, name), as_json)


@edit_app.command(epilog='Example: castlist edit note film.castlist C03 "leaves in act 2"')
def note(workspace: Folder, who: Who, text: str, as_json: Json = False) -> None:
    """Note something of a character."""
    _edit(workspace, lambda editor: editor.note(who, text), as_json)


@edit_app.command(epilog="Example: castlist edit hide film.castlist C09")
def hide(workspace: Folder, who: Who, as_json: Json = False) -> None:
    """Take a character for an extra."""
    _edit(workspace, lambda editor: editor.hide(who), as_json)


@edit_app.command(epilog="Example: castlist edit show film.castlist C09")
def show(workspace: Folder, who: Who, as_json: Json = False) -> None:
    """Take a character for no extra any more."""
    _edit(workspace, lambda editor: editor.show(who), as_json)


@edit_app.command(epilog="Example: castlist edit merge film.castlist C03 C07")
def merge(workspace: Folder, into: Who, others: list[str], as_json: Json = False) -> None:
    """Make characters one; the first one's name holds."""
    _edit(workspace, lambda editor: editor.merge(into, others), as_json)


@edit_app.command(epilog="Example: castlist edit split film.castlist C03 12 15")
def split(workspace: Folder, who: Who, tracks: TrackNumbers, as_json: Json = False) -> None:
    """Make some tracks of a character another character."""
    _edit(workspace, lambda editor: editor.split(who, tracks), as_json)


@edit_app.command(epilog="Example: castlist edit move film.castlist C03 12 15")
def move(workspace: Folder, to: Who, tracks: TrackNumbers, as_json: Json = False) -> None:
    """Give tracks to a character."""
    _edit(workspace, lambda editor: editor.move(tracks, to), as_json)


@edit_app.command(epilog="Example: castlist edit confirm film.castlist 12 15")
def confirm(workspace: Folder, tracks: TrackNumbers, as_json: Json = False) -> None:
    """Say that tracks are where they belong."""
    _edit(workspace, lambda editor: editor.confirm(tracks), as_json)


@edit_app.command(epilog="Example: castlist edit never film.castlist C03 C07")
def never(workspace: Folder, one: str, other: str, as_json: Json = False) -> None:
    """Say that two characters, or two tracks, are never one person."""
    a, b = (int(name) if name.isdecimal() else name for name in (one, other))
    _edit(workspace, lambda editor: editor.never(a, b), as_json)


@edit_app.command(epilog="Example: castlist edit noface film.castlist 12")
def noface(workspace: Folder, track: TrackNumber, as_json: Json = False) -> None:
    """Say that a track is no face."""
    _edit(workspace, lambda editor: editor.no_face(track), as_json)


@edit_app.command(epilog="Example: castlist edit changes film.castlist 12 340")
def changes(workspace: Folder, track: TrackNumber, frame: int, as_json: Json = False) -> None:
    """Say that from a frame on a track is another person."""
    _edit(workspace, lambda editor: editor.changes(track, frame), as_json)


@edit_app.command(epilog="Example: castlist edit undo film.castlist")
def undo(workspace: Folder, as_json: Json = False) -> None:
    """Take the last correction back."""
    _edit(workspace, lambda editor: editor.undo(), as_json)


@edit_app.command(epilog="Example: castlist edit redo film.castlist")
def redo(workspace: Folder, as_json: Json = False) -> None:
    """Have the correction that was taken back last hold again."""
    _edit(workspace, lambda editor: editor.redo(), as_json)


@edit_app.command(epilog="Example: castlist edit log film.castlist")
def log(workspace: Folder, as_json: Json = False) -> None:
    """List all corrections."""
    from castlist.cast.editing import Editor
    from castlist.cast.edits import holding

    entries = Editor(workspace).log()
    if as_json:
        print_json({"edits": [entry.to_dict() for entry in entries]})
        return
    held = {entry.id for entry in holding(entries)[0]}
    table = Table("when", "what", "of", "tracks", "holds")
    for entry in entries:
        count = str(len(entry.who) + len(entry.same)) if entry.who else ""
        holds = "yes" if entry.id in held else ""
        table.add_row(entry.at, entry.kind.value, entry.text or "", count, holds)
    console.print(table)


def suggest(
    workspace: Folder,
    most: Annotated[int, typer.Option(min=1, help="Questions to list.")] = 20,
    as_json: Json = False,
) -> None:
    """List the questions whose answers would mend the cast most, best first.

    castlist review asks them one after the other.
    """
    from castlist.cast.questions import questions

    found = questions(workspace, most=most)
    if as_json:
        print_json({"questions": [vars(one) for one in found]})
        return
    table = Table("question", "likely")
    for one in found:
        if one.track is None:
            text = f"Are {one.character} and {one.other} the same person?"
        elif one.character is None:
            text = f"Is track {one.track} somebody else than {one.other}?"
        else:
            now = one.other or "unknown"
            text = f"Is track {one.track} (now {now}) {one.character}?"
        table.add_row(text, f"{one.likely:.0%}")
    console.print(table)


def review(
    workspace: Folder,
    port: Annotated[int, typer.Option(min=0, help="Of this machine; 0 for any free one.")] = 0,
    open_: Annotated[
        bool, typer.Option("--open/--no-open", help="Open the page in the browser.")
    ] = True,
) -> None:
    """Look through a cast in the browser and correct it. It stays on this machine.

    Ctrl+C ends it; nothing has to be saved.
    """
    import webbrowser

    try:
        from castlist.review.server import serve
    except ModuleNotFoundError as error:
        raise MissingExtraError("review", "The review app") from error

    def ready(address: str) -> None:
        console.print(f"{address}\nCtrl+C ends it.", soft_wrap=True)
        if open_:
            webbrowser.open(address)

    serve(workspace, port=port, ready=ready)


def _edit(workspace: Path, correct: Callable[[Editor], Cast], as_json: bool) -> None:
    from castlist.cast.editing import Editor
    from castlist.report import write_report

    cast = correct(Editor(workspace))
    write_report(workspace)
    if as_json:
        print_json(cast.to_dict())
        return
    for conflict in cast.conflicts:
        console.print(conflict, style="yellow")
    console.print(f"{len(cast.characters)} characters, {len(cast.unknown)} tracks unknown")
