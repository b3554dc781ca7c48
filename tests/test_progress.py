"""Progress bars: drawn for people, silent for everything else."""

from io import StringIO

import pytest
from rich.console import Console

from castlist.progress import Bars


def drawn(steps: list[tuple[str, int, int | None]], *, terminal: bool) -> str:
    """What is written while these steps are told."""
    page = StringIO()
    with Bars(Console(file=page, force_terminal=terminal, width=100)) as bars:
        for step in steps:
            bars(*step)
    return page.getvalue()


STEPS = [("scan", 1, 50), ("scan", 50, 50), ("tracks", 3, 12)]


def test_nothing_is_written_where_nobody_watches():
    assert drawn(STEPS, terminal=False) == ""


def test_a_bar_for_each_stage_on_a_terminal():
    page = drawn(STEPS, terminal=True)
    assert page.count("scan") >= 1
    assert "100%" in page
    assert "25%" in page
    assert page.index("scan") < page.index("tracks")


@pytest.mark.parametrize(
    ("stage", "unit"),
    [("reading", "bytes"), ("scan", "frames"), ("tracks", "crops"), ("adapt", "steps")],
)
def test_speed_has_a_unit(stage, unit):
    assert f"{unit}/s" in drawn([(stage, done, 50) for done in range(1, 50)], terminal=True)


@pytest.mark.parametrize(
    ("steps", "share"),
    [
        ([("scan", 60, 50)], "100%"),  # the container promised too few
        ([("scan", 5, None), ("scan", 25, 50)], "50%"),  # known only later
        ([("lunch", 1, 4)], "25%"),  # a stage without a unit
    ],
)
def test_totals_that_are_wrong_late_or_of_something_new(steps, share):
    assert share in drawn(steps, terminal=True)


def test_unknown_total_has_no_share():
    assert "%" not in drawn([("scan", 5, None)], terminal=True)


def test_terminal_is_left_as_it_was_after_an_error():
    page = StringIO()
    bars = Bars(Console(file=page, force_terminal=True))
    with pytest.raises(ZeroDivisionError), bars:
        raise ZeroDivisionError
    assert page.getvalue().rindex("\x1b[?25h") > page.getvalue().rindex("\x1b[?25l")  # the cursor
