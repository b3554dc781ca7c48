"""The third stage: the face-ID network is adapted to the film, and embeds the crops anew."""

from __future__ import annotations

from functools import partial

from castlist.adapt import Adapter
from castlist.encoders import load
from castlist.hooks import Hook
from castlist.settings import Settings
from castlist.stages.clustering import count_characters
from castlist.stages.people import People
from castlist.stages.recipes import recipe_of
from castlist.tracks.crops import CropPictures
from castlist.tracks.embeddings import load_embeddings, save_embeddings
from castlist.tracks.types import Crops
from castlist.workspace import Workspace


def adapt(workspace: Workspace, choice: Settings, device: str, key: str, hook: Hook) -> None:
    """Write what was learned, and the embeddings by it beside those by the encoder as it came.

    Args:
        workspace: The film's.
        choice: The encoder, and how it is adapted.
        device: Where it runs.
        key: Of the stage; what a run with the same one left unfinished is gone on with.
        hook: Told of progress.
    """
    crops = Crops.load(workspace.crops)
    # A name doesn't change the training: who is told apart by names is so for clustering alone.
    people = People.of(workspace, crops, choice, names=False)
    base = load_embeddings(workspace.embeddings)["base"]
    adapter = Adapter(
        load(choice.encoder, device=device),
        recipe_of(choice),
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
        clusters=partial(count_characters, choice, people, crops, base),
    )
    save_embeddings(workspace.embeddings, {"base": base, "adapted": adapted.embeddings})
    adapted.save_weights(workspace.model)
    adapted.save_history(workspace.training)
