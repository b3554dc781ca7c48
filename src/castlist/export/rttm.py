"""RTTM (NIST's Rich Transcription Time Marked): a SPEAKER line an appearance.

So tools for speaker diarization can compare who is seen with who is heard. The format has no
blanks in a field: those of names become underscores.
"""

from __future__ import annotations

from castlist.cast.types import Character
from castlist.export.finished import Finished, label, one_line


def text(film: Finished) -> str:
    """Return the lines; times in seconds, to the microsecond."""
    file = _field(film.film_name)
    return "".join(
        f"SPEAKER {file} 1 {float(film.start(a.first)):.6f} "
        f"{float(film.lasting(a.first, a.last)):.6f} <NA> <NA> {speaker(a.character)} <NA> <NA>\n"
        for a in film.appearances
    )


def speaker(character: Character) -> str:
    """Return a label that is one's own: C01, or C01_Anna_Bell."""
    return _field(f"{character.id} {label(character)}" if character.name else character.id)


def _field(text: str) -> str:
    return one_line(text).replace(" ", "_")
