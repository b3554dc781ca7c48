"""Tables as text: what each format escapes, and what the report's tables say of rows."""

import csv
import io
from dataclasses import replace
from html.parser import HTMLParser

import numpy as np
import pytest
from made_sets import row

from castlist.benchmark.case import Given
from castlist.benchmark.methods import METHODS
from castlist.benchmark.report import ablations, contents
from castlist.benchmark.report.lines import ENDS, FAIR, LEARNED, PARTS, TOLD, part
from castlist.benchmark.report.literature import literature
from castlist.benchmark.report.protocol import main_rows
from castlist.benchmark.report.table import (
    Line,
    Table,
    comma_separated,
    in_html,
    latex,
    markdown,
)
from castlist.benchmark.variants import CURVE, DISTANCES, VARIANTS

PERFECT, ONE, SINGLE = [0, 0, 1, 1], [0, 0, 0, 0], [0, 1, 2, 3]
NASTY = '<b>&"x|y_z$1^2~{a}\\#%`*[c]'


class Cells(HTMLParser):
    """Reads a table back: a list of texts a row, and all tags."""

    def __init__(self, text):
        super().__init__()
        self.rows, self.tags, self._inside = [], [], False
        self.feed(text)

    def handle_starttag(self, tag, attributes):
        self.tags.append(tag)
        if tag == "tr":
            self.rows.append([])
        if tag in ("td", "th"):
            self.rows[-1].append("")
            self._inside = True

    def handle_endtag(self, tag):
        self._inside = self._inside and tag not in ("td", "th")

    def handle_data(self, data):
        if self._inside:
            self.rows[-1][-1] += data


def table(cells=("a", "1"), **more):
    given = {
        "name": "some",
        "title": "Some",
        "columns": ("method", "x"),
        "parts": {"Part": [Line(cells, frozenset({1}))]},
        "notes": ("Note.",),
    }
    return Table(**{**given, **more})


def test_markdown():
    assert markdown(table()) == (
        "## Some\n\n| method | x |\n| --- | ---: |\n| *Part* |  |\n| a | **1** |\n\nNote.\n"
    )


def test_latex():
    assert latex(table()).splitlines()[1:] == [
        r"\begin{table}",
        r"\centering",
        r"\caption{Some. Note.}",
        r"\label{tab:some}",
        r"\begin{adjustbox}{max width=\linewidth}",
        r"\begin{tabular}{lr}",
        r"\toprule",
        r"method & x \\",
        r"\midrule",
        r"\multicolumn{2}{l}{\emph{Part}} \\",
        r"a & \textbf{1} \\",
        r"\bottomrule",
        r"\end{tabular}",
        r"\end{adjustbox}",
        r"\end{table}",
    ]


def test_csv():
    assert comma_separated(table()) == "part,method,x\nPart,a,1\n"
    assert comma_separated(table(parts={"": [Line(("a, b", "1"))]})) == 'method,x\n"a, b",1\n'


def test_html():
    page = Cells(in_html(table()))
    assert page.rows == [["method", "x"], ["Part"], ["a", "1"]]
    assert page.tags.count("strong") == 1


def test_names_are_text_in_all_formats():
    nasty = table((NASTY, NASTY), title=NASTY, parts={NASTY: [Line((NASTY, NASTY))]})
    page = in_html(nasty)
    assert Cells(page).rows[1:] == [[NASTY], [NASTY, NASTY]]
    assert "b" not in Cells(page).tags
    assert list(csv.reader(io.StringIO(comma_separated(nasty))))[1] == [NASTY] * 3
    line = markdown(nasty).splitlines()[5]
    assert line.startswith(r"| \<b\>&amp;")
    assert line.replace(r"\|", "").count("|") == 3
    text = latex(nasty).splitlines()[11]
    assert text == (
        r"\textless{}b\textgreater{}\&"
        '"x'
        r"\textbar{}y\_z\$1\textasciicircum{}2\textasciitilde{}\{a\}\textbackslash{}\#\%`"
        r"{*}{[}c] & "
        r"\textless{}b\textgreater{}\&"
        '"x'
        r"\textbar{}y\_z\$1\textasciicircum{}2\textasciitilde{}\{a\}\textbackslash{}\#\%`"
        r"{*}{[}c] \\"
    )


