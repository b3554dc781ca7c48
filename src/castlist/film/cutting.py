"""Which way a film's cuts are found, by the name that the user gave. The ways are elsewhere."""

from __future__ import annotations

from pathlib import Path

from castlist.errors import CastlistError
from castlist.film.shot_lists import read_shot_list
from castlist.film.shots import CutFinder, ShotDetector
from castlist.film.types import FilmInfo

NAMES = ("adaptive", "transnetv2")


def cut_finder(choice: str, info: FilmInfo, device: str = "cpu") -> CutFinder:
    """Return the finder of cuts that `choice` names.

    Args:
        choice: "adaptive", "transnetv2", or a file that lists the film's shots.
        info: The film's facts.
        device: Where a network runs.

    Raises:
        CastlistError: There is no such way and no such file, or the file can't be understood.
        MissingExtraError: The way isn't installed.
    """
    if choice == "adaptive":
        return ShotDetector(info)
    if choice == "transnetv2":
        from castlist.film.transnetv2 import TransNetDetector

        return TransNetDetector(device)
    return read_shot_list(_listed(choice), info)


def fingerprint(choice: str, info: FilmInfo) -> str:
    """Return what tells one choice from another: the name, or what the list says.

    Raises:
        CastlistError: As `cut_finder` would, but without loading a network.
    """
    if choice == "transnetv2":
        from castlist.film.transnetv2 import require

        require()
    if choice in NAMES:
        return choice
    return read_shot_list(_listed(choice), info).contents


def _listed(choice: str) -> Path:
    if not Path(choice).is_file():
        raise CastlistError(
            f"{choice}: no way to find shots ({', '.join(NAMES)}), and no file with a shot list"
        )
    return Path(choice)
