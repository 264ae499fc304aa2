"""Names of people, as they are shown to others.

A name may be written in any script. Characters that Unicode has not assigned yet are accepted: a
name may be typed on a phone that is newer than the tables of this interpreter.

An invisible character is kept where it changes how the name itself is written, for example between
the letters of a Persian name or the people of an emoji. Where it has no effect it is removed. A
character that changes how the text around a name is shown is refused.
"""

import re
import unicodedata

MOST_MARKS = 10
"""Marks in a row. No script needs as many, and more of them cover the lines above and below."""

_SPACES = "\xa0\u1680" + "".join(map(chr, range(0x2000, 0x200B))) + "\u202f\u205f\u3000"
_BREAK_HINTS = "\xad\u200b\u2060\ufeff"
_MAPPED = {**dict.fromkeys(map(ord, _SPACES), " "), **dict.fromkeys(map(ord, _BREAK_HINTS))}
"""Space separators become blanks. Characters that only tell where a line may break are removed."""

_AROUND = " \t\n\v\f\r\x85\u2028\u2029\u061c\u200e\u200f"
"""Removed at both ends: white space, and direction marks, which only have an effect inside."""

# The kinds of characters. Rules are patterns over the text of a name's kinds:
#   l  a letter, digit or symbol, or not assigned yet    j  joins the characters beside it
#   p  punctuation                                       s  selects a variant of the one before it
#   m  a mark on a letter                                t  a tag, part of the flag of a region
#   v  a virama, which joins consonants                  d  changes the direction of text
#   b  a blank                                           c  a control, or ends a line or paragraph
#   f  a letter or symbol that looks like a blank        x  has no form that all readers see
_KINDS = {
    **dict.fromkeys("\u034f\u180e\u200c\u200d", "j"),
    **dict.fromkeys("\u115f\u1160\u17b4\u17b5\u2800\u3164\uffa0", "f"),
    **dict.fromkeys("\u061c\u200e\u200f", "d"),
}
_RANGES = (
    (0x180B, 0x180F, "s"),
    (0x202A, 0x202E, "d"),
    (0x2065, 0x2065, "x"),
    (0x2066, 0x2069, "d"),
    (0xFDD0, 0xFDEF, "x"),
    (0xFE00, 0xFE0F, "s"),
    (0xFFF0, 0xFFFC, "x"),
    (0xE0020, 0xE007F, "t"),
    (0xE0100, 0xE01EF, "s"),
    (0xE0000, 0xE0FFF, "x"),
)
"""Exceptions to the categories below: variation selectors, bidirectional controls, noncharacters,
tags, and what Unicode reserves for further invisible characters. The first that fits counts."""

_CATEGORIES = {"Mn": "m", "Mc": "m", "Me": "m", "Zs": "b", "Cn": "l"} | dict.fromkeys(
    ("Cc", "Zl", "Zp"), "c"
)
_MAIN_CATEGORIES = {"L": "l", "N": "l", "S": "l", "P": "p", "C": "x"}
"""What is left of C are format characters, surrogates, and private characters (Co), which each font
shows in another way."""

_FLAG = re.compile("\U0001f3f4[\U000e0030-\U000e0039\U000e0061-\U000e007a]{3,6}\U000e007f")
"""The flag of a region: a black flag and tags (UTS 51, definition ED-14a)."""

_LOOSE_SELECTOR = "(?<![lpmvf])s"
_LOOSE_JOINER = "(?<![lmvfst])j|(?<!v)j(?!j*[lmvf])"
"""After a virama a joiner may end a word: it selects a form of the consonant (Unicode Standard,
section 12.1)."""

_FORBIDDEN = (
    ("c", "contains a line break or another control character"),
    ("d", "contains a character that changes the direction of text"),
    ("[tx]", "contains a character that cannot be shown"),
)
_MISSHAPEN = (
    ("^$", "is empty"),
    ("^[^lp]*$", "has no visible character"),
    ("^[mv]", "begins with a mark that belongs on a letter"),
    (f"[mv]{{{MOST_MARKS + 1}}}", "contains too many marks on one letter"),
)


def parse_name(text: str) -> str:
    """Returns a name as it is stored and shown: in one line, with single blanks between its parts.

    Raises:
        ValueError: the name contains something that is not part of a name, or nothing that can be
            seen. The message is written for the user.
    """
    name = text.translate(_MAPPED).strip(_AROUND)
    _check(_FLAG.sub("\U0001f3f4", name), _FORBIDDEN)
    name = _without(_LOOSE_JOINER, _without(_LOOSE_SELECTOR, name))
    name = " ".join(name.split())
    _check(name, _MISSHAPEN)
    return name


def _check(name: str, rules: tuple[tuple[str, str], ...]) -> None:
    kinds = "".join(map(_kind, name))
    for pattern, explanation in rules:
        if re.search(pattern, kinds):
            raise ValueError(explanation)


def _without(pattern: str, name: str) -> str:
    """Returns the name without the characters at which the pattern matches their kinds."""
    kinds = "".join(map(_kind, name))
    places = {match.start() for match in re.finditer(pattern, kinds)}
    return "".join(char for place, char in enumerate(name) if place not in places)


def _kind(char: str) -> str:
    code = ord(char)
    if char in _KINDS:
        return _KINDS[char]
    if code & 0xFFFE == 0xFFFE:
        return "x"
    for first, last, kind in _RANGES:
        if first <= code <= last:
            return kind
    if unicodedata.combining(char) == 9:
        return "v"
    category = unicodedata.category(char)
    return _CATEGORIES.get(category) or _MAIN_CATEGORIES[category[0]]
