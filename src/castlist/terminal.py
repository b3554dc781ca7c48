"""What all commands print with: two consoles, and the one JSON object that a program may read.

The consoles print what they are given as it is: names and paths are no markup.
"""

from __future__ import annotations

import json
import sys
from typing import Annotated, Any

import typer
from rich.console import Console

console = Console(markup=False, emoji=False, highlight=False)
errors = Console(markup=False, emoji=False, highlight=False, stderr=True)

Json = Annotated[bool, typer.Option("--json", help="Print one JSON object instead.")]


def print_json(data: dict[str, Any]) -> None:
    """Write an object to the standard output."""
    sys.stdout.write(json.dumps(data, indent=1, default=str) + "\n")
