"""The way of a film, from the file to its cast list: scan, tracks, adapt, clusters, cast, report.

Each stage reads what the stages before it left in the workspace and leaves its own files there; a
stage whose settings and inputs haven't changed is passed over. How a stage does its work is in
its own modules: here is only the order.
"""

from __future__ import annotations

import os
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import asdict, dataclass
from functools import partial
from pathlib import Path
from typing import Any, Literal, get_args, overload

import numpy as np
import torch
from safetensors.torch import load_file

from castlist import models
from castlist.adapt import FROZEN, PAPER, Adapter, Recipe
from castlist.adapt.quality import ser_fiq
from castlist.adapt.training import read_head
from castlist.cast.edits import Log, holding, linking
from castlist.cast.parts import cut_crops
from castlist.cast.replay import decisions, recast
from castlist.cast.types import Cast
from castlist.cluster.average import AverageClustering, Strangers, together
from castlist.cluster.distance import Cosine
from castlist.cluster.forest import among, save_merges
from castlist.cluster.labels import save_labels
from castlist.cluster.learned import LossClustering
from castlist.cluster.paper import PaperClustering, trained_loss
from castlist.encoders import choose_device, fingerprint, load, unit
from castlist.errors import CastlistError
from castlist.faces import store
from castlist.faces.detector import CenterFace
from castlist.faces.film_scan import scan_film
from castlist.faces.filters import Filters
from castlist.faces.scan import SIDE_BY_SIDE, FaceScanner, stride_for, waiting_size
from castlist.faces.types import Floats, Ints
from castlist.film import cutting
from castlist.film.identity import content_hash
from castlist.film.reader import Film
from castlist.film.timeline import Timeline
from castlist.film.types import FilmInfo, Shots
from castlist.hooks import Hook, silent
from castlist.report import write_report
from castlist.tracks.crops import CropPictures, embed_faces, save_crops
from castlist.tracks.embeddings import load_embeddings, save_embeddings
from castlist.tracks.tracker import Tracker
from castlist.tracks.types import Crops, Tracks, evidence
from castlist.workspace import Course, Stage, Workspace

_STAGES = {
    # A version is raised whenever the stage would find something else by the same settings.
    "scan": Stage(1, ("frames.parquet", "shots.parquet", "detections.parquet")),
    "tracks": Stage(1, ("tracks.parquet", "crops.parquet", "crops", "embeddings.safetensors")),
    # 2: several steps learn from each view; less is computed in half precision.
    # 3: transformers centre what their patches are to be, as the paper's recipe wants it.
    "adapt": Stage(3, ("embeddings.safetensors", "model.safetensors", "training.parquet")),
    # 2: the adapted and the frozen network together; the limit moves along a straight line.
    # 3: the tree of merges is kept.
    "clusters": Stage(3, ("clusters.parquet", "merges.parquet")),
    # 2: characters keep their ids through corrections.
    "cast": Stage(2, ("cast.json",)),
    # 2: the map is kept, extras are shown apart.
    "report": Stage(2, ("report.html",)),
}
STAGES = tuple(_STAGES)
Rule = Literal["average", "paper"]


