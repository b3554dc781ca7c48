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

benchmark_app = typer.Typer(
    no_args_is_help=True,
    help="Measure castlist on films with truth.",
    epilog="Example: castlist benchmark tracks films/",
)

Work = Annotated[Path, typer.Option(help="Where all that is found is kept, to be used again.")]
WORK = Path("benchmark.castlist")


@benchmark_app.command("tracks", epilog="Example: castlist benchmark tracks films/")
def benchmark_tracks(
    folder: Annotated[Path, typer.Argument(help="Films, each with its NAME.truth.json.")],
    work: Work = WORK,
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
    "clusters", epilog="Example: castlist benchmark clusters films/ friends/ --jobs 2"
)
def benchmark_clusters(
    folders: Annotated[
        list[Path],
        typer.Argument(
            help="Folders of films, each with its NAME.truth.json, of crops, or of published "
            "features."
        ),
    ],
    methods: Annotated[
        str,
        typer.Option(
            help="Names with commas between, all, or ablation: see castlist benchmark methods."
        ),
    ] = "all",
    seeds: Annotated[int, typer.Option(min=1, help="Runs of the methods that are random.")] = 5,
    quick: Annotated[
        bool, typer.Option("--quick", help="One seed, of castlist and of what isn't random.")
    ] = False,
    jobs: Annotated[int, typer.Option(min=1, help="Processes side by side.")] = 1,
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
    work: Work = WORK,
    as_json: Json = False,
) -> None:
    """Compare ways to cluster tracks: purity, number of characters, B-cubed F and more.

    Each row says what the method was given. A folder of crops has a table tracks.csv: crop,
    track, frame, label. On published features only what needs no pictures is run. The same
    command again goes on where an earlier one was stopped.
    """
    from castlist.benchmark.choices import Choices
    from castlist.benchmark.clusters import benchmark
    from castlist.benchmark.methods import chosen, method
    from castlist.benchmark.methods import quick as quick_methods
    from castlist.benchmark.summary import tables

    choices = Choices(
        methods=quick_methods() if quick and methods == "all" else chosen(methods),
        seeds=1 if quick else seeds,
        encoder=encoder,
        device=device,
        own_tracks=own_tracks,
        cannot_link=not no_cannot_link,
    )
    with Bars(errors) as bars:
        rows = benchmark(folders, work, choices, bars, jobs=jobs)
    if as_json:
        print_json({"rows": [row.to_dict() for row in rows]})
        return
    for title, lines in tables(rows, {name: method(name) for name in choices.methods}).items():
        table = Table(title=title, title_justify="left", box=box.SIMPLE, padding=(0, 1, 0, 0))
        for column in lines[0]:
            words = column in ("method", "given")
            table.add_column(
                column, justify="left" if words else "right", no_wrap=column != "given"
            )
        for line in lines:
            table.add_row(*line.values())
        console.print(table)


@benchmark_app.command("casts", epilog="Example: castlist benchmark casts films/")
def benchmark_casts(
    folder: Annotated[Path, typer.Argument(help="Films, each with its NAME.truth.json.")],
    encoder: Annotated[
        str, typer.Option(help="The face-ID network: see castlist models.")
    ] = models.DEFAULT_ENCODER,
    adapt: Annotated[bool, typer.Option(help="Adapt the network, or take it as it came.")] = True,
    work: Work = WORK,
    as_json: Json = False,
) -> None:
    """Score whole runs, face by face: missed and false faces count as much as wrong characters."""
    from castlist.benchmark.casts import benchmark, rows
    from castlist.settings import Settings

    with Bars(errors) as bars:
        found = benchmark(folder, work, Settings(encoder=encoder, adapt=adapt), bars)
    lines = {unknown: rows(films) for unknown, films in found.items()}
    if as_json:
        print_json(
            {
                unknown: {"rows": own[:-2], "mean": own[-2], "pooled": own[-1]}
                for unknown, own in lines.items()
            }
        )
        return
    titles = {"single": "Unknown tracks as clusters of their own", "out": "Unknown tracks left out"}
    for unknown, own in lines.items():
        table = Table(
            title=titles[unknown], title_justify="left", box=box.SIMPLE, padding=(0, 1, 0, 0)
        )
        for name in own[0]:
            title = name.replace("_", "\n").replace("b3", "B3")
            table.add_column(title, justify="left" if name == "film" else "right")
        for number, line in enumerate(own, start=3):
            film, *values = line.values()
            told = [f"{value:.3f}" if 0 < value < 1 else f"{value:.0f}" for value in values]
            table.add_row(film, *told, end_section=number == len(own))
        console.print(table)


