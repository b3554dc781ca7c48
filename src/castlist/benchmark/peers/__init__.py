"""Ways to cluster tracks that castlist is compared with, each an estimator in a module of its own.

They are written from papers and formulas. Where a paper leaves something open, the module says
which reading it takes. All have the interface of `peers.peer.Peer`.
"""
