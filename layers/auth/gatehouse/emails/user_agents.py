"""Describe a device in words of our own.

A client writes its user agent itself. Text of a stranger, with links or without, must not reach an
owner in our name.
"""

import re

_BROWSERS = {
    r"Edg": "Edge",
    r"OPR/": "Opera",
    r"SamsungBrowser": "Samsung Internet",
    r"Firefox|FxiOS": "Firefox",
    r"Chrome|CriOS": "Chrome",
    r"Safari": "Safari",
    r"curl": "curl",
    r"[Pp]ython": "Python",
}
_SYSTEMS = {
    r"iPhone": "an iPhone",
    r"iPad": "an iPad",
    r"Android": "Android",
    r"CrOS": "ChromeOS",
    r"Windows": "Windows",
    r"Mac OS X|Macintosh": "macOS",
    r"Linux": "Linux",
    r"Mobi|phone": "a phone",
}
"""The names by pattern. Browsers claim to be others too, so the first pattern that fits counts."""


def describe(user_agent: str) -> str:
    """Returns a text such as "Firefox on Windows", made only of the names above."""
    parts = [_first(_BROWSERS, user_agent), _first(_SYSTEMS, user_agent)]
    return " on ".join(filter(None, parts)) or "unknown"


def _first(names: dict[str, str], user_agent: str) -> str:
    return next((name for pattern, name in names.items() if re.search(pattern, user_agent)), "")
