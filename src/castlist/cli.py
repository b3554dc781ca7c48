"""The command line: what the user asks is handed to the library, and what it says is printed."""

from __future__ import annotations

import json
import logging
import sys
from collections.abc import Iterable
from pathlib import Path
from typing import TYPE_CHECKING, Annotated, Any

import typer
from rich import box
from rich.console import Console
from rich.logging import RichHandler
from rich.table import Table

import castlist
from castlist import models
from castlist.errors import CastlistError
from castlist.progress import Bars

if TYPE_CHECKING:
    from castlist.export import Format

app = typer.Typer(
    no_args_is_help=True,
    add_completion=False,
    rich_markup_mode="rich",
    help="From a film to its cast list: shots, face tracks, and who is on screen when.",
)
models_app = typer.Typer(no_args_is_help=False, invoke_without_command=True)
benchmark_app = typer.Typer(no_args_is_help=True, help="Measure castlist on films with truth.")
app.add_typer(models_app, name="models")
app.add_typer(benchmark_app, name="benchmark")

console = Console()
errors = Console(stderr=True)

STOPPED = 130
"""The exit code that typer gives to an interrupt from the keyboard."""

Json = Annotated[bool, typer.Option("--json", help="Print one JSON object instead.")]


def _version(wanted: bool) -> None:
    if wanted:
        console.print(castlist.__version__)
        raise typer.Exit


@app.callback()
def _settings(
    verbose: Annotated[bool, typer.Option("--verbose", "-v", help="Tell what is done.")] = False,
    version: Annotated[
        bool,
        typer.Option("--version", help="Print the version.", callback=_version, is_eager=True),
    ] = False,
) -> None:
    handler = RichHandler(console=errors, show_time=False, show_path=False)
    logging.basicConfig(
        level=logging.INFO if verbose else logging.WARNING, format="%(message)s", handlers=[handler]
    )


@app.command(epilog="Example: castlist run film.mp4 --out /tmp/film.castlist")
def run(
    film: Annotated[Path, typer.Argument(help="The film.")],
    out: Annotated[
        Path | None, typer.Option(help="The workspace; by default NAME.castlist beside the film.")
    ] = None,
    shots: Annotated[
        str, typer.Option(help="adaptive, transnetv2, or a shot list: an EDL, CSV or OTIO file.")
    ] = "adaptive",
    encoder: Annotated[
        str, typer.Option(help="The face-ID network: see castlist models.")
    ] = models.DEFAULT_ENCODER,
    adapt: Annotated[
        bool, typer.Option(help="Adapt the network to the film, or take it as it came.")
    ] = True,
    device: Annotated[str, typer.Option(help="auto, cpu, cuda or mps.")] = "auto",
    seed: Annotated[int, typer.Option(help="Of everything random.")] = 0,
    force: Annotated[
        str | None, typer.Option(help="Run this stage anew, and all after it.", metavar="STAGE")
    ] = None,
    until: Annotated[
        str,
        typer.Option(help="Stop after this stage: scan, tracks, adapt, clusters, cast or report."),
    ] = "report",
    as_json: Json = False,
) -> None:
    """Make a film's cast list.

    It leaves a workspace with cast.json, the tables it was made from, and report.html, a page
    that opens offline. The same command again goes on where an earlier one was stopped.
    """
    from castlist import pipeline

    workspace = out or pipeline.workspace_beside(film)
    settings = pipeline.Settings(
        shots=shots, encoder=encoder, adapt=adapt, device=device, seed=seed
    )
    with Bars(errors) as bars:
        cast = pipeline.run(
            film, out=workspace, settings=settings, force=force, until=until, hook=bars
        )
    if as_json:
        _print_json(cast.to_dict() if cast else {"workspace": str(workspace), "until": until})
    elif cast:
        _print_cast(cast, workspace)
    else:
        console.print(f"{workspace}: finished up to {until}")


@models_app.callback(epilog="Example: castlist models")
def list_models(context: typer.Context, as_json: Json = False) -> None:
    """List the networks, with their licences and whether they are here."""
    if context.invoked_subcommand:
        return
    known = models.available()
    if as_json:
        _print_json(
            {
                "models": [
                    {**vars(status.model), "present": status.present, "path": status.path}
                    for status in known
                ]
            }
        )
        return
    table = Table("name", "role", "here", "MB", "commercial use", "licence of the weights")
    for status in known:
        here = "[green]yes[/]" if status.present else "no"
        megabytes = f"{status.size / 1e6:.1f}" if status.size else "?"
        commercial = status.model.commercial
        table.add_row(status.name, status.model.role, here, megabytes, commercial, status.licence)
    console.print(table)
    console.print("One that isn't here: castlist models fetch NAME", style="dim")


@models_app.command("fetch", epilog="Example: castlist models fetch mobilefacenet")
def fetch_model(name: Annotated[str, typer.Argument(help="Its name in castlist models.")]) -> None:
    """Download a network's weights and check them. Nothing is ever downloaded unasked."""
    with Bars(errors) as bars:
        path = models.fetch(name, bars)
    licence = models.model(name).licence
    console.print(f"{path}\nlicence of the weights: {licence}", soft_wrap=True)


@benchmark_app.command("tracks", epilog="Example: castlist benchmark tracks films/")
def benchmark_tracks(
    folder: Annotated[Path, typer.Argument(help="Films, each with its NAME.truth.json.")],
    work: Annotated[Path, typer.Option(help="Where workspaces are made, to be used again.")] = Path(
        "benchmark.castlist"
    ),
    as_json: Json = False,
) -> None:
    """Score the face tracks: recall frame by frame, tracks of two people, tracks in pieces."""
    from castlist.benchmark.tracks import benchmark, rows, summary

    with Bars(errors) as bars:
        scores = benchmark(folder, work, bars)
    if as_json:
        _print_json({"rows": rows(scores), "all": summary(scores)})
        return
    lines = [*rows(scores), summary(scores)]
    table = Table(*lines[0])
    for number, line in enumerate(lines):
        table.add_row(*(str(value) for value in line.values()), end_section=number == len(scores))
    console.print(table)


