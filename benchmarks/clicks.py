"""How many clicks a perfect cast takes, if one answers castlist's questions in which order.

The user is simulated: the truth answers. A click is one question answered. It goes on until each
cluster is one person and each person one cluster. Asked are the same questions in three orders: by
`castlist.cast.suggest`, by size (the largest clusters first, each pair of them, then each track),
and at random (the mean of five).

    python benchmarks/clicks.py FOLDER... [--method frozen] [--work benchmark.castlist]
"""

from __future__ import annotations

import argparse
from collections.abc import Callable
from pathlib import Path

import numpy as np

from castlist import models
from castlist.benchmark.case import Case
from castlist.benchmark.choices import Choices
from castlist.benchmark.clusters import Bench
from castlist.benchmark.embedded import Data
from castlist.benchmark.methods import method
from castlist.cast.suggest import Asked, Question, suggest
from castlist.cluster.likeness import Strangers, track_means

Order = Callable[[list[Question], np.ndarray], list[Question]]


def perfect(labels: np.ndarray, who: np.ndarray) -> bool:
    """Tell whether clusters are people; an unknown track never is."""
    pairs = set(zip(labels.tolist(), who.tolist(), strict=True))
    return bool((labels >= 0).all()) and len(pairs) == len(set(labels)) == len(set(who))


def by_hand(labels: np.ndarray, who: np.ndarray) -> int:
    """Return how many clusters are one too many, and how many tracks are with others or unknown."""
    sets = [who[labels == cluster] for cluster in np.unique(labels[labels >= 0])]
    wrong = sum(int((own != _majority(own)).sum()) for own in sets) + int((labels < 0).sum())
    return wrong + len(sets) - len({_majority(own) for own in sets})


def by_worth(questions: list[Question], labels: np.ndarray) -> list[Question]:
    """Castlist's own order."""
    return questions


def by_size(questions: list[Question], labels: np.ndarray) -> list[Question]:
    """Pairs of the largest clusters first; then tracks, those of the largest cluster first."""
    size = np.bincount(labels[labels >= 0])

    def key(q: Question) -> tuple[int, int, int]:
        if q.asked is Asked.SAME:
            return 0, -int(size[q.other]), -int(size[q.cluster])
        own = labels[q.track]
        return 1, -int(size[own]) if own >= 0 else 0, q.track

    return sorted(questions, key=key)


def at_random(seed: int) -> Order:
    """Any order."""
    rng = np.random.default_rng(seed)
    return lambda questions, labels: [questions[n] for n in rng.permutation(len(questions))]


def clicks(data: Data, labels: np.ndarray, strangers: Strangers, order: Order, most: int) -> int:
    """Return how many answers it takes, or `most`."""
    who = data.tracks.identity
    means = track_means(data.embeddings, data.tracks.track)
    labels, apart, sure = labels.copy(), [], set()
    sharing = data.tracks.cannot_link
    done = 0
    while not perfect(labels, who) and done < most:
        questions = suggest(
            means, labels, strangers, apart=apart, sharing=sharing, sure=sorted(sure), most=10**6
        )
        if not questions:  # the rest is mended by hand
            return done + by_hand(labels, who)
        q = order(questions, labels)[0]
        done += 1
        members = np.flatnonzero(labels == q.cluster)
        if q.asked is Asked.SAME:
            others = np.flatnonzero(labels == q.other)
            one, two = _majority(who[members]), _majority(who[others])
            if one == two:
                labels[members] = q.other
            else:  # said of who they are, not of whoever is among them by mistake
                a, b = members[who[members] == one][0], others[who[others] == two][0]
                apart.append((int(a), int(b)))
            continue
        me, own = who[q.track], np.flatnonzero(labels == labels[q.track])
        if q.cluster >= 0 and me == _majority(who[members]):
            labels[q.track] = q.cluster
        elif labels[q.track] < 0 and me in who[labels >= 0]:  # then others are asked about
            apart.append((q.track, int(members[0])))
            continue
        elif labels[q.track] < 0 or me != _majority(who[own]):  # "no, and not here either"
            labels[q.track] = labels.max() + 1
        sure.add(q.track)
    return done


def _majority(who: np.ndarray) -> str:
    names, counts = np.unique(who, return_counts=True)
    return str(names[counts.argmax()])


def main() -> None:
    """Print a line a data set."""
    parser = argparse.ArgumentParser(description=__doc__.split("\n")[0])
    parser.add_argument("folders", nargs="+", type=Path)
    parser.add_argument("--method", default="frozen")
    parser.add_argument("--work", type=Path, default=Path("benchmark.castlist"))
    parser.add_argument("--most", type=int, default=2000, help="clicks after which one gives up")
    arguments = parser.parse_args()
    bench = Bench(tuple(arguments.folders), arguments.work, Choices())
    strangers = Strangers(*models.model(models.DEFAULT_ENCODER).strangers)
    print("data                 tracks people  asked by worth  by size  at random")
    for data in bench.data:
        case = Case(
            tracks=data.tracks,
            embeddings=data.embeddings,
            strength=data.strength,
            work=arguments.work,
        )
        labels = method(arguments.method).fit_predict(case)
        run = lambda order: clicks(data, labels, strangers, order, arguments.most)  # noqa: B023, E731
        chance = float(np.mean([run(at_random(seed)) for seed in range(5)]))
        print(
            f"{data.tracks.name:20} {len(data.tracks):6} {data.tracks.people:6} "
            f"{run(by_worth):15} {run(by_size):8} {chance:10.1f}",
            flush=True,
        )


if __name__ == "__main__":
    main()
