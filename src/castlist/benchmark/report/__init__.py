"""The benchmark's report: from the rows of a work folder to tables, figures and one page."""

from castlist.benchmark.report.write import write_report

__all__ = ["write_report"]