@dataclass(frozen=True, kw_only=True)
class Settings:
    """What a user may choose.

    Attributes:
        shots: "adaptive", "transnetv2", or a file with a shot list (EDL, CSV, OTIO).
        encoder: The face-ID network, by its name in `castlist models`.
        adapt: Whether the network is adapted to the film; else it stays as it came.
        rule: "average", castlist's own; or "paper", to compare: VideoClusterNet's training, its
            Algorithm 1 by the trained loss (without adaptation by the cosine).
        cannot_link: Whether two faces in one frame are taken for two people. A mirror, a split
            screen, or twins played by one actor make that wrong.
        device: "auto", "cpu", "cuda" or "mps".
        seed: Of everything random; recorded with the result.
    """

    shots: str = "adaptive"
    encoder: str = models.DEFAULT_ENCODER
    adapt: bool = True
    rule: Rule = "average"
    cannot_link: bool = True
    device: str = "auto"
    seed: int = 0

    @property
    def recipe(self) -> Recipe:
        """How the network is adapted."""
        if not self.adapt:
            return FROZEN
        return PAPER if self.rule == "paper" else Recipe()


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
    device = str(choose_device(choice.device))
    network = models.model(choice.encoder)
    if network.role != "encoder":
        raise CastlistError(f"{choice.encoder}: no encoder; castlist models lists them")
    models.locate(choice.encoder)  # weights that are missing are told now, not after the scan
    track_settings = {
        "encoder": choice.encoder,
        "network": fingerprint(choice.encoder),
        "same": network.same,
        "different": network.different,
        "device": device,
    }
    with Film.open(path) as opened:
        info = opened.info
        scan_settings = {
            "shots": cutting.fingerprint(choice.shots, info),
            "device": device if choice.shots == "transnetv2" else "cpu",  # of what finds shots
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
                _scan(opened, workspace, choice, device, course.key, hook)
                course.done()
            if course.due("tracks", track_settings):
                _track(info, workspace, choice, device, hook)
                course.done()
            recipe = choice.recipe
            edits, _ = holding(Log.of(workspace.folder).read())
            linked = {"cannot_link": choice.cannot_link}
            adapt_settings = {**asdict(recipe), **linked, "seed": choice.seed, "device": device}
            if links := linking(edits):  # what the user said of who is who
                adapt_settings["links"] = links
            if course.due("adapt", adapt_settings):
                _adapt(workspace, choice, device, course.key, hook)
                course.done()
            rule = {"rule": choice.rule, "strangers": network.strangers}
            told = [edit.id for edit in edits]
            if course.due("clusters", {**linked, **rule, "edits": told}):
                with _whole("clusters", hook):
                    _cluster(workspace, choice)
                course.done()
            if course.due("cast", {**asdict(choice), "path": facts["path"]}):
                cast = recast(
                    workspace.folder,
                    facts,
                    _told(choice, device),
                    workspace.seconds(),
                )
                cast.save(workspace.cast)
                course.done()
            if course.due("report", {}):
                with _whole("report", hook):
                    write_report(workspace.folder)
                course.done()
    return Cast.load(workspace.cast) if STAGES.index(until) >= STAGES.index("cast") else None


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


def _scan(
    film: Film, workspace: Workspace, choice: Settings, device: str, key: str, hook: Hook
) -> None:
    """One decoding pass: shots, and faces on as many frames as they need."""
    parts = workspace.parts_for("scan", key)
    scanner = FaceScanner(
        CenterFace(threads=max(1, (os.cpu_count() or 1) // SIDE_BY_SIDE)),
        film.info,
        stride=stride_for(float(film.info.frame_rate)),
        skip_until=max((part.last_frame for part in store.parts(parts)), default=-1),
    )
    finder = cutting.cut_finder(choice.shots, film.info, device)
    timeline, shots = scan_film(film, finder, scanner, parts, hook)
    timeline.save(workspace.frames)
    shots.save(workspace.shots)
    store.join_parts(parts, workspace.detections)


def _track(info: FilmInfo, workspace: Workspace, choice: Settings, device: str, hook: Hook) -> None:
    """Follow the faces inside each shot; sample and embed their crops."""
    faces, looked = store.read(workspace.detections)
    encoder = load(choice.encoder, device=device)
    rate = float(info.frame_rate)
    tracker = Tracker(
        stride=stride_for(rate),
        same=models.model(choice.encoder).same,
        different=models.model(choice.encoder).different,
        least_frames=max(2, round(rate / 5)),
        longest_gap=round(2 * rate),
    )
    tracked = tracker(
        faces,
        looked,
        Timeline.load(workspace.frames).pts,
        Shots.load(workspace.shots),
        embed_faces(workspace.detections, encoder, hook),
    )
    tracked.tracks.save(workspace.tracks)
    embeddings, strength = unit(tracked.embeddings)
    crops = save_crops(
        workspace.detections,
        faces,
        tracked.crop_track,
        tracked.crop_row,
        strength,
        workspace.folder,
    )
    save_embeddings(workspace.embeddings, {"base": embeddings})
    crops.save(workspace.crops)


@dataclass(frozen=True)
class _People:
    """The tracks as the user has cut them, and what is sure of who they are.

    Attributes:
        track: Shape (N,): of each crop, the track numbered among those that have crops, 0 to T - 1.
        number: Shape (T,): the numbers of these among all tracks.
        tracks: All tracks, parts that the user cut off included.
        parts: Those parts.
        must_link: Pairs of tracks that are one person, (M, 2).
        cannot_link: Pairs that are two, (P, 2).
    """

    track: Ints
    number: Ints
    tracks: Tracks
    parts: list[tuple[int, int]]
    must_link: Ints
    cannot_link: Ints

    @classmethod
    def of(
        cls, workspace: Workspace, crops: Crops, choice: Settings, *, names: bool = True
    ) -> _People:
        tracks = Tracks.load(workspace.tracks)
        corrections = decisions(workspace.folder, tracks)
        cut = cut_crops(crops, len(tracks), corrections.cuts)
        number, track = np.unique(cut.track, return_inverse=True)
        sharing = corrections.tracks.co_occurring()
        links = (
            np.searchsorted(number, pairs[np.isin(pairs, number).all(axis=1)])
            for pairs in corrections.links(
                sharing if choice.cannot_link else sharing[:0], names=names
            )
        )
        return cls(track, number, corrections.tracks, corrections.parts, *links)


def _adapt(workspace: Workspace, choice: Settings, device: str, key: str, hook: Hook) -> None:
    """Adapt the face-ID network to the film and embed the crops with it."""
    crops = Crops.load(workspace.crops)
    # A name doesn't change the training: who is told apart by names is so for clustering alone.
    people = _People.of(workspace, crops, choice, names=False)
    base = load_embeddings(workspace.embeddings)["base"]
    adapter = Adapter(
        load(choice.encoder, device=device),
        choice.recipe,
        seed=choice.seed,
        checkpoints=workspace.parts_for("adapt", key),
    )
    adapted = adapter(
        CropPictures(workspace.folder, crops),
        people.track,
        people.cannot_link,
        hook,
        must_link=people.must_link,
        frozen=base if choice.rule == "paper" else base * crops.strength[:, None],
        clusters=None if choice.rule == "paper" else partial(_count, choice, people, crops, base),
    )
    save_embeddings(workspace.embeddings, {"base": base, "adapted": adapted.embeddings})
    adapted.save_weights(workspace.model)
    adapted.save_history(workspace.training)


def _cluster(workspace: Workspace, choice: Settings) -> None:
    """Group the tracks by character; and as the frozen network alone would, to compare."""
    crops = Crops.load(workspace.crops)
    people = _People.of(workspace, crops, choice)
    embeddings = load_embeddings(workspace.embeddings)
    base, adapted = embeddings["base"], embeddings["adapted"]
    frozen = _grouped(choice, people, crops, base)
    if choice.rule == "paper":
        found = _grouped_by_the_paper(workspace, choice, people, adapted)
    else:
        found = _grouped(choice, people, crops, base, adapted)
    before, after = np.full((2, len(people.tracks)), -1, np.int64)
    before[people.number], after[people.number] = frozen.labels_, found.labels_
    save_labels(workspace.clusters, after, before, people.parts)
    save_merges(workspace.merges, among(found.merges_, people.number, len(people.tracks)))


def _grouped(
    choice: Settings, people: _People, crops: Crops, base: Floats, adapted: Floats | None = None
) -> AverageClustering:
    """Group the tracks by the network as it came, or by it and the adapted one."""
    clustering = AverageClustering(Strangers(*models.strangers(choice.encoder)))
    return clustering.fit(
        base if adapted is None else together(base, adapted),
        track=people.track,
        cannot_link=people.cannot_link,
        must_link=people.must_link,
        evidence=evidence(crops.strength, people.track),
        frozen=None if adapted is None else base,
    )


def _count(choice: Settings, people: _People, crops: Crops, base: Floats, adapted: Floats) -> int:
    """Return how many characters there would be by these embeddings."""
    return int(_grouped(choice, people, crops, base, adapted).labels_.max(initial=-1)) + 1


def _grouped_by_the_paper(
    workspace: Workspace, choice: Settings, people: _People, adapted: Floats
) -> LossClustering | PaperClustering:
    """Group the tracks by VideoClusterNet's Algorithm 1."""
    apart, one = people.cannot_link, people.must_link
    if not choice.adapt:
        clustering = LossClustering(Cosine())
        return clustering.fit(adapted, track=people.track, cannot_link=apart, must_link=one)
    recipe, weights = choice.recipe, load_file(workspace.model)
    head = read_head(weights, recipe, adapted.shape[1])
    loss = trained_loss(recipe, weights["loss.centre"].numpy())
    with torch.no_grad():
        outputs = head(torch.from_numpy(adapted)).numpy()
    quality = ser_fiq(head, adapted, seed=choice.seed)
    return PaperClustering(loss).fit(
        outputs, track=people.track, quality=quality, cannot_link=apart, must_link=one
    )
