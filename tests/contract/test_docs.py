"""Links between the pages of the repository resolve, and commands of the local stack exist."""

import re
import shlex
from pathlib import Path

import pytest

from harness.template import ROOT
from local.__main__ import main

PAGES = sorted(
    path
    for folder in (".", "docs", "clients/typescript", "web", ".github")
    for path in (ROOT / folder).glob("**/*.md" if folder == "docs" else "*.md")
)

_LINK = re.compile(r"\]\(([^)\s]+)\)")
_CODE = re.compile(r"^```.*?^```$|`[^`\n]*`", re.DOTALL | re.MULTILINE)


def anchors(page: Path) -> set[str]:
    """Returns the anchors that GitHub gives to the headings of a page."""
    headings = re.findall(r"^#+ (.+)$", page.read_text(encoding="utf-8"), re.MULTILINE)
    return {re.sub(r"[^\w\- ]", "", heading.lower()).replace(" ", "-") for heading in headings}


@pytest.mark.parametrize("page", PAGES, ids=lambda path: str(path.relative_to(ROOT)))
def test_links_of_a_page_lead_somewhere(page: Path) -> None:
    text = _CODE.sub("", page.read_text(encoding="utf-8"))
    for link in _LINK.findall(text):
        if link.startswith(("http", "mailto:")):
            continue
        name, _, anchor = link.partition("#")
        target = (page.parent / name).resolve() if name else page
        assert target.exists(), link
        assert not anchor or anchor in anchors(target), link


def test_commands_of_the_local_stack_are_taken() -> None:
    commands = [
        command
        for page in PAGES
        for command in re.findall(r"-m local ([^`\n]+)", page.read_text(encoding="utf-8"))
    ]
    assert commands
    for command in commands:
        name, *arguments = shlex.split(command)
        main.commands[name].make_context(name, arguments)