@benchmark_app.command("methods", epilog="Example: castlist benchmark methods")
def benchmark_methods(as_json: Json = False) -> None:
    """List the ways to cluster tracks that are compared, and what each is given."""
    from castlist.benchmark.case import LINKS
    from castlist.benchmark.methods import METHODS, quick
    from castlist.benchmark.variants import VARIANTS

    methods = METHODS | VARIANTS
    listed = [
        {
            "name": name,
            "given": str(way.given),
            "cannot_links": way.links,
            "random": way.random,
            "adapts": way.recipe is not None,
            "quick": name in quick(),
            "variant": name in VARIANTS,
            "what": way.what,
        }
        for name, way in methods.items()
    ]
    if as_json:
        print_json({"methods": listed})
        return
    table = Table("method", "given", "what it is", box=box.SIMPLE, padding=(0, 1, 0, 0))
    table.columns[0].no_wrap = True
    table.columns[1].max_width = 22
    for name, way in methods.items():
        given = [str(way.given), LINKS if way.links else "", "random" if way.random else ""]
        table.add_row(name, ", ".join(filter(None, given)), way.what)
    console.print(table)


@benchmark_app.command(
    "report", epilog="Example: castlist benchmark report --work benchmark.castlist --out report/"
)
def benchmark_report(
    out: Annotated[Path, typer.Option(help="The folder to write to.")] = Path("benchmark-report"),
    work: Work = WORK,
) -> None:
    """Write tables, figures and a page of all rows that castlist benchmark clusters has left."""
    from castlist.benchmark.report import write_report

    with Bars(errors) as bars:
        page = write_report(work, out, bars)
    console.print(str(page), soft_wrap=True)


@benchmark_app.command(
    "compose", epilog="Example: castlist benchmark compose composed/ --from stills/ --people 8"
)
def benchmark_compose(
    out: Annotated[Path, typer.Argument(help="The crops folder to make.")],
    source: Annotated[Path, typer.Option("--from", help="Photographs: PERSON/*.jpg, a face each.")],
    people: Annotated[int, typer.Option(min=1, help="People in the film.")] = 60,
    tracks: Annotated[int, typer.Option(min=1, help="Tracks of all of them.")] = 5000,
    seed: Annotated[int, typer.Option(min=0, help="Of everything random.")] = 0,
) -> None:
    """Make a film-like track set from labelled photographs, for castlist benchmark clusters."""
    from castlist.benchmark.compose import compose

    with Bars(errors) as bars:
        compose(source, out, people=people, tracks=tracks, seed=seed, hook=bars)
    console.print(str(out), soft_wrap=True)


@benchmark_app.command("validate", epilog="Example: castlist benchmark validate films/*.truth.json")
def benchmark_validate(
    files: Annotated[list[Path], typer.Argument(help="NAME.truth.json, any number.")],
    as_json: Json = False,
) -> None:
    """Check films' truths: one sentence for each thing that is wrong, and exit code 2 if any is."""
    from castlist.benchmark.validate import findings

    found = [finding for file in files for finding in findings(file)]
    if as_json:
        print_json({"files": len(files), "findings": found})
    else:
        for finding in found:
            console.print(finding, soft_wrap=True)
    if found:
        raise typer.Exit(2)


