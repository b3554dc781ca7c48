"""The picture in README: the upper part of a report, as headless Chromium shows it.

``python demo/report_picture.py build/sample.castlist/report.html docs/images/report.png``, or
``make picture``. Needs playwright (castlist's extra ``dev``) and a Chromium on the path.
"""

from __future__ import annotations

import shutil
import sys
from pathlib import Path

from playwright.sync_api import sync_playwright

_NAMES = ("chromium", "chromium-browser", "google-chrome", "google-chrome-stable")
_SIZE = {"width": 1280, "height": 1120}


def main(report: Path, picture: Path) -> None:
    """Take the picture."""
    program = next((path for name in _NAMES if (path := shutil.which(name))), None)
    if program is None:
        raise SystemExit(f"needs Chromium: none of {', '.join(_NAMES)} is on the path")
    with sync_playwright() as playwright:
        browser = playwright.chromium.launch(executable_path=program, args=["--no-sandbox"])
        page = browser.new_page(viewport=_SIZE, color_scheme="light", reduced_motion="reduce")
        page.goto(report.resolve().as_uri())
        page.wait_for_load_state("networkidle")
        page.wait_for_timeout(500)  # until the last sheet of faces is drawn
        page.screenshot(path=picture)
        browser.close()


if __name__ == "__main__":
    main(Path(sys.argv[1]), Path(sys.argv[2]))
