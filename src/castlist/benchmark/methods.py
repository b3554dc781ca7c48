"""The methods that are compared, by name, and what each is given beside the embeddings.

To add one, add a line to `METHODS`, or to `variants` if it is castlist in another form: what it is
given, and a function from a `Case` to labels, whose docstring tells users what it is. A method is
handed no more than that: who the tracks are is taken out of the case of a method that isn't given
it, and the cannot-links likewise. What a method found is kept: raise its `version` whenever it
would find something else.
"""

from __future__ import annotations

from collections.abc import Callable, Sequence

import numpy as np

from castlist.benchmark.case import Case, Given, Labels, Method, said
from castlist.benchmark.peers import bcl, dbscan, muhpc, mvcorr
from castlist.benchmark.peers.bcl import Bcl
from castlist.benchmark.peers.c1c import C1c
from castlist.benchmark.peers.ccl import Ccl
from castlist.benchmark.peers.chosen import best_for
from castlist.benchmark.peers.cp_ssc import CpSsc
from castlist.benchmark.peers.dbscan import Dbscan
from castlist.benchmark.peers.erdos_renyi import ErdosRenyi, strangers
from castlist.benchmark.peers.finch import Finch
from castlist.benchmark.peers.hac import Hac, Linkage, best_cut
from castlist.benchmark.peers.hdbscan import Hdbscan
from castlist.benchmark.peers.hmrf import Hmrf
from castlist.benchmark.peers.jfac import Jfac
from castlist.benchmark.peers.mlr import Mlr, some_known
from castlist.benchmark.peers.muhpc import MuhpcFaces
from castlist.benchmark.peers.mvcorr import MvCorr
from castlist.benchmark.peers.peer import Peer
from castlist.benchmark.peers.sctl import Sctl
from castlist.benchmark.peers.spectral import Spectral
from castlist.benchmark.peers.ssiam import Ssiam
from castlist.benchmark.peers.tsiam import Tsiam
from castlist.benchmark.peers.vctrsf import VcTrsf
from castlist.benchmark.peers.wbslrr import Wbslrr
from castlist.benchmark.variants import ABLATION, CURVE, DISTANCES, OWN, VARIANTS
from castlist.errors import CastlistError
from castlist.faces.types import Ints


def method(name: str) -> Method:
    """Return the method of that name.

    Raises:
        CastlistError: There is none.
    """
    known = METHODS | VARIANTS
    try:
        return known[name]
    except KeyError:
        told = ", ".join(known)
        raise CastlistError(f"no method is called {name!r}; there are {told}") from None


def chosen(words: str) -> list[str]:
    """Return the names that are meant by some, with commas between, or by those of groups.

    The groups are `all`, which are `METHODS`, `hac`, which are all linkages, and `ablation` and
    `curve`, which are `ABLATION` with `DISTANCES`, and `CURVE`, each with what it is compared with.
    """
    groups = {
        "all": list(METHODS),
        "hac": [name for name in METHODS if name.startswith("hac-")],
        "ablation": [
            *("castlist", "frozen", "castlist-loss", "videoclusternet"),
            *DISTANCES,
            *ABLATION,
        ],
        "curve": ["castlist", "frozen", *CURVE],
    }
    wanted = [word.strip() for word in words.split(",")]
    names = [name for word in wanted for name in groups.get(word, [word])]
    return list(dict.fromkeys(names))


def quick() -> list[str]:
    """Return the names of the methods of a quick benchmark: castlist, and all that isn't random."""
    return [name for name, way in METHODS.items() if name == "castlist" or not way.random]


def alone(peer: Callable[[], Peer], what: str) -> Labels:
    """An estimator that is told nothing."""
    return said(what, lambda case: case.fit(peer()))


def true_k(peer: Callable[[int], Peer], what: str) -> Labels:
    """An estimator that is told how many people there are."""
    return said(what, lambda case: case.fit(peer(case.tracks.people)))


def on_others(peer: Callable[[float], Peer], candidates: Sequence[float], what: str) -> Labels:
    """An estimator whose only argument is the candidate that is best on the other sets."""
    return said(what, lambda case: case.fit(peer(best_for(peer, candidates, case.others))))


def hac_others(linkage: Linkage) -> Labels:
    """A linkage, cut at the distance that is best on the other sets."""
    return said(
        f"{linkage.capitalize()} linkage (HAC), cut at the distance that is best on the others.",
        lambda case: case.fit(Hac(distance=best_cut(case.others, linkage), linkage=linkage)),
    )


def hac_true_k(linkage: Linkage) -> Labels:
    """A linkage, cut into as many clusters as there are people."""
    return true_k(
        lambda people: Hac(clusters=people, linkage=linkage),
        f"{linkage.capitalize()} linkage (HAC), cut into as many clusters as there are people.",
    )


def hac_oracle(case: Case) -> Ints:
    """Average linkage (HAC), cut at the distance that is best on this very set."""
    return case.fit(Hac(distance=best_cut([(case.tracks, case.embeddings)])))


def erdos_renyi(case: Case) -> Ints:
    """Erdős-Rényi clustering (Jin et al., ICCV 2017), its strangers tracks of the other sets."""
    return case.fit(ErdosRenyi(strangers(case.others)))


