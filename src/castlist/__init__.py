"""castlist: from a film to its cast list.

>>> import castlist
>>> cast = castlist.run("film.mp4")  # doctest: +SKIP
"""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

__version__ = "0.1.0"

if TYPE_CHECKING:
    from castlist.cast.types import Cast as Cast
    from castlist.pipeline import run as run
    from castlist.settings import Settings as Settings

__all__ = ["Cast", "Settings", "__version__", "run"]


def __getattr__(name: str) -> Any:
    """Import the pipeline only when it is used: a bare import stays light."""
    if name == "run":
        from castlist.pipeline import run

        return run
    if name == "Settings":
        from castlist.settings import Settings

        return Settings
    if name == "Cast":
        from castlist.cast.types import Cast

        return Cast
    raise AttributeError(f"module 'castlist' has no attribute {name!r}")
