"""The fourth stage: the tracks are grouped by character."""

from __future__ import annotations

import numpy as np
import torch
from safetensors.torch import load_file
from torch import Tensor

from castlist import models
from castlist.adapt.head import Head
from castlist.adapt.quality import ser_fiq
from castlist.adapt.weights import read_head
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
    found: AverageClustering | LossClustering | PaperClustering
    if choice.rule != "paper":
        found = _grouped(choice, people, crops, base, adapted)
    elif choice.adapt:
        weights = load_file(workspace.model)
        head = read_head(weights, recipe_of(choice), adapted.shape[1])
        found = _grouped_by_the_paper(choice, people, adapted, head, weights["loss.centre"])
    else:
        found = LossClustering(Cosine()).fit(
            adapted,
            track=people.track,
            cannot_link=people.cannot_link,
            must_link=people.must_link,
        )
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
    choice: Settings,
    people: People,
    crops: Crops,
    base: Floats,
    adapted: Floats,
    head: Head,
    centre: Tensor,
) -> int:
    """Return how many characters there would be by a network that is being adapted.

    Args:
        choice: By which rule.
        people: The tracks.
        crops: Their crops.
        base: Embeddings of the crops by the network as it came, (N, d).
        adapted: By the one that is being adapted, likewise.
        head: Its head.
        centre: Of the loss, (K,).
    """
    if choice.rule == "paper":
        labels = _grouped_by_the_paper(choice, people, adapted, head, centre).labels_
    else:
        labels = _grouped(choice, people, crops, base, adapted).labels_
    return int(labels.max(initial=-1)) + 1


@torch.no_grad()
def _grouped_by_the_paper(
    choice: Settings, people: People, adapted: Floats, head: Head, centre: Tensor
) -> PaperClustering:
    """Group the tracks by VideoClusterNet's Algorithm 1."""
    device = centre.device
    outputs = head(torch.from_numpy(adapted).to(device)).cpu().numpy()
    return PaperClustering(trained_loss(recipe_of(choice), centre.cpu().numpy())).fit(
        outputs,
        track=people.track,
        quality=ser_fiq(head, adapted, seed=choice.seed),
        cannot_link=people.cannot_link,
        must_link=people.must_link,
    )