def balls(case: Case) -> Ints:
    """Ball cluster learning (Tapaswi et al., ICCV 2019), trained on people of the other sets."""
    return case.fit(Bcl(bcl.train_on(case.others, case.seed)))


def correlated(case: Case) -> Ints:
    """Multiview correlation, trained on the other sets' tracks (Somandepalli et al., 2021)."""
    network = mvcorr.train_on(case.others, case.seed)
    cut = best_cut([(own, network.place(embeddings)) for own, embeddings in case.others])
    return case.fit(MvCorr(network, cut))


def some_labels(case: Case) -> Ints:
    """MLR (Bäuml et al., CVPR 2013), semi-supervised: a few tracks of each person are labelled."""
    return case.fit(Mlr(some_known(case.tracks.identity, case.seed)))


def singletons(case: Case) -> Ints:
    """Each track is somebody else."""
    return np.arange(len(case.tracks))


def one_cluster(case: Case) -> Ints:
    """All tracks are one person."""
    return np.zeros(len(case.tracks), np.int64)


def _seeded(
    peer: Callable[..., Peer], what: str, *, links: bool = True, version: int = 1
) -> Method:
    """An estimator that is random and told how many people there are."""
    labels = said(what, lambda case: case.fit(peer(case.tracks.people, seed=case.seed)))
    return Method(Given.TRUE_K, labels, links=links, random=True, version=version)


FINCH = "FINCH (Sarfraz et al., CVPR 2019)"
METHODS = {
    **OWN,
    "hac-others": Method(Given.OTHERS, hac_others("average"), links=True),
    "hac-oracle": Method(Given.ORACLE, hac_oracle, links=True),
    "hac-true-k": Method(Given.TRUE_K, hac_true_k("average"), links=True),
    "hac-single": Method(Given.OTHERS, hac_others("single")),
    "hac-single-true-k": Method(Given.TRUE_K, hac_true_k("single")),
    "hac-complete": Method(Given.OTHERS, hac_others("complete"), links=True),
    "hac-complete-true-k": Method(Given.TRUE_K, hac_true_k("complete"), links=True),
    "hac-ward": Method(Given.OTHERS, hac_others("ward"), links=True),
    "hac-ward-true-k": Method(Given.TRUE_K, hac_true_k("ward"), links=True),
    "dbscan": Method(
        Given.OTHERS, on_others(Dbscan, dbscan.CANDIDATES, "DBSCAN (Ester et al., KDD 1996).")
    ),
    "hdbscan": Method(Given.NOTHING, alone(Hdbscan, "HDBSCAN (Campello et al., PAKDD 2013).")),
    "spectral": Method(Given.TRUE_K, true_k(Spectral, "Spectral clustering by the cosine.")),
    "finch": Method(Given.TRUE_K, true_k(Finch, f"{FINCH}, cut into as many clusters.")),
    "finch-free": Method(Given.NOTHING, alone(Finch, f"{FINCH}, its last partition.")),
    "c1c": Method(
        Given.TRUE_K,
        true_k(C1c, "C1C (Kalogeiton and Zisserman, BMVC 2020): FINCH that heeds cannot-links."),
        links=True,
    ),
    "muhpc-": Method(
        Given.OTHERS,
        on_others(
            MuhpcFaces,
            muhpc.CANDIDATES,
            "The face stage of MuHPC (Brown et al., ICCVW 2021): no voices, no bodies.",
        ),
        links=True,
    ),
    "erdos-renyi": Method(Given.OTHERS_TRACKS, erdos_renyi, links=True),
    "hmrf": _seeded(Hmrf, "HMRF (Wu et al., CVPR 2013): a hidden Markov random field."),
    "sctl": _seeded(Sctl, "SCTL (Wu et al., ICCV 2013): clustering and linking of tracks."),
    "wbslrr": Method(
        Given.TRUE_K,
        true_k(Wbslrr, "WBSLRR (Xiao et al., ECCV 2014): block-sparse low-rank representation."),
        links=True,
    ),
    "cp-ssc": Method(
        Given.TRUE_K,
        true_k(CpSsc, "CP-SSC (Somandepalli and Narayanan, ICASSP 2019): sparse subspaces."),
        links=True,
    ),
    "ssiam": _seeded(
        Ssiam,
        "SSiam (Sharma et al., FG 2019): trained on pairs mined by distance.",
        links=False,
        version=2,
    ),
    "tsiam": _seeded(Tsiam, "TSiam (Sharma et al., FG 2019): trained on what tracks tell."),
    "ccl": _seeded(Ccl, "CCL (Sharma et al., FG 2020): trained on labels from a clustering."),
    "bcl": Method(Given.OTHERS_LABELS, balls, links=True, random=True, version=2),
    "mvcorr": Method(Given.OTHERS_TRACKS_CHOSEN, correlated, links=True, random=True),
    "mlr": Method(Given.LABELS, some_labels, links=True, random=True),
    "jfac": _seeded(Jfac, "JFAC (Zhang et al., ECCV 2016): clusters and features by turns."),
    "vctrsf": _seeded(VcTrsf, "VC-TRSF (Wang et al., TPAMI 2023): a transformer over the crops."),
    "all-singletons": Method(Given.NOTHING, singletons),
    "one-cluster": Method(Given.NOTHING, one_cluster),
}
