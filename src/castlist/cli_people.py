"""The commands that find out who is who: `castlist name` and `castlist link`."""

from __future__ import annotations

from collections.abc import Iterable
from pathlib import Path
from typing import Annotated

import typer
from rich.table import Table

from castlist.progress import Bars
from castlist.terminal import Json, console, errors, print_json


def name(
    workspace: Annotated[Path, typer.Argument(help="A workspace that castlist run has left.")],
    folder: Annotated[Path, typer.Argument(help="Photographs, NAME/*.jpg.")],
    dry_run: Annotated[bool, typer.Option("--dry-run", help="Only tell; write nothing.")] = False,
    as_json: Json = False,
) -> None:
    """Name characters from photographs.

    A character that is like none of the people gets no name; one that has a name keeps it.
    """
    from castlist.cast.names import write_names
    from castlist.cast.naming import name_from_photographs

    with Bars(errors) as bars:
        found = name_from_photographs(workspace, folder, bars)
    if not dry_run:
        _report(one.workspace for one in write_names(found))
    if as_json:
        print_json({"characters": [vars(one) for one in found]})
        return
    table = Table("character", "name", "likeness", "needed")
    for one in found:
        table.add_row(one.character, one.name or "none of these", f"{one.likeness}", f"{one.limit}")
    console.print(table)


def link(
    workspaces: Annotated[list[Path], typer.Argument(help="Workspaces of two films or more.")],
    write: Annotated[
        bool, typer.Option("--write", help="Hand names on; without it they are only told.")
    ] = False,
    as_json: Json = False,
) -> None:
    """Find the people who are in several films; with --write hand their names on.

    Look at who was found before you write. Where all who have a name have the same, the others get
    it. Nothing is written where names differ.
    """
    from castlist.cast.linking import link as find
    from castlist.cast.linking import names_of
    from castlist.cast.names import write_names

    links = find(workspaces)
    written = write_names(names_of(links)) if write else []
    _report(one.workspace for one in written)
    if as_json:
        print_json({"people": [vars(one) for one in links]})
        return
    table = Table("name", "characters", "likeness", "needed")
    for one in links:
        where = ", ".join(f"{folder.stem} {character}" for folder, character in one.characters)
        table.add_row(" or ".join(one.names), where, f"{one.likeness}", f"{one.limit}")
    console.print(table)
    if write:
        console.print(f"{len(written)} characters have got a name")
    elif names_of(links):
        console.print("Nothing is written. Are these the same people? Then: --write")


def _report(workspaces: Iterable[Path]) -> None:
    from castlist.report import write_report

    for workspace in dict.fromkeys(workspaces):
        write_report(workspace)
