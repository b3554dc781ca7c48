"""The command line: what the user asks is handed to the library, and what it says is printed."""

from __future__ import annotations

import io
import logging
import os
import sys
from pathlib import Path
from typing import Annotated, Literal, NoReturn

import typer
from rich.logging import RichHandler
from rich.table import Table
from rich.text import Text

import castlist
from castlist import models
from castlist.cli_benchmark import benchmark_app
from castlist.cli_edit import edit_app, review, suggest
from castlist.cli_export import export, render
from castlist.cli_people import link, name
from castlist.errors import CastlistError
from castlist.progress import Bars
from castlist.terminal import Json, console, errors, print_json

app = typer.Typer(
    no_args_is_help=True,
    add_completion=False,
    rich_markup_mode="rich",
    help="From a film to its cast list: shots, face tracks, and who is on screen when.",
    epilog="Example: castlist run film.mp4",
)
models_app = typer.Typer(no_args_is_help=False, invoke_without_command=True)
app.add_typer(models_app, name="models")
app.add_typer(edit_app, name="edit")
app.add_typer(benchmark_app, name="benchmark")

# torch's threads wait for each other by spinning, for milliseconds unless libgomp is told otherwise
# before it is loaded: beside another program that wants the cores that made runs five times slower.
os.environ.setdefault("GOMP_SPINCOUNT", "1000")

STOPPED = 130
"""The exit code that typer gives to an interrupt from the keyboard."""
RESUMING = ("run", "benchmark")
"""Commands that go on where they were stopped."""


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
    rule: Annotated[
        Literal["average", "paper"],
        typer.Option(help="average; or paper: VideoClusterNet's own rule, to compare."),
    ] = "average",
    no_cannot_link: Annotated[
        bool,
        typer.Option(
            "--no-cannot-link",
            help="Don't take two faces in one frame for two people: a mirror, a split screen...",
        ),
    ] = False,
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
    from castlist.settings import Settings

    workspace = out or pipeline.workspace_beside(film)
    settings = Settings(
        shots=shots,
        encoder=encoder,
        adapt=adapt,
        rule=rule,
        cannot_link=not no_cannot_link,
        device=device,
        seed=seed,
    )
    with Bars(errors) as bars:
        cast = pipeline.run(
            film, out=workspace, settings=settings, force=force, until=until, hook=bars
        )
    if as_json:
        print_json(cast.to_dict() if cast else {"workspace": str(workspace), "until": until})
    elif cast:
        _print_cast(cast, workspace)
    else:
        console.print(f"{workspace}: finished up to {until}", soft_wrap=True)


@models_app.callback(epilog="Example: castlist models")
def list_models(context: typer.Context, as_json: Json = False) -> None:
    """List the networks, with their licences and whether they are here."""
    if context.invoked_subcommand:
        return
    known = models.available()
    if as_json:
        print_json(
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
        here = Text("yes", "green") if status.present else "no"
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


@app.command(epilog="Example: castlist report film.castlist")
def report(
    workspace: Annotated[Path, typer.Argument(help="A workspace that castlist run has left.")],
) -> None:
    """Write a workspace's report.html anew."""
    from castlist.report import write_report

    console.print(str(write_report(workspace)), soft_wrap=True)


app.command(epilog="Example: castlist review film.castlist")(review)
app.command(epilog="Example: castlist suggest film.castlist")(suggest)
app.command(epilog="Example: castlist name film.castlist cast/")(name)
app.command(epilog="Example: castlist link one.castlist two.castlist --write")(link)
app.command(epilog="Example: castlist export film.castlist edl")(export)
app.command(epilog="Example: castlist render film.castlist --blur C03 --out out.mp4")(render)


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


def main() -> None:
    """Run the command line; what is wrong with input or disk ends it with 2 and one sentence."""
    if isinstance(sys.stdout, io.TextIOWrapper):
        sys.stdout.reconfigure(errors="backslashreplace")  # paths may hold bytes that are no text
    try:
        app()
    except CastlistError as error:
        _give_up(str(error))
    except OSError as error:
        _give_up(": ".join(filter(None, [error.filename, error.strerror])) or str(error))
    except SystemExit as end:
        if end.code == STOPPED:
            goes_on = "; the same command goes on from here" if _command() in RESUMING else ""
            errors.print(f"castlist: stopped{goes_on}", style="yellow")
        raise


def _give_up(reason: str) -> NoReturn:
    errors.print(f"castlist: {reason}", style="red", soft_wrap=True)
    raise SystemExit(2) from None


def _command() -> str:
    """Return the command's first word: options before it take no value."""
    return next((word for word in sys.argv[1:] if not word.startswith("-")), "")
