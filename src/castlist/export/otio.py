"""Timelines through OpenTimelineIO: its own format, and Final Cut Pro 7's XML (Premiere, Resolve).

The timeline is the whole film as one clip, with a marker an appearance, in the character's colour.
"""

from __future__ import annotations

import importlib
from typing import Any

from castlist.errors import CastlistError, MissingExtraError
from castlist.export import colours
from castlist.export.finished import Finished, label

_PURPOSE = "Writing a timeline of OpenTimelineIO or Final Cut Pro 7"
_PARTS = ("alpha", "blue", "green", "red")


def otio(film: Finished) -> str:
    """Return OpenTimelineIO's JSON.

    Raises:
        MissingExtraError: OpenTimelineIO isn't installed.
    """
    return _written(_timeline(film), "otio_json") + "\n"


def fcp7(film: Finished) -> str:
    """Return Final Cut Pro 7's XML, version 4, with the colours of Premiere.

    Raises:
        MissingExtraError: OpenTimelineIO or its adapter isn't installed.
        CastlistError: The adapter knows no timecode at the timeline's rate.
    """
    timeline = _timeline(film)
    size = {"width": film.cast.film["width"], "height": film.cast.film["height"]}
    timeline.metadata["fcp_xml"] = {
        "media": {"video": {"format": {"samplecharacteristics": size}}},
        "timecode": {"displayformat": "DF" if film.edit.counting.drop else "NDF"},
    }
    colour = colours.of_characters(film.characters, colours.PREMIERE)
    for marker in timeline.tracks.markers:
        told = marker.metadata["castlist"]
        own = colour[told["character"]]
        marker.metadata["fcp_xml"] = {
            "comment": f"{told['character']}, shot {told['shot']}",
            "pproColor": own,
            "color": dict(zip(_PARTS, own.to_bytes(4), strict=True)),
        }
    return _written(timeline, "fcp_xml")


def _timeline(film: Finished) -> Any:
    schema, time = _library("opentimelineio.schema"), _library("opentimelineio.opentime")
    edit = film.edit
    rate = float(edit.rate)

    def frames(number: int) -> Any:
        return time.RationalTime(number, rate)

    def stretch(begin: int, past: int) -> Any:
        return time.TimeRange(frames(begin), frames(past - begin))

    timeline = schema.Timeline(film.film_name, global_start_time=frames(edit.start))
    whole = stretch(edit.media_start, edit.media_start + len(edit))
    for kind in ("Video", "Audio") if film.cast.film.get("sound") else ("Video",):
        media = schema.ExternalReference(film.film.as_uri(), whole)
        media.name = film.film_name
        clip = schema.Clip(film.film_name, media_reference=media, source_range=whole)
        timeline.tracks.append(schema.Track(kind, [clip], kind=kind))
    colour = colours.of_characters(film.characters, colours.OTIO)
    for a in film.appearances:
        told = {"character": a.character.id, "shot": a.shot, "tracks": list(a.tracks)}
        place = stretch(*edit.span(a.first, a.last))
        marker = schema.Marker(label(a.character), place, colour[a.character.id])
        marker.metadata["castlist"] = told
        timeline.tracks.markers.append(marker)
    return timeline


def _library(name: str) -> Any:
    try:
        return importlib.import_module(name)
    except ImportError as error:
        raise MissingExtraError("otio", _PURPOSE) from error


def _written(timeline: Any, adapter: str) -> str:
    adapters = _library("opentimelineio.adapters")
    if adapter not in adapters.available_adapter_names():
        raise MissingExtraError("otio", _PURPOSE)
    try:
        return str(adapters.write_to_string(timeline, adapter))
    except ValueError as error:
        raise CastlistError(
            f"OpenTimelineIO can't write a timeline of this rate ({error}); name one with --rate"
        ) from error
