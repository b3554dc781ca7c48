"""The fourth stage: the tracks are grouped by character."""

from __future__ import annotations

import numpy as np
import torch
from safetensors.torch import load_file

from castlist import models
from castlist.adapt.quality import ser_fiq
from castlist.adapt.training import read_head
from castlist.cluster.average import AverageClustering
from castlist.cluster.distance import Cosine
from castlist.cluster.forest import among, save_merges
from castlist.cluster.labels import save_labels
from castlist.cluster.learned import LossClustering
from castlist.cluster.likeness import Strangers, together
from castlist.cluster.paper import PaperClustering, trained_loss
from castlist.faces.types import Floats
from castlist.settings import Settings
from castlist.stages.people import People
from castlist.stages.recipes import recipe_of
from castlist.tracks.embeddings import load_embeddings
from castlist.tracks.types import Crops, evidence
from castlist.workspace import Workspace


def cluster(workspace: Workspace, choice: Settings) -> None:
    """Write who is who; and who would be by the frozen network alone, to compare."""
    crops = Crops.load(workspace.crops)
    people = People.of(workspace, crops, choice)
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
    choice: Settings, people: People, crops: Crops, base: Floats, adapted: Floats | None = None
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


def count_characters(
    choice: Settings, people: People, crops: Crops, base: Floats, adapted: Floats
) -> int:
    """Return how many characters there would be by these embeddings."""
    return int(_grouped(choice, people, crops, base, adapted).labels_.max(initial=-1)) + 1


def _grouped_by_the_paper(
    workspace: Workspace, choice: Settings, people: People, adapted: Floats
) -> LossClustering | PaperClustering:
    """Group the tracks by VideoClusterNet's Algorithm 1."""
    apart, one = people.cannot_link, people.must_link
    if not choice.adapt:
        clustering = LossClustering(Cosine())
        return clustering.fit(adapted, track=people.track, cannot_link=apart, must_link=one)
    recipe, weights = recipe_of(choice), load_file(workspace.model)
    head = read_head(weights, recipe, adapted.shape[1])
    loss = trained_loss(recipe, weights["loss.centre"].numpy())
    with torch.no_grad():
        outputs = head(torch.from_numpy(adapted)).numpy()
    quality = ser_fiq(head, adapted, seed=choice.seed)
    return PaperClustering(loss).fit(
        outputs, track=people.track, quality=quality, cannot_link=apart, must_link=one
    )