@pytest.fixture
def rows():
    """Two films and a folder; methods of all parts, one of them random."""
    found = []
    for data, film in (("x", True), ("y", True), ("z", False)):
        found += [row("castlist", data, PERFECT, seed=s, film=film) for s in (0, 1)]
        found += [
            row("frozen", data, PERFECT if data == "x" else ONE, given="cannot-links", film=film),
            row("hac-others", data, ONE, given="threshold chosen on the other sets", film=film),
            row("hac-true-k", data, PERFECT, given="true K, cannot-links", film=film),
            row("all-singletons", data, SINGLE, film=film),
        ]
    return found


def lines(found, part):
    return {line.cells[0]: line for line in found.parts[part]}


def test_methods_stand_in_the_part_of_what_they_are_given(rows):
    films, sets = contents.means(main_rows(rows))
    assert (films.name, sets.name) == ("mean-films", "mean-data-sets")
    assert films.title == "Mean of 2 films"
    assert list(sets.parts) == [FAIR, LEARNED, TOLD, ENDS]
    assert list(lines(sets, FAIR)) == ["castlist", "frozen"]  # the better one first
    assert list(lines(sets, ENDS)) == ["all-singletons"]


def test_means_have_spread_lead_and_bold(rows):
    found = contents.means(main_rows(rows))[0]
    at = {title: n for n, title in enumerate(found.columns)}
    ours, frozen = lines(found, FAIR).values()
    assert ours.cells[at["B3 F"]] == "1.000 ± 0.000"
    assert frozen.cells[at["B3 F"]] == f"{(1 + 2 / 3) / 2:.3f}"
    assert at["B3 F"] in ours.strong
    assert at["B3 F"] not in frozen.strong
    assert {at["B3 R"]} <= ours.strong & frozen.strong  # a tie is bold in both
    assert ours.ours
    assert ours.cells[at["castlist ahead by"]] == ""
    assert frozen.cells[at["castlist ahead by"]] == "+0.167"
    assert frozen.cells[at["95 % interval"]] == "+0.000 to +0.333"
    alone = lines(found, LEARNED)["hac-others"]
    assert not alone.strong  # best of one says nothing


def test_pooled_is_not_the_mean():
    own = [row("frozen", "x", PERFECT), row("frozen", "y", [0] * 6, "aaaaab")]
    (mean,), (pooled, *_) = contents.means(own), contents.pooled(own)
    assert (pooled.name, pooled.title) == ("pooled-films", "Pooled: 2 films")
    assert "no mean" in pooled.notes[0]
    assert "|ln r|" not in pooled.columns
    purity = [lines(t, FAIR)["frozen"].cells[t.columns.index("WCP")] for t in (mean, pooled)]
    assert purity == [f"{(1 + 5 / 6) / 2:.3f}", "0.900"]


def test_data_sets_show_purity_and_ratio_as_the_paper_does(rows):
    found = contents.data_sets(main_rows(rows))
    assert found.columns == ("method", "given", "x", "y", "z")
    assert found.parts[""][0].cells == ("tracks & people", "", "4 & 2", "4 & 2", "4 & 2")
    assert lines(found, FAIR)["frozen"].cells[2:] == ("100.0 & 1.00", "50.0 & 0.50", "50.0 & 0.50")
    b3 = contents.data_sets_b3(main_rows(rows))
    assert lines(b3, FAIR)["frozen"].cells[2:] == ("1.000", "0.667", "0.667")