@benchmark_app.command(
    "clusters", epilog="Example: castlist benchmark clusters films/ friends/ --methods frozen"
)
def benchmark_clusters(
    folders: Annotated[
        list[Path],
        typer.Argument(help="Folders of films, each with its NAME.truth.json, or of crops."),
    ],
    methods: Annotated[
        str | None, typer.Option(help="Names with commas between; all by default.")
    ] = None,
    seeds: Annotated[int, typer.Option(min=1, help="Runs of the methods that are random.")] = 5,
    encoder: Annotated[
        str, typer.Option(help="The face-ID network: see castlist models.")
    ] = models.DEFAULT_ENCODER,
    device: Annotated[str, typer.Option(help="auto, cpu, cuda or mps.")] = "auto",
    own_tracks: Annotated[
        bool, typer.Option("--own-tracks", help="Films by castlist's own tracks, not the truth's.")
    ] = False,
    no_cannot_link: Annotated[
        bool,
        typer.Option("--no-cannot-link", help="Hide which tracks share a frame from all methods."),
    ] = False,
    work: Annotated[
        Path, typer.Option(help="Where crops and embeddings are kept, to be used again.")
    ] = Path("benchmark.castlist"),
    as_json: Json = False,
) -> None:
    """Compare ways to cluster tracks: purity, number of characters, B-cubed F and more.

    Each row says what the method was given. A folder of crops has a table tracks.csv: crop,
    track, frame, label.
    """
    from castlist.benchmark.clusters import Choices, benchmark, tables

    choices = Choices(
        seeds=seeds,
        encoder=encoder,
        device=device,
        own_tracks=own_tracks,
        cannot_link=not no_cannot_link,
        **({"methods": methods.split(",")} if methods else {}),
    )
    with Bars(errors) as bars:
        rows = benchmark(folders, work, choices, bars)
    if as_json:
        _print_json({"rows": [row.to_dict() for row in rows]})
        return
    for title, lines in tables(rows).items():
        table = Table(title=title, title_justify="left", box=box.SIMPLE, padding=(0, 1, 0, 0))
        for column in lines[0]:
            words = column in ("method", "given")
            table.add_column(
                column, justify="left" if words else "right", no_wrap=column != "given"
            )
        for line in lines:
            table.add_row(*line.values())
        console.print(table)


@app.command(epilog="Example: castlist report film.castlist")
def report(
    workspace: Annotated[Path, typer.Argument(help="A workspace that castlist run has left.")],
) -> None:
    """Write a workspace's report.html anew."""
    from castlist.report import write_report

    console.print(str(write_report(workspace)), soft_wrap=True)


@app.command(epilog="Example: castlist export film.castlist edl --start-timecode 01:00:00:00")
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
        _print_json({"format": format_, "path": str(path)})
    else:
        console.print(str(path), soft_wrap=True, markup=False, highlight=False)


@app.command(epilog="Example: castlist render film.castlist --blur C03 --out blurred.mp4")
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
        _print_json({"path": str(out)})
    else:
        console.print(str(out), soft_wrap=True, markup=False, highlight=False)


def _print_formats(formats: Iterable[Format], as_json: bool) -> None:
    if as_json:
        listed = [{"name": f.name, "suffix": f.suffix, "purpose": f.purpose} for f in formats]
        _print_json({"formats": listed})
        return
    table = Table("format", "ending", "what it holds, and for whom")
    for one in formats:
        table.add_row(one.name, f".cast{one.suffix}" if one.suffix else "a folder", one.purpose)
    console.print(table)


def _print_cast(cast: castlist.Cast, workspace: Path) -> None:
    people = Table("character", "name", "tracks", "on screen", "first", "last", title="Cast")
    for character in cast.characters[:30]:
        people.add_row(
            character.id,
            character.name or "",
            str(len(character.tracks)),
            f"{character.screen_time:.1f} s",
            f"{character.first:.1f} s",
            f"{character.last:.1f} s",
        )
    console.print(people)
    if len(cast.characters) > 30:
        console.print(f"... and {len(cast.characters) - 30} more", style="dim")
    duration = float(cast.film["duration"])
    stages = Table("stage", "seconds", "times the film's own speed", title="Time")
    for stage, seconds in cast.timings.items():
        stages.add_row(stage, f"{seconds:.1f}", f"{duration / max(seconds, 1e-3):.1f}")
    total = sum(cast.timings.values())
    stages.add_row("all", f"{total:.1f}", f"{duration / max(total, 1e-3):.1f}", style="bold")
    console.print(stages)
    console.print(
        f"{len(cast.characters)} characters in {len(cast.tracks)} tracks, "
        f"{len(cast.unknown)} of them unknown\n{workspace / 'cast.json'}\n"
        f"{workspace / 'report.html'}",
        soft_wrap=True,
    )


def _print_json(data: dict[str, Any]) -> None:
    sys.stdout.write(json.dumps(data, indent=1, default=str) + "\n")


def main() -> None:
    """Run the command line; castlist's own errors end it with 2 and one sentence."""
    try:
        app()
    except CastlistError as error:
        errors.print(f"castlist: {error}", style="red", soft_wrap=True, markup=False)
        raise SystemExit(2) from None
    except SystemExit as end:
        if end.code == STOPPED:
            errors.print("castlist: stopped; the same command goes on from here", style="yellow")
        raise
