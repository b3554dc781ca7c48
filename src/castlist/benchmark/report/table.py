"""A table as plain text cells, and how it is written as Markdown, LaTeX, CSV and HTML.

Cells may hold what users call their data, so each writer escapes all that it is given.
"""

from __future__ import annotations

import csv
import html
import io
import re
from collections.abc import Mapping, Sequence
from dataclasses import dataclass

UPRIGHT = 9
"""Columns that a LaTeX table has at most, not to lie on its side."""


@dataclass(frozen=True)
class Line:
    """One line.

    Attributes:
        cells: One a column.
        strong: Numbers of the cells that are the best of their part.
        ours: Whether it is castlist's.
    """

    cells: tuple[str, ...]
    strong: frozenset[int] = frozenset()
    ours: bool = False


@dataclass(frozen=True)
class Table:
    """A table.

    Attributes:
        name: Of its files.
        title: Above it.
        columns: Titles of the columns.
        parts: Its lines, by what is written above each part; nothing above "".
        notes: What one has to know, a sentence or more each.
        words: Numbers of the columns that hold words: set to the left, all else to the right.
    """

    name: str
    title: str
    columns: tuple[str, ...]
    parts: Mapping[str, Sequence[Line]]
    notes: tuple[str, ...] = ()
    words: frozenset[int] = frozenset({0})


def markdown(table: Table) -> str:
    """Write a table as Markdown, with title and notes."""

    def row(cells: Sequence[str]) -> str:
        return "| " + " | ".join(cells) + " |\n"

    marks = ["---" if n in table.words else "---:" for n in range(len(table.columns))]
    text = f"## {_in_markdown(table.title)}\n\n"
    text += row([_in_markdown(column) for column in table.columns]) + row(marks)
    for title, lines in table.parts.items():
        if title:
            text += row([f"*{_in_markdown(title)}*", *[""] * (len(table.columns) - 1)])
        for line in lines:
            cells = [_in_markdown(cell) for cell in line.cells]
            text += row([f"**{c}**" if n in line.strong else c for n, c in enumerate(cells)])
    return text + "".join(f"\n{_in_markdown(note)}\n" for note in table.notes)


def latex(table: Table) -> str:
    """Write a table as a LaTeX float, made smaller only where it is wider than the text.

    A table of many columns lies on its side. It needs booktabs, adjustbox and rotating.
    """
    marks = "".join("l" if n in table.words else "r" for n in range(len(table.columns)))

    def row(cells: Sequence[str]) -> str:
        return " & ".join(cells) + r" \\" + "\n"

    body = row([_in_latex(column) for column in table.columns])
    for title, lines in table.parts.items():
        body += "\\midrule\n"
        if title:
            spanned = rf"\multicolumn{{{len(table.columns)}}}{{l}}{{\emph{{{_in_latex(title)}}}}}"
            body += row([spanned])
        for line in lines:
            cells = [_in_latex(cell) for cell in line.cells]
            body += row(
                [rf"\textbf{{{c}}}" if n in line.strong else c for n, c in enumerate(cells)]
            )
    caption = " ".join([f"{table.title}.", *table.notes])
    float_ = "sidewaystable" if len(table.columns) > UPRIGHT else "table"
    return (
        "% needs \\usepackage{booktabs,adjustbox,rotating}\n"
        f"\\begin{{{float_}}}\n\\centering\n"
        f"\\caption{{{_in_latex(caption)}}}\n\\label{{tab:{table.name}}}\n"
        "\\begin{adjustbox}{max width=\\linewidth}\n"
        f"\\begin{{tabular}}{{{marks}}}\n\\toprule\n{body}\\bottomrule\n\\end{{tabular}}\n"
        f"\\end{{adjustbox}}\n\\end{{{float_}}}\n"
    )


def comma_separated(table: Table) -> str:
    """Write a table as CSV; what stands above each part is the first column, if any does."""
    parted = any(table.parts)
    text = io.StringIO()
    writer = csv.writer(text, lineterminator="\n")
    writer.writerow([*["part"] * parted, *table.columns])
    for title, lines in table.parts.items():
        writer.writerows([*[title] * parted, *line.cells] for line in lines)
    return text.getvalue()


def in_html(table: Table) -> str:
    """Write a table as HTML, with title and notes."""
    head = "".join(
        f'<th scope="col"{_class(n in table.words and "words")}>{html.escape(column)}</th>'
        for n, column in enumerate(table.columns)
    )
    body = ""
    for title, lines in table.parts.items():
        above = ""
        if title:
            span = f'<th scope="rowgroup" colspan="{len(table.columns)}">'
            above = f'<tr class="part">{span}<span>{html.escape(title)}</span></th></tr>'
        body += f"<tbody>{above}{''.join(_html_line(table, line) for line in lines)}</tbody>"
    title = html.escape(table.title)
    notes = "".join(f"<p>{html.escape(note)}</p>" for note in table.notes)
    return (
        f'<div class="table" id="{table.name}"><h3>{title}</h3>'
        f'<div class="scroll" tabindex="0" role="region" aria-label="{title}">'
        f"<table><thead><tr>{head}</tr></thead>{body}</table></div>"
        f'<div class="notes">{notes}</div></div>\n'
    )


def _html_line(table: Table, line: Line) -> str:
    cells = ""
    for n, cell in enumerate(line.cells):
        text = re.sub(r" (± [\d.]+)$", r" <small>\1</small>", html.escape(cell))
        if n in line.strong:
            text = f"<strong>{text}</strong>"
        if n == 0:
            cells += f'<th scope="row" class="words">{text}</th>'
        else:
            cells += f"<td{_class(n in table.words and 'words')}>{text}</td>"
    return f"<tr{_class(line.ours and 'ours')}>{cells}</tr>"


def _class(name: str | bool) -> str:
    return f' class="{name}"' if name else ""


def _in_markdown(text: str) -> str:
    """Escape what Markdown or HTML inside it would read as markup."""
    return re.sub(r"([\\`*_{}\[\]|<>#~])", r"\\\1", " ".join(text.split())).replace("&", "&amp;")


_LATEX = {
    "\\": r"\textbackslash{}",
    "{": r"\{",
    "}": r"\}",
    "$": r"\$",
    "&": r"\&",
    "#": r"\#",
    "%": r"\%",
    "_": r"\_",
    "^": r"\textasciicircum{}",
    "~": r"\textasciitilde{}",
    "<": r"\textless{}",
    ">": r"\textgreater{}",
    "|": r"\textbar{}",
    "[": "{[}",  # a bracket or a star after the end of a row would be its argument
    "*": "{*}",
    "±": r"$\pm$",
    "³": r"\textsuperscript{3}",
    "–": "--",
}


def _in_latex(text: str) -> str:
    text = re.sub(r'"([^"]*)"', r"``\1''", text)
    return "".join(_LATEX.get(character, character) for character in " ".join(text.split()))
