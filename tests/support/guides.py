"""The code of docs/, taken out so that tests run what readers copy."""

import re
from pathlib import Path

DOCS = Path(__file__).parents[2] / "docs"


def block(page: str, language: str, number: int = 0) -> str:
    """A block of code of a page, counted among those of its language.

    Raises:
        LookupError: there are not so many.
    """
    text = (DOCS / page).read_text(encoding="utf-8")
    found = re.findall(rf"^```{language}\n(.*?)^```$", text, re.DOTALL | re.MULTILINE)
    if number >= len(found):
        raise LookupError(f"{page} has {len(found)} blocks of {language}")
    return str(found[number])
