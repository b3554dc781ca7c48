"""The commands that hand a cast on, `castlist export` and `castlist render`: as thin as `cli`'s."""

from __future__ import annotations

import sys
from collections.abc import Iterable
from pathlib import Path
from typing import TYPE_CHECKING, Annotated, Any

import typer
from rich.table import Table

from castlist.errors import CastlistError
from castlist.progress import Bars
from castlist.terminal import Json, console, errors, print_json

if TYPE_CHECKING:
    from castlist.export import Format


def export(
    workspace: Annotated[
        Path | None, typer.Argument(help="A workspace that castlist run has left.")
    ] = None,
    format_: Annotated[
        str | None, typer.Argument(metavar="FORMAT", help="One of those that --list lists.")
    ] = None,
    out: Annotated[
        str | None,
        typer.Option(help="The file; by default NAME.cast.SUFFIX beside the workspace; - prints."),
    ] = None,
    start_timecode: Annotated[
        str | None,
        typer.Option(help="Of the film's first frame; by default what the film's file says."),
    ] = None,
    drop_frame: Annotated[
        bool | None,
        typer.Option(
            "--drop-frame/--non-drop",
            help="The kind of timecode at 29.97 and 59.94; by default the start timecode's.",
        ),
    ] = None,
    rate: Annotated[
        str | None,
        typer.Option(
            help="Frames per second of the editing program's timeline, if not the film's."
        ),
    ] = None,
    list_: Annotated[bool, typer.Option("--list", help="List the formats.")] = False,
    as_json: Json = False,
) -> None:
    """Hand the cast list on: to editing programs, players, annotation tools, spreadsheets."""
    from castlist import export as exporting
    from castlist.export.edit import parse_rate

    if list_:
        _print_formats(exporting.FORMATS.values(), as_json)
        return
    if workspace is None or format_ is None:
        raise CastlistError("name a workspace and a format; castlist export --list lists them")
    chosen: dict[str, Any] = {
        "rate": parse_rate(rate) if rate else None,
        "start_timecode": start_timecode,
        "drop": drop_frame,
    }
    if out == "-":
        made = exporting.make(workspace, format_, **chosen)
        if not isinstance(made, str):
            raise CastlistError(f"{format_}: is no text; name a file with --out")
        sys.stdout.buffer.write(exporting.encoded(made))
        return
    path = exporting.export(workspace, format_, out, **chosen)
    if as_json:
        print_json({"format": format_, "path": str(path)})
    else:
        console.print(str(path), soft_wrap=True)


def render(
    film: Annotated[
        Path, typer.Argument(metavar="FILM_OR_WORKSPACE", help="What castlist run has been run on.")
    ],
    out: Annotated[Path, typer.Option(help="The film to write: .mp4, .mov or .mkv.")],
    blur: Annotated[
        list[str] | None,
        typer.Option(metavar="CHARACTER", help="Blur their faces: C03, or a name. Repeatable."),
    ] = None,
    blur_others: Annotated[
        list[str] | None,
        typer.Option(metavar="CHARACTER", help="Blur all faces but theirs, unknown ones too."),
    ] = None,
    only: Annotated[
        list[str] | None,
        typer.Option(metavar="CHARACTER", help="Only the stretches in which they appear."),
    ] = None,
    as_json: Json = False,
) -> None:
    """Write the film with some faces blurred, or only with some characters' appearances."""
    from castlist import pipeline
    from castlist import render as rendering

    if sum(bool(choice) for choice in (blur, blur_others, only)) != 1:
        raise CastlistError("name one of --blur, --blur-others and --only")
    workspace = film if film.is_dir() else pipeline.workspace_beside(film)
    source = None if film.is_dir() else film
    with Bars(errors) as bars:
        if only:
            rendering.only(workspace, only, out, film=source, hook=bars)
        else:
            chosen, others = blur or blur_others or (), bool(blur_others)
            rendering.blur(workspace, chosen, out, film=source, others=others, hook=bars)
    if as_json:
        print_json({"path": str(out)})
    else:
        console.print(str(out), soft_wrap=True)


def _print_formats(formats: Iterable[Format], as_json: bool) -> None:
    if as_json:
        listed = [{"name": f.name, "suffix": f.suffix, "purpose": f.purpose} for f in formats]
        print_json({"formats": listed})
        return
    table = Table("format", "ending", "what it holds, and for whom")
    for one in formats:
        table.add_row(one.name, f".cast{one.suffix}" if one.suffix else "a folder", one.purpose)
    console.print(table)