def test_a_method_that_was_not_run_on_a_set_has_an_empty_cell(rows):
    fewer = [own for own in rows if (own.method, own.data) != ("hac-others", "y")]
    found = contents.data_sets(main_rows(fewer))
    assert lines(found, LEARNED)["hac-others"].cells[2:] == ("50.0 & 0.50", "", "50.0 & 0.50")
    told = "Run on fewer data sets than 2: hac-others (1)."
    for of_films in (contents.means(main_rows(fewer))[0], contents.pooled(main_rows(fewer))[0]):
        assert told in of_films.notes
    assert told not in contents.means(main_rows(rows))[0].notes


def test_all_that_a_method_may_be_given_has_a_part():
    assert {*PARTS, Given.NOTHING} == set(Given)
    for given in Given:
        assert part(row("m", "x", ONE, given=f"{given}, cannot-links")) in (
            FAIR,
            LEARNED,
            TOLD,
        )
    assert part(row("m", "x", ONE, given=str(Given.ORACLE))) == TOLD


def test_all_measures_are_there_by_track_and_by_frame_with_and_without_unknown(rows):
    tables = [*contents.means(rows), *contents.more_means(rows)]
    columns = {column for found in tables for column in found.columns}
    assert columns >= {"WCP", "inverse purity", "ratio", "ARI", "AMI", "V", "clicks", "unknown"}
    assert columns >= {"NMI arithmetic", "NMI geometric", "B3 F", "pair F"}
    assert columns >= {"character P", "character R", "WCP, frames", "NMI, frames", "B3 F, frames"}
    assert columns >= {"WCP, known", "B3 F, known", "B3 F, frames, known", "WCP, frames, known"}


def test_what_is_nowhere_is_a_dash():
    nobody = [row("frozen", data, [-1] * 4) for data in "xy"]
    found = contents.more_means(nobody)[1]
    cells = dict(zip(found.columns, found.parts[FAIR][0].cells, strict=True))
    assert (cells["unknown"], cells["B3 F, known"], cells["WCP, frames"]) == ("1.000", "–", "1.000")
    unmeasured = contents.cost([row("frozen", "x", ONE, memory=None)])
    assert unmeasured.parts[""][0].cells[-1] == "–"


def test_cost_is_by_set_and_by_track():
    rows = [row("frozen", "x", ONE, seconds=2.0), row("frozen", "y", ONE, seconds=4.0, memory=99.6)]
    (line,) = contents.cost(rows).parts[""]
    assert line.cells == ("frozen", "nothing", "2", "3.00", "4.00", "750.0", "100")


def test_rows_of_different_protocols_are_never_in_one_table(rows):
    other = [
        row("frozen", "x", SINGLE, encoder="dlib-resnet29"),
        row("frozen", "x", ONE, cannot_link=False),
    ]
    assert all(own.encoder == "sface" and own.cannot_link for own in main_rows([*rows, *other]))
    assert {own.encoder for own in main_rows(other[:1])} == {"dlib-resnet29"}
    found = ablations.encoders([*rows, *other])
    assert {line.cells[:4] for line in found.parts[""]} == {
        ("sface", "labelled", "known", "castlist"),
        ("sface", "labelled", "known", "frozen"),
        ("sface", "labelled", "hidden", "frozen"),
        ("dlib-resnet29", "labelled", "known", "frozen"),
    }
    assert ablations.encoders(rows) is None
    published = row("hac-oracle", "v", ONE, encoder="published-bcl", pictures=False)
    assert ablations.encoders([*rows, published]) is None
    found = contents.published([*rows, published])
    assert {own.name for own in found} == {f"published-bcl-data-sets{end}" for end in ("", "-b3")}
    left = {line.cells for line in found[0].parts["Left out"]}
    assert ("castlist", "needs pictures", "–") in left
    assert {name for name, *_ in left} == {name for name, way in METHODS.items() if way.needs}


