"""The way of a film, from the file to its cast list: scan, tracks, adapt, clusters, cast, report.

Each stage reads what the stages before it left in the workspace and leaves its own files there; a
stage whose settings and inputs haven't changed is passed over. How a stage does its work is in
its own modules: here is only the order.
"""

from __future__ import annotations

from collections.abc import Iterator
from concurrent.futures import ThreadPoolExecutor
from contextlib import contextmanager
from dataclasses import asdict
from pathlib import Path
from typing import Any, get_args, overload

from castlist import models
from castlist.cast.edits import Log, holding, linking
from castlist.cast.replay import recast
from castlist.cast.types import Cast
from castlist.errors import CastlistError
from castlist.faces.filters import Filters
from castlist.faces.scan import stride_for, waiting_size
from castlist.film import cutting
from castlist.film.identity import content_hash
from castlist.film.reader import Film
from castlist.film.types import FilmInfo
from castlist.hooks import Hook, silent
from castlist.report import write_report
from castlist.settings import Rule, Settings
from castlist.stages.scanning import scan
from castlist.workspace import Course, Stage, Workspace

_STAGES = {
    # A version is raised whenever the stage would find something else by the same settings.
    "scan": Stage(1, ("frames.parquet", "shots.parquet", "detections.parquet")),
    "tracks": Stage(1, ("tracks.parquet", "crops.parquet", "crops", "embeddings.safetensors")),
    # 2: several steps learn from each view; less is computed in half precision.
    # 3: transformers centre what their patches are to be, as the paper's recipe wants it.
    # 4: a track that matches two people matches neither.
    "adapt": Stage(4, ("embeddings.safetensors", "model.safetensors", "training.parquet")),
    # 2: the adapted and the frozen network together; the limit moves along a straight line.
    # 3: the tree of merges is kept.
    # 4: strangers of the film are heard.
    "clusters": Stage(4, ("clusters.parquet", "merges.parquet")),
    # 2: characters keep their ids through corrections.
    "cast": Stage(2, ("cast.json",)),
    # 2: the map is kept, extras are shown apart.
    "report": Stage(2, ("report.html",)),
}
STAGES = tuple(_STAGES)


@overload
def run(
    film: str | Path,
    *,
    out: str | Path | None = None,
    settings: Settings | None = None,
    force: str | None = None,
    hook: Hook = silent,
) -> Cast: ...


@overload
def run(
    film: str | Path,
    *,
    out: str | Path | None = None,
    settings: Settings | None = None,
    force: str | None = None,
    until: str,
    hook: Hook = silent,
) -> Cast | None: ...


