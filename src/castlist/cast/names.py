"""Names that were found for characters, and how they get into a cast: as corrections.

A character that has a name keeps it. How names are found is `cast.naming`'s and `cast.linking`'s.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from pathlib import Path

from castlist.cast.editing import Editor


@dataclass(frozen=True)
class Naming:
    """A name found for a character.

    Attributes:
        workspace: Its workspace.
        character: Its id there.
        name: The name, or None: it is none of those that are known.
        likeness: Mean cosine to whom it is most like.
        limit: The cosine from which it gets a name.
    """

    workspace: Path
    character: str
    name: str | None
    likeness: float
    limit: float


def write_names(namings: Sequence[Naming]) -> list[Naming]:
    """Write names into their workspaces, as corrections; return those that were new."""
    written = []
    for folder in dict.fromkeys(naming.workspace for naming in namings):
        editor = Editor(folder)
        nameless = {one.id for one in editor.cast.characters if not one.name}
        for naming in namings:
            if naming.workspace == folder and naming.name and naming.character in nameless:
                editor.rename(naming.character, naming.name)
                written.append(naming)
    return written
