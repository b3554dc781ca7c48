"""The second stage: faces are followed inside each shot; crops are sampled and embedded."""

from __future__ import annotations

from castlist import models
from castlist.encoders import load, unit
from castlist.faces import store
from castlist.faces.scan import stride_for
from castlist.film.timeline import Timeline
from castlist.film.types import FilmInfo, Shots
from castlist.hooks import Hook
from castlist.settings import Settings
from castlist.tracks.crops import embed_faces, save_crops
from castlist.tracks.embeddings import save_embeddings
from castlist.tracks.tracker import Tracker
from castlist.workspace import Workspace


def track(info: FilmInfo, workspace: Workspace, choice: Settings, device: str, hook: Hook) -> None:
    """Write the film's tracks, their crops and what the encoder makes of them as it came."""
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
