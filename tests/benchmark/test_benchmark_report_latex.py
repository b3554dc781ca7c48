"""The LaTeX of tables, read back by a strict parser: as a machine needs no TeX, by pylatexenc's."""

import pytest
from made_sets import row
from pylatexenc.latex2text import LatexNodes2Text, MacroTextSpec, get_default_latex_context_db
from pylatexenc.latexwalker import (
    LatexCharsNode,
    LatexCommentNode,
    LatexEnvironmentNode,
    LatexWalker,
    LatexWalkerParseError,
)
from pylatexenc.latexwalker import get_default_latex_context_db as get_default_macros
from pylatexenc.macrospec import std_environment, std_macro

from castlist.benchmark.report import ablations, contents
from castlist.benchmark.report.literature import literature
from castlist.benchmark.report.protocol import main_rows
from castlist.benchmark.report.table import Line, Table, latex

MACROS = get_default_macros()
MACROS.add_context_category(
    "of the packages",
    macros=[std_macro("multicolumn", "{{{")]
    + [std_macro(name, "{") for name in ("caption", "textsuperscript")],
    environments=[std_environment("adjustbox", "{")],
    prepend=True,
)
PRINTED = get_default_latex_context_db()
PRINTED.add_context_category(
    "as TeX prints it",
    macros=[
        MacroTextSpec("textless", "<"),
        MacroTextSpec("textgreater", ">"),
        MacroTextSpec("textbar", "|"),
        MacroTextSpec("textasciicircum", "^"),
        MacroTextSpec("textsuperscript", "³"),  # of no other number
        MacroTextSpec("multicolumn", "%(3)s"),
    ],
    prepend=True,
)
SPECIAL = set("#$%&_^~\\{}<>|")
"""What isn't printed as it is where it stands in a text by itself."""

NASTY = ("R&D", "100 %", "a_b", "#1", "0.5 ± 0.1", "B³ F", "*x", "[y]", r"\z{^}~$|<->", "ö – é")


def nodes_in(nodes):
    """All nodes, those in groups, environments and arguments included."""
    for node in filter(None, nodes):
        yield node
        arguments = node.nodeargd.argnlist if getattr(node, "nodeargd", None) else []
        yield from nodes_in(arguments)
        yield from nodes_in(getattr(node, "nodelist", None) or [])


def read(text):
    """Parse a table strictly; return the columns' marks, its rows as texts, and its caption."""
    walker = LatexWalker(text, latex_context=MACROS, tolerant_parsing=False)
    every = list(nodes_in(walker.get_latex_nodes()[0]))
    comments = [node.comment for node in every if node.isNodeType(LatexCommentNode)]
    assert comments == [r" needs \usepackage{booktabs,adjustbox,rotating}"]
    found = [node for node in every if node.isNodeType(LatexEnvironmentNode)]
    around, fitted, tabular = [node.environmentname for node in found]
    assert around in ("table", "sidewaystable")
    assert (fitted, tabular) == ("adjustbox", "tabular")
    tabular = found[-1]
    for node in every:
        if node.isNodeType(LatexCharsNode):
            assert not SPECIAL & set(node.chars)
    macro = {getattr(node, "macroname", ""): node for node in every}
    plain = LatexNodes2Text(PRINTED, math_mode="text")
    rows = [[[]]]
    for node in tabular.nodelist:
        name = getattr(node, "macroname", "")
        if name == "\\":
            assert node.nodeargd.argnlist == [None, None]  # neither a star nor a space is taken
            rows.append([[]])
        elif getattr(node, "specials_chars", "") == "&":
            rows[-1].append([])
        elif not name.endswith("rule"):
            rows[-1][-1].append(node)
    *rows, rest = [[plain.nodelist_to_text(cell).strip() for cell in row] for row in rows]
    assert rest == [""]
    given = tabular.nodeargd.argnlist[0], macro["caption"].nodeargd.argnlist[0]
    marks, caption = (plain.nodelist_to_text([node]) for node in given)
    return marks, rows, caption


def expected(table):
    """The rows of a table as `read` returns them."""
    rows = [list(table.columns)]
    for title, lines in table.parts.items():
        rows += [[title]] * bool(title)
        rows += [[" ".join(cell.split()) for cell in line.cells] for line in lines]
    return rows


@pytest.mark.parametrize("name", NASTY)
def test_names_are_printed_as_they_are(name):
    lines = [Line((name, "1")), Line(("a", name), frozenset({1}))]
    table = Table("some", name, (name, "x"), {name: lines, "": lines}, (name,))
    marks, rows, caption = read(latex(table))
    assert (marks, rows, caption) == ("lr", expected(table), f"{name}. {name}")


def test_the_reader_is_strict():
    whole = latex(Table("some", "T", ("a", "b"), {"": [Line(("a", "b"), frozenset({1}))]}))
    assert read(whole)[1] == [["a", "b"], ["a", "b"]]
    for damaged in (
        whole.replace("\\end{tabular}", ""),
        whole.replace("\\end{adjustbox}", ""),
        whole.replace("\\end{table}", ""),
        whole.replace("\\textbf{", "\\textbf{{"),
    ):
        with pytest.raises(LatexWalkerParseError):
            read(damaged)
    for unescaped in ("100 %", "a_b", "a # b", "x^2"):
        with pytest.raises(AssertionError):
            read(whole.replace("a &", f"{unescaped} &"))


@pytest.mark.parametrize(("columns", "environment"), [(9, "table"), (10, "sidewaystable")])
def test_a_wide_table_lies_on_its_side(columns, environment):
    cells = tuple("abcdefghij"[:columns])
    text = latex(Table("some", "T", cells, {"": [Line(cells)]}))
    assert f"\\begin{{{environment}}}" in text
    assert read(text)[1] == [list(cells)] * 2


def test_quotation_marks_are_a_pair():
    text = latex(Table("some", 'so-called "Combined"', ("a",), {"": [Line(("1",))]}))
    assert "so-called ``Combined''" in text


def test_all_tables_of_a_report_are_well_formed():
    rows = []
    for data in NASTY:
        for seed in (0, 1):
            rows.append(row("castlist", data, [0, 0, 1, 1], seed=seed))
        rows.append(row("frozen", data, [0, 0, 0, 1], given="cannot-links", memory=None))
        rows.append(row("muhpc-", data, [-1] * 4, given="threshold chosen on the other sets"))
        rows.append(row("hac-oracle", data, [0] * 4, encoder="published-bcl", pictures=False))
        rows.append(row("frozen", data, [0] * 4, encoder="dlib-resnet29"))
    own = main_rows(rows)
    tables = [
        *contents.means(own),
        *contents.more_means(own),
        *contents.pooled(own),
        *contents.published(rows),
        *literature(),
        contents.data_sets(own),
        contents.data_sets_b3(own),
        contents.cost(own),
        ablations.ablations(own),
        ablations.encoders(rows),
    ]
    assert len({table.name for table in tables}) == len(tables) > 10
    for table in tables:
        marks, found, _ = read(latex(table))
        assert len(marks) == len(table.columns)
        assert found == expected(table)
