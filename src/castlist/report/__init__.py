"""The report: one HTML file that shows a film's cast, opened offline from a finished workspace."""

from castlist.report.page import write_report

__all__ = ["write_report"]
