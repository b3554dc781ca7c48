"""README and docs: code that is shown compiles, what is linked is there, commands exist."""

import re
from pathlib import Path

import pytest
from typer.main import get_command

from castlist.cli import app

ROOT = Path(__file__).parent.parent
PAGES = [ROOT / "README.md", *sorted((ROOT / "docs").rglob("*.md"))]
BLOCK = re.compile(r"^( *)```(\w+)\n(.*?)^\1```$", re.MULTILINE | re.DOTALL)
LINK = re.compile(r"\]\(([^)\s#]+)(#[^)]*)?\)")


def blocks(page, *languages):
    return [body for _, language, body in BLOCK.findall(page.read_text()) if language in languages]


@pytest.mark.parametrize("page", PAGES, ids=lambda page: str(page.relative_to(ROOT)))
def test_a_page_s_code_compiles_and_its_links_lead_somewhere(page):
    for body in blocks(page, "python", "py"):
        compile(body, str(page), "exec")
    for target, _ in LINK.findall(page.read_text()):
        assert "://" in target or (page.parent / target).exists(), target


def commands():
    """Lines of shell blocks that call castlist, each with its page."""
    for page in PAGES:
        for body in blocks(page, "sh", "bash", "console"):
            for line in body.replace("\\\n", " ").splitlines():
                words = line.removeprefix("$ ").split("#")[0].split()
                if words[:1] == ["castlist"]:
                    yield pytest.param(words[1:], id=f"{page.name}: {' '.join(words)}")


@pytest.mark.parametrize("words", list(commands()))
def test_commands_and_their_options_exist(words):
    command = get_command(app)
    while words and words[0] in getattr(command, "commands", {}):
        command, *words = command.commands[words[0]], *words[1:]
    known = {option for parameter in command.params for option in parameter.opts}
    known |= {option for parameter in command.params for option in parameter.secondary_opts}
    for word in words:
        if word.startswith("-") and len(word) > 1:
            assert word.split("=")[0] in {*known, "--help"}, (word, command.name)
    if hasattr(command, "commands"):
        assert not words or words[0].startswith("-"), f"no command {words[0]}"