@benchmark_app.command(
    "publish", epilog="Example: castlist benchmark publish film.truth.json open/film.truth.json"
)
def benchmark_publish(
    truth: Annotated[Path, typer.Argument(help="A film's NAME.truth.json; the film beside it.")],
    out: Annotated[Path, typer.Argument(help="The file to write.")],
    annotator: Annotated[str, typer.Option(help="Who labelled: a name or a pseudonym.")],
) -> None:
    """Write labels and boxes with the film's hash, without its pictures and without a path."""
    from castlist.benchmark.published import publish
    from castlist.benchmark.truth import read_truth

    publish(read_truth(truth), out, annotator)
    console.print(str(out), soft_wrap=True)


@benchmark_app.command(
    "annotate", epilog="Example: castlist benchmark annotate film.mp4, then again with --from CSV"
)
def benchmark_annotate(
    film: Annotated[Path, typer.Argument(help="The film.")],
    table: Annotated[
        Path | None, typer.Option("--from", help="The table, filled in: makes NAME.truth.json.")
    ] = None,
    annotator: Annotated[
        str, typer.Option(help="Who filled it in: a name or a pseudonym.")
    ] = "unnamed",
    out: Annotated[
        Path | None,
        typer.Option(help="The file to write: NAME.annotation.csv or NAME.truth.json by default."),
    ] = None,
) -> None:
    """Write a table of a film's tracks to fill in, or the film's truth from the table.

    A row has a track, castlist's character, an empty identity, start and end in seconds and a
    picture. Write who it is into each; nonface, mixed and unsure for what shan't be scored.
    """
    from castlist.benchmark.annotate import ENDING, propose, settle

    with Bars(errors) as bars:
        if table is None:
            made = out or film.with_suffix(ENDING)
            propose(film, made, hook=bars)
        else:
            made = out or film.with_suffix(".truth.json")
            settle(film, table, made, annotator, hook=bars)
    console.print(str(made), soft_wrap=True)


@benchmark_app.command(
    "agreement", epilog="Example: castlist benchmark agreement ada.truth.json bob.truth.json"
)
def benchmark_agreement(
    a: Annotated[Path, typer.Argument(help="A film's NAME.truth.json.")],
    b: Annotated[Path, typer.Argument(help="Another one of the same film.")],
    as_json: Json = False,
) -> None:
    """Compare two truths of one film: who is who, beyond chance, and where."""
    from dataclasses import asdict

    from castlist.benchmark.agreement import compare

    found = asdict(compare(a, b))
    if as_json:
        print_json(found)
        return
    names = found.pop("names")
    table = Table(*(name.replace("_", " ") for name in found), "names mapped")
    numbers = [
        f"{value:.3f}" if isinstance(value, float) else str(value) for value in found.values()
    ]
    table.add_row(*numbers, str(len(names)))
    console.print(table)


@benchmark_app.command("difficulty", epilog="Example: castlist benchmark difficulty films/")
def benchmark_difficulty(
    folder: Annotated[Path, typer.Argument(help="Films, each with its NAME.truth.json, or crops.")],
    work: Work = WORK,
    as_json: Json = False,
) -> None:
    """Tell what makes data sets hard: people, tracks, quality, pose and size of faces."""
    from dataclasses import asdict

    from castlist.benchmark.difficulty import benchmark

    with Bars(errors) as bars:
        found = [asdict(one) for one in benchmark(folder, work, bars)]
    if as_json:
        print_json({"rows": found})
        return
    table = Table(box=box.SIMPLE, padding=(0, 1, 0, 0))
    table.add_column("name", no_wrap=True)
    for line in found:
        table.add_column(line.pop("name"), justify="right", overflow="fold")
    for measure in found[0]:
        table.add_row(
            measure,
            *(
                "" if v is None else f"{v:.3g}" if isinstance(v, float) else str(v)
                for v in (line[measure] for line in found)
            ),
        )
    console.print(table)
