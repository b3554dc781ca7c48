"""A contact sheet per character: a face an appearance, with its timecode. As pictures or as a PDF.

A sheet is an A4 page at 150 dots per inch; who appears often has several. The face is the best crop
of the appearance.
"""

from __future__ import annotations

import io
from collections import defaultdict
from collections.abc import Iterator
from functools import cache

import numpy as np
from PIL import Image, ImageDraw, ImageFont

from castlist.errors import WorkspaceError
from castlist.export.appearances import Appearance
from castlist.export.finished import Finished, label
from castlist.export.statistics import ScreenTime, screen_times

_DPI = 150
_PAGE = (1240, 1754)
_MARGIN, _GAP, _FACE, _CAPTION = 74, 18, 204, 62
_COLUMNS, _ROWS, _TOP = 5, 5, 330
_INK, _DIM, _LINE, _BLANK = "#1b1d22", "#5c6370", "#c9ced6", "#e6e8ec"

_FONTS = (  # what systems have; Pillow's own knows little but English
    *("DejaVuSans.ttf", "NotoSans-Regular.ttf", "LiberationSans-Regular.ttf", "Arial.ttf"),
    *("NotoSansCJK-Regular.ttc", "NotoSansArabic-Regular.ttf", "PingFang.ttc", "msgothic.ttc"),
)


def pictures(film: Finished) -> dict[str, bytes]:
    """Return the sheets as PNG files by name: C01.png, and C01-2.png where one isn't enough.

    Raises:
        WorkspaceError: A crop is missing or damaged.
    """
    files = {}
    for row, sheets in _sheets(film):
        for number, sheet in enumerate(sheets, start=1):
            data = io.BytesIO()
            sheet.save(data, "PNG", dpi=(_DPI, _DPI))
            files[f"{row.character}{f'-{number}' if number > 1 else ''}.png"] = data.getvalue()
    return files


def pdf(film: Finished) -> bytes:
    """Return the sheets of all characters as one PDF.

    Raises:
        WorkspaceError: A crop is missing or damaged.
    """
    data = io.BytesIO()
    undated = {"creationDate": None, "modDate": None}  # the same cast makes the same file
    for _, sheets in _sheets(film):
        for sheet in sheets:
            append = data.tell() > 0
            title = film.film_name
            sheet.save(data, "PDF", resolution=_DPI, append=append, title=title, **undated)
            data.seek(0, io.SEEK_END)
    if not data.tell():  # a film without a character
        Image.new("RGB", _PAGE, "white").save(data, "PDF", resolution=_DPI, **undated)
    return data.getvalue()


def _sheets(film: Finished) -> Iterator[tuple[ScreenTime, Iterator[Image.Image]]]:
    own: dict[str, list[Appearance]] = defaultdict(list)
    for appearance in film.appearances:
        own[appearance.character.id].append(appearance)
    crops = _Crops(film)
    for character, row in zip(film.characters, screen_times(film), strict=True):
        yield row, _pages(film, label(character), row, own[character.id], crops)


def _pages(
    film: Finished, name: str, row: ScreenTime, own: list[Appearance], crops: _Crops
) -> Iterator[Image.Image]:
    most = _COLUMNS * _ROWS
    groups = [own[at : at + most] for at in range(0, len(own), most)] or [[]]
    for number, group in enumerate(groups, start=1):
        page = Image.new("RGB", _PAGE, "white")
        draw = ImageDraw.Draw(page)
        _heading(page, draw, name, row, crops)
        for place, appearance in enumerate(group):
            x = _MARGIN + place % _COLUMNS * (_FACE + _GAP)
            y = _TOP + place // _COLUMNS * (_FACE + _CAPTION + _GAP // 2)
            page.paste(crops.face(crops.best(appearance), _FACE), (x, y))
            begin, _ = film.edit.span(appearance.first, appearance.last)
            lasting = float(film.lasting(appearance.first, appearance.last))
            draw.text((x, y + _FACE + 8), film.edit.timecode(begin), _INK, _font(20))
            caption = f"shot {appearance.shot}, {lasting:.1f} s"
            draw.text((x, y + _FACE + 34), caption, _DIM, _font(16))
        foot = _PAGE[1] - _MARGIN
        text, font = _written(film.film_name, "", 16)
        draw.text((_MARGIN, foot), _shortened(text, font, 700), _DIM, font, anchor="ls")
        paging = f"{row.character}, sheet {number} of {len(groups)}"
        draw.text((_PAGE[0] - _MARGIN, foot), paging, _DIM, _font(16), anchor="rs")
        yield page


