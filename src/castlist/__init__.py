"""castlist: from a film to its cast list.

>>> import castlist
>>> cast = castlist.run("film.mp4")  # doctest: +SKIP
"""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

__version__ = "0.1.0"

if TYPE_CHECKING:
    from castlist.cast.types import Cast as Cast
    from castlist.pipeline import Settings as Settings
    from castlist.pipeline import run as run

__all__ = ["Cast", "Settings", "__version__", "run"]


def __getattr__(name: str) -> Any:
    """Import the pipeline only when it is used: a bare import stays light."""
    if name in ("run", "Settings"):
        from castlist import pipeline

        return getattr(pipeline, name)
    if name == "Cast":
        from castlist.cast.types import Cast

        return Cast
    raise AttributeError(f"module 'castlist' has no attribute {name!r}")