def test_each_table_of_rows_says_whether_cannot_links_were_given(rows):
    hidden = [row("hac-true-k", data, ONE, given="true K", cannot_link=False) for data in "xy"]
    own = main_rows(rows)
    tables = [
        *contents.means(own),
        *contents.more_means(own),
        *contents.pooled(own),
        contents.data_sets(own),
        contents.data_sets_b3(own),
        contents.cost(own),
        ablations.ablations(own),
        ablations.encoders(
            [*own, *hidden, row("hac-oracle", "x", ONE, given="best threshold", cannot_link=False)]
        ),
    ]
    links = {"castlist": "nothing", "frozen": "cannot-links", "hac-true-k": "true K, cannot-links"}
    links |= {"hac-oracle": "best threshold"}
    for found in tables:
        method, given = (found.columns.index(title) for title in ("method", "given"))
        lines = [line.cells for part in found.parts.values() for line in part]
        told = {cells[method]: cells[given] for cells in lines if cells[method] in links}
        assert len(told) > 1
        assert told.items() <= links.items()


def test_ablations_name_what_is_replaced(rows):
    found = ablations.ablations(rows)
    assert [line.cells[0] for line in found.parts[""]] == ["castlist", "frozen", "hac-others"]
    assert ablations.ablations([row("hdbscan", "x", ONE)]) is None
    assert set(ablations.ABLATIONS) <= {*METHODS, *VARIANTS}
    assert set(VARIANTS) == {*DISTANCES, *ablations.LEFT_OUT, *CURVE}
    assert set(DISTANCES) < set(ablations.ABLATIONS)


def test_ablations_stand_in_their_own_table_only(rows):
    left = [row("castlist-no-matching", data, ONE, given="cannot-links") for data in "xy"]
    found = ablations.ablations([*rows, *left])
    part = found.parts["castlist with one part left out"]
    assert [line.cells[:3] for line in part] == [
        ("castlist-no-matching", "cannot-links", "without matching")
    ]
    assert found.notes[-1] == "Run on fewer data sets than 3: castlist-no-matching (2)."
    assert {own.method for own in main_rows([*rows, *left])} == {own.method for own in rows}
    assert main_rows(left)  # where there is nothing else


def test_the_curve_goes_by_time_and_stands_apart(rows):
    assert ablations.curve(rows) is None
    shorter = [row("castlist-20-steps", data, ONE, seconds=0.5) for data in "xy"]
    frozen = [replace(own, seconds=0.1) if own.method == "frozen" else own for own in rows]
    found = ablations.curve([*frozen, *shorter])
    assert [line.cells[:2] for line in found.parts[""]] == [
        ("frozen", "0.1"),
        ("castlist-20-steps", "0.5"),
        ("castlist", "1.0"),
    ]
    assert found.notes[-1] == "Run on fewer data sets than 3: castlist-20-steps (2)."
    assert {own.method for own in main_rows([*rows, *shorter])} == {own.method for own in rows}
    assert ablations.curve([*main_rows(rows), row("castlist-160-steps", "x", ONE)])


def test_literature_is_whole_and_sums_up():
    tables = {found.name: found for found in literature()}
    for found in tables.values():
        for line in found.parts[""]:
            assert len(line.cells) == len(found.columns)
            assert all((line.cells[0], line.cells[1], line.cells[-1]))
        assert found.notes[-1].startswith("Sources. ")
    movies = tables["literature-moviefacecluster"]
    for line in movies.parts[""]:
        purities = [float(cell.split(" & ")[0]) for cell in line.cells[2:11]]
        assert np.mean(purities) == pytest.approx(float(line.cells[11]), abs=0.06)


def test_the_literature_s_caveats_are_true_of_its_numbers():
    """That "Combined" is a mean in one row and something else in others is to be seen here."""
    bbt = next(found for found in literature() if found.name == "literature-bbt")
    whole = {line.cells[0]: line.cells[2:9] for line in bbt.parts[""] if all(line.cells[2:9])}
    mean = {name: np.mean([float(cell) for cell in cells[:6]]) for name, cells in whole.items()}
    assert mean["MLR (2013)"] == pytest.approx(83.71, abs=0.005)
    assert mean["VCTRSF (2023)"] == pytest.approx(97.50, abs=0.005)
    assert mean["VideoClusterNet (2024)"] == pytest.approx(98.83, abs=0.005)
    assert "97.50" in " ".join(bbt.notes)
