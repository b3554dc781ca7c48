"""Final Cut Pro's FCPXML 1.8: a keyword range and a marker an appearance.

The keywords are on the film in an event's browser, the markers on the film in a project. Written
here and not through OpenTimelineIO's adapter, which knows no exact frame duration at 23.976, 29.97
and 59.94, no start timecode and no keywords. Final Cut has no colours for markers.
"""

from __future__ import annotations

from fractions import Fraction
from xml.etree.ElementTree import Element, SubElement, indent, tostring

from castlist.export.finished import Finished, label


def text(film: Finished) -> str:
    """Return the XML; times are exact fractions of a second."""
    edit, told = film.edit, film.cast.film

    def time(frames: int) -> str:
        return f"{Fraction(frames) / edit.rate}s"

    root = Element("fcpxml", {"version": "1.8"})
    resources = SubElement(root, "resources")
    size = {"width": str(told["width"]), "height": str(told["height"])}
    SubElement(resources, "format", {"id": "r1", "frameDuration": time(1), **size})
    whole = {
        "name": film.film_name,
        "start": time(edit.media_start),
        "duration": time(len(edit)),
        "format": "r1",
    }
    streams = {"hasVideo": "1"}
    if told.get("sound"):
        streams |= {"hasAudio": "1", "audioSources": "1"}
    SubElement(resources, "asset", {"id": "r2", "src": film.film.as_uri(), **whole, **streams})

    code = {"tcFormat": "DF" if edit.counting.drop else "NDF"}
    clip = {"ref": "r2", **whole, **code}
    event = SubElement(root, "event", {"name": film.film_name})
    in_event = SubElement(event, "asset-clip", clip)
    project = SubElement(event, "project", {"name": f"{film.film_name}: cast"})
    place = {"format": "r1", "duration": time(len(edit)), "tcStart": time(edit.start)}
    spine = SubElement(SubElement(project, "sequence", place | code), "spine")
    in_project = SubElement(spine, "asset-clip", {"offset": time(edit.start), **clip})
    for a in film.appearances:
        begin, past = edit.span(a.first, a.last)
        span = {"start": time(edit.media_start + begin), "duration": time(past - begin)}
        name, note = label(a.character), f"{a.character.id}, shot {a.shot}"
        keyword = name.replace(",", "")  # commas separate keywords
        SubElement(in_event, "keyword", {**span, "value": keyword, "note": note})
        SubElement(in_project, "marker", {**span, "value": name, "note": note})
    indent(root, " ")
    body = tostring(root, encoding="unicode")
    return f'<?xml version="1.0" encoding="UTF-8"?>\n<!DOCTYPE fcpxml>\n{body}\n'
