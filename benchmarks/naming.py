"""How often characters get the right name from a few pictures, and how often a wrong one.

A labelled set is clustered by castlist without adaptation. Of half of its people, chosen at random,
one track is taken out and the given number of its crops serve as photographs; the other half isn't
known. What counts is whether each character gets the name of whom most of it is, or none where that
person isn't known. Pictures from the same film are easier than photographs from elsewhere.

    python benchmarks/naming.py FOLDER... [--pictures 3] [--seeds 5] [--work benchmark.castlist]
"""

from __future__ import annotations

import argparse
from collections import Counter
from pathlib import Path

import numpy as np

from castlist import models
from castlist.benchmark.case import Case
from castlist.benchmark.choices import Choices
from castlist.benchmark.clusters import Bench
from castlist.benchmark.embedded import Data
from castlist.benchmark.methods import method
from castlist.cast.naming import assign
from castlist.cast.roll import likeness
from castlist.cluster.likeness import Strangers, track_means


def trial(
    data: Data, labels: np.ndarray, strangers: Strangers, pictures: int, seed: int
) -> Counter:
    """Return how many characters got the right name, a wrong one, none rightly or wrongly."""
    rng = np.random.default_rng(seed)
    who, track = data.tracks.identity, data.tracks.track
    people = [p for p in np.unique(who) if (who == p).sum() > 1]
    known = sorted(rng.permutation(people)[: (len(people) + 1) // 2].tolist())
    photographs, of, out = [], [], set()
    for number, person in enumerate(known):
        chosen = int(rng.choice(np.flatnonzero(who == person)))
        own = np.flatnonzero(track == chosen)
        taken = rng.permutation(own)[:pictures]
        photographs += taken.tolist()
        of += [number] * len(taken)
        out.add(chosen)
    kept = np.array([n for n in range(len(who)) if n not in out and labels[n] >= 0], np.int64)
    clusters, owner = np.unique(labels[kept], return_inverse=True)
    count: Counter = Counter()
    if not len(clusters) or not known:
        return count
    alike = likeness(
        track_means(data.embeddings, track)[kept],
        owner,
        data.embeddings[photographs],
        np.array(of),
    )
    place = dict(zip(kept.tolist(), owner.tolist(), strict=True))
    links = data.tracks.cannot_link.tolist()
    meetings = {tuple(sorted((place[a], place[b]))) for a, b in links if a in place and b in place}
    named = assign(alike, strangers.limit(alike.size), meetings)
    for number, found in enumerate(named):
        person = Counter(who[kept[owner == number]].tolist()).most_common(1)[0][0]
        if found is None:
            count["none, rightly" if person not in known else "none, though known"] += 1
        else:
            count["right" if known[found] == person else "wrong"] += 1
    return count


def main() -> None:
    """Print a line a data set, and the sum."""
    parser = argparse.ArgumentParser(description=__doc__.split("\n")[0])
    parser.add_argument("folders", nargs="+", type=Path)
    parser.add_argument("--pictures", type=int, default=3)
    parser.add_argument("--seeds", type=int, default=5)
    parser.add_argument("--encoder", default=models.DEFAULT_ENCODER)
    parser.add_argument("--work", type=Path, default=Path("benchmark.castlist"))
    arguments = parser.parse_args()
    bench = Bench(tuple(arguments.folders), arguments.work, Choices(encoder=arguments.encoder))
    strangers = Strangers(*models.model(arguments.encoder).strangers)
    columns = ("right", "wrong", "none, rightly", "none, though known")
    print(f"{'data':22}" + "".join(f"{column:>20}" for column in columns))
    whole: Counter = Counter()
    for data in bench.data:
        case = Case(
            tracks=data.tracks,
            embeddings=data.embeddings,
            strength=data.strength,
            encoder=arguments.encoder,
        )
        labels = method("frozen").fit_predict(case)
        count: Counter = Counter()
        for seed in range(arguments.seeds):
            count += trial(data, labels, strangers, arguments.pictures, seed)
        print(f"{data.tracks.name:22}" + "".join(f"{count[c]:20}" for c in columns), flush=True)
        whole += count
    print(f"{'all':22}" + "".join(f"{whole[c]:20}" for c in columns))


if __name__ == "__main__":
    main()
