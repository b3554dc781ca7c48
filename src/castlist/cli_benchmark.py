"""The commands of `castlist benchmark`: as thin as those of `cli`."""

from __future__ import annotations

from pathlib import Path
from typing import Annotated

import typer
from rich import box
from rich.table import Table

from castlist import models
from castlist.progress import Bars
from castlist.terminal import Json, console, errors, print_json

benchmark_app = typer.Typer(no_args_is_help=True, help="Measure castlist on films with truth.")


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
        print_json({"rows": rows(scores), "all": summary(scores)})
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
        print_json({"rows": [row.to_dict() for row in rows]})
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