def _heading(
    page: Image.Image, draw: ImageDraw.ImageDraw, name: str, row: ScreenTime, crops: _Crops
) -> None:
    page.paste(crops.face(crops.portrait(row.character), _FACE), (_MARGIN, _MARGIN))
    x = _MARGIN + _FACE + 2 * _GAP
    text, font = _written(name, row.character, 48)
    room = _PAGE[0] - _MARGIN - x
    draw.text((x, _MARGIN + 4), _shortened(text, font, room), _INK, font)
    lines = [
        f"{row.character}: on screen for {float(row.seconds):.1f} s, {float(row.share):.1%} of "
        "the film",
        f"{row.appearances} appearances in {row.shots} shots, the longest "
        f"{float(row.longest):.1f} s",
        f"first seen at {float(row.first):.1f} s, last at {float(row.last):.1f} s",
    ]
    for place, line in enumerate(lines):
        draw.text((x, _MARGIN + 84 + 38 * place), line, _DIM, _font(22))
    rule = _TOP - _GAP - 8
    draw.line((_MARGIN, rule, _PAGE[0] - _MARGIN, rule), _LINE, 2)


class _Crops:
    """The pictures of a workspace's crops."""

    def __init__(self, film: Finished) -> None:
        self._film = film
        self._portraits = {character.id: character.portrait for character in film.characters}

    def portrait(self, character: str) -> str | None:
        return self._portraits[character] or None

    def best(self, appearance: Appearance) -> str | None:
        """Return the file of the appearance's best crop, if it has any."""
        crops = self._film.crops
        mine = np.isin(crops.track, appearance.tracks)
        mine &= (crops.frame >= appearance.first) & (crops.frame <= appearance.last)
        rows = np.flatnonzero(mine)
        return str(crops.file[rows[np.argmax(crops.quality[rows])]]) if len(rows) else None

    def face(self, file: str | None, side: int) -> Image.Image:
        """Return a crop at this size, or a blank."""
        if file is None:
            return Image.new("RGB", (side, side), _BLANK)
        path = self._film.folder / file
        try:
            with Image.open(path) as picture:
                return picture.convert("RGB").resize((side, side), Image.Resampling.LANCZOS)
        except OSError as error:
            raise WorkspaceError(
                f"{path}: can't be read; have it made anew with --force tracks"
            ) from error


def _written(text: str, otherwise: str, size: int) -> tuple[str, ImageFont.FreeTypeFont]:
    """Return a text and a font that has all of its letters, or else the other text."""
    for name in (*_FONTS, None):
        font = _loaded(name, size)
        if font is not None and _has(font, text):
            return text, font
    return otherwise, _font(size)


def _shortened(text: str, font: ImageFont.FreeTypeFont, room: float) -> str:
    """Return as much of a text as there is room for."""
    if font.getlength(text) <= room:
        return text
    while text and font.getlength(f"{text}...") > room:
        text = text[:-1]
    return f"{text}..."


def _has(font: ImageFont.FreeTypeFont, text: str) -> bool:
    missing = bytes(font.getmask("\uffff"))
    return all(letter == " " or bytes(font.getmask(letter)) != missing for letter in text)


def _font(size: int) -> ImageFont.FreeTypeFont:
    """Return a font for plain English and numbers."""
    font = _loaded(_FONTS[0], size) or _loaded(None, size)
    assert font is not None, "Pillow brings one"
    return font


@cache
def _loaded(name: str | None, size: int) -> ImageFont.FreeTypeFont | None:
    """Return a font of the system, or Pillow's own; None if it isn't there."""
    try:
        font = ImageFont.truetype(name, size) if name else ImageFont.load_default(size)
    except OSError:
        return None
    assert isinstance(font, ImageFont.FreeTypeFont), "Pillow is built with FreeType"
    return font
