"""Extracts the code blocks of docs/, so that tests run the code that readers copy."""

import re
from pathlib import Path

DOCS = Path(__file__).parents[2] / "docs"

# A block ends at the next fence, so that text between two blocks is not taken for one.
_BLOCK = re.compile(r"^```(\w*)\n(.*?)^```$", re.DOTALL | re.MULTILINE)


def block(page: str, language: str, number: int = 0) -> str:
    """Returns a code block of a page by its number among those of its language.

    Blocks of output have the language "".

    Raises:
        LookupError: the page has fewer blocks of that language.
    """
    text = (DOCS / page).read_text(encoding="utf-8")
    blocks = [code for kind, code in _BLOCK.findall(text) if kind == language]
    if number >= len(blocks):
        raise LookupError(f"{page} has {len(blocks)} blocks of {language}")
    return str(blocks[number])
