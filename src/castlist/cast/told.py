"""What the user told of a character: name, note, whether it is an extra."""

from __future__ import annotations

from dataclasses import dataclass, replace

from castlist.cast.edits import Edit, Kind


@dataclass(frozen=True)
class Told:
    """What the user told of a character.

    Attributes:
        name: What they are called, or None.
        note: What is to be remembered, or None.
        hidden: Whether they are an extra.
    """

    name: str | None = None
    note: str | None = None
    hidden: bool = False

    def after(self, edit: Edit) -> Told:
        """Return what is told once a decision on them is made as well."""
        match edit.kind:
            case Kind.NAME:
                return replace(self, name=edit.text or None)
            case Kind.MERGE:
                return replace(self, name=edit.text or self.name)
            case Kind.NOTE:
                return replace(self, note=edit.text or None)
            case Kind.HIDE | Kind.SHOW:
                return replace(self, hidden=edit.kind is Kind.HIDE)
        return self

    def differs(self, other: Told) -> bool:
        """Tell whether one character can't be both."""
        pairs = ((self.name, other.name), (self.note, other.note))
        return self.hidden != other.hidden or any(a and b and a != b for a, b in pairs)
