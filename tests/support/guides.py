"""The code of docs/, taken out so that tests run what readers copy."""

import re
from pathlib import Path

DOCS = Path(__file__).parents[2] / "docs"

# A fence ends at the next one, so that what stands between two blocks is none.
_BLOCK = re.compile(r"^```(\w*)\n(.*?)^```$", re.DOTALL | re.MULTILINE)


def block(page: str, language: str, number: int = 0) -> str:
    """A block of code of a page, counted among those of its language; output has none.

    Raises:
        LookupError: there are not so many.
    """
    text = (DOCS / page).read_text(encoding="utf-8")
    blocks = [code for kind, code in _BLOCK.findall(text) if kind == language]
    if number >= len(blocks):
        raise LookupError(f"{page} has {len(blocks)} blocks of {language}")
    return str(blocks[number])