def run(
    film: str | Path,
    *,
    out: str | Path | None = None,
    settings: Settings | None = None,
    force: str | None = None,
    until: str = STAGES[-1],
    hook: Hook = silent,
) -> Cast | None:
    """Make a film's cast list.

    Args:
        film: The film's file.
        out: The workspace; `NAME.castlist` beside the film by default.
        settings: What a user may choose.
        force: A stage to run anew, and all that follow, even if nothing has changed.
        until: The last stage to run.
        hook: Told of progress.

    Returns:
        The cast list, or None if the run was to end before it.

    Raises:
        CastlistError: The film can't be read, a model is missing, the workspace is in use...
    """
    for stage in (force or until, until):
        if stage not in STAGES:
            raise CastlistError(f"{stage}: no such stage; the stages are {', '.join(STAGES)}")
    choice = settings or Settings()
    if choice.rule not in get_args(Rule):
        raise CastlistError(f"{choice.rule}: no such rule; there are average and paper")
    if not 0 <= choice.seed < 2**63:  # what all generators take
        raise CastlistError(f"{choice.seed}: no such seed; name a whole number from 0 to 2^63 - 1")
    path = Path(film)
    network = models.model(choice.encoder)
    if network.role != "encoder":
        raise CastlistError(f"{choice.encoder}: no encoder; castlist models lists them")
    models.locate(choice.encoder)  # weights that are missing are told now, not after the scan
    with Film.open(path) as opened, ThreadPoolExecutor(1, "castlist-import") as beside:
        info = opened.info
        shots = cutting.fingerprint(choice.shots, info)
        networks = beside.submit(_networks, choice.device)
        sight = "cpu"  # where shots and faces are found
        if choice.shots == "transnetv2":
            sight = networks.result()
        elif choice.device not in ("auto", "cpu"):
            networks.result()  # a device that isn't here is told of now, too
        scan_settings = {
            "shots": shots,
            "device": sight,
            "detector": models.digest("centerface"),
            "stride": stride_for(float(info.frame_rate)),
            "filters": asdict(Filters()),
        }
        if size := waiting_size(info):  # of large films only: others are seen as they are
            scan_settings["waiting"] = size
        workspace = Workspace(Path(out or workspace_beside(path)))
        workspace.refuse_others()
        with workspace.locked():
            facts = film_facts(info, content_hash(path, hook))
            workspace.belongs_to(path, facts["sha256"])
            course = Course(workspace, _STAGES, facts["sha256"], force=force, until=until)
            if course.due("scan", scan_settings):
                finder = cutting.cut_finder(choice.shots, info, sight)
                scan(opened, workspace, finder, course.key, hook)
                course.done()
            device = networks.result()
            from castlist.encoders import fingerprint
            from castlist.stages import adapting, clustering, tracking
            from castlist.stages.recipes import recipe_of

            track_settings = {
                "encoder": choice.encoder,
                "network": fingerprint(choice.encoder),
                "same": network.same,
                "different": network.different,
                "device": device,
            }
            if course.due("tracks", track_settings):
                tracking.track(info, workspace, choice, device, hook)
                course.done()
            edits, _ = holding(Log.of(workspace.folder).read())
            linked = {"cannot_link": choice.cannot_link}
            recipe = asdict(recipe_of(choice))
            adapt_settings = {**recipe, **linked, "seed": choice.seed, "device": device}
            if links := linking(edits):  # what the user said of who is who
                adapt_settings["links"] = links
            if course.due("adapt", adapt_settings):
                adapting.adapt(workspace, choice, device, course.key, hook)
                course.done()
            rule = {"rule": choice.rule, "strangers": network.strangers}
            made = [edit.id for edit in edits]
            if course.due("clusters", {**linked, **rule, "edits": made}):
                with _whole("clusters", hook):
                    clustering.cluster(workspace, choice)
                course.done()
            if course.due("cast", {**asdict(choice), "path": facts["path"]}):
                told = _told(choice, device)
                cast = recast(workspace.folder, facts, told, workspace.seconds())
                cast.save(workspace.cast)
                course.done()
            if course.due("report", {}):
                with _whole("report", hook):
                    write_report(workspace.folder)
                course.done()
    return Cast.load(workspace.cast) if STAGES.index(until) >= STAGES.index("cast") else None


def _networks(wanted: str) -> str:
    """Import what the stages after the scan need, and return the device where networks run.

    It takes seconds, in which the scan is under way.

    Raises:
        CastlistError: The device isn't there.
    """
    from castlist.encoders import choose_device
    from castlist.stages import adapting, clustering, tracking  # noqa: F401

    return str(choose_device(wanted))


@contextmanager
def _whole(stage: str, hook: Hook) -> Iterator[None]:
    """Tell of a stage that is one step."""
    hook(stage, 0, 1)
    yield
    hook(stage, 1, 1)


def workspace_beside(film: Path) -> Path:
    """Return where a film's workspace is, unless the user says otherwise."""
    return film.parent / f"{film.stem}.castlist"


def film_facts(info: FilmInfo, sha256: str) -> dict[str, Any]:
    """Return what `cast.json` says of the film, but for what only a scan can tell."""
    told: dict[str, Any] = {"sound": True} if info.sound else {}
    if info.start_timecode is not None:
        told["start_timecode"] = info.start_timecode
    return {
        "path": str(info.path.absolute()),
        "sha256": sha256,
        "frame_rate": f"{info.frame_rate.numerator}/{info.frame_rate.denominator}",
        "time_base": f"{info.time_base.numerator}/{info.time_base.denominator}",
        "width": info.width,
        "height": info.height,
        "rotation": info.rotation,
        **told,
    }


def _told(choice: Settings, device: str) -> dict[str, Any]:
    """Return what `cast.json` says of the settings: the choices, and which networks were used."""
    parts = {"detector": "centerface", "encoder": choice.encoder}
    networks = {part: models.model(name) for part, name in parts.items()}
    return {
        **asdict(choice),
        "device": device,
        "models": {
            part: {"name": network.name, "licence": network.licence}
            for part, network in networks.items()
        },
    }
