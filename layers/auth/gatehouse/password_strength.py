"""How soon a password is guessed by somebody who tries what people choose, before anything else.

A password is taken for a row of pieces: a word of the lists of leaked passwords, names and common
words, something that is known of the owner, a run of keys, a year, or a single character. Each
piece costs as many guesses as there are likelier ones of its kind, and the cheapest way to read the
whole password as such a row is what it is worth. That is the estimate of Wheeler, "zxcvbn:
Low-Budget Password Strength Estimation" (USENIX Security 2016), with its lists, and without what
only matters to passwords that are far from any limit.
"""

import re
from collections.abc import Collection, Iterator

ENOUGH = 10**8
"""Guesses that nobody makes: the limit of sign-ins lets strangers try an account a million times a
year, so this takes a hundred years. It is also where zxcvbn stops to call a password weak."""

SHORTEST_WORD = 3
LONGEST_WORD = 23
"""Characters of a word of the lists; what is known of somebody may be longer."""
SHORTEST_RUN = 3
SHORTEST_UNIT = 8
"""Characters of a text that may be repeated: NIST SP 800-63B-4 takes no password shorter than
that, and saying it twice makes none of it."""

DIGIT, CHARACTER = 10, 33
RUN = 20
"""About as many as a keyboard has places where a run is begun."""
YEAR = 100
SPELLING = 10
"""Ways to spell the same: with signs in place of letters, with one sign between all the words."""

SEPARATORS = " -_.,+/"

_SIGNS_BETWEEN = re.compile(r"[\W_]+")
_YEAR = re.compile(r"(19|20)[0-9]{2}")
_KEYS = (
    "abcdefghijklmnopqrstuvwxyzabc",
    "12345678901234567890",
    *("qwertyuiop[]", "qwertzuiopü", "azertyuiop", "asdfghjkl;'", "zxcvbnm,./", "yxcvbnm,.-"),
    *("1qaz", "2wsx", "3edc", "4rfv", "5tgb", "6yhn", "7ujm", "8ik,", "9ol.", "0p;/"),
    *("!@#$%^&*()_+", "147258369", "789456123"),
)
_RUNS = frozenset(
    line[start : start + SHORTEST_RUN]
    for keys in _KEYS
    for line in (keys, keys[::-1])
    for start in range(len(line) - SHORTEST_RUN + 1)
)
_SIGNS = ({"1": "i", "!": "i"}, {"1": "l", "!": "l"})
_LEET = tuple(
    str.maketrans({"@": "a", "4": "a", "3": "e", "0": "o", "$": "s", "5": "s", "7": "t", **signs})
    for signs in _SIGNS
)


def guesses(password: str, about: Collection[str] = ()) -> int:
    """The guesses after which a password is found, if that are fewer than ``ENOUGH``.

    Args:
        about: texts that a guesser knows of the owner and the service.
    """
    text = password.casefold()
    closed = [text.replace(sign, "") for sign in SEPARATORS if sign in text]
    known = (word for each in about for word in _words(each.casefold()))
    prices = ranks({text, *closed}) | dict.fromkeys(known, 1)
    rows = (SPELLING * _of_row(each, prices) for each in closed)
    return min(ENOUGH, _of_row(text, prices), *rows)


def ranks(texts: set[str]) -> dict[str, int]:
    """The words of the lists that are somewhere in the texts, and how many of its list are likelier
    than each, and itself. No word is in two lists: zxcvbn keeps it where it stands highest."""
    # Only where a password is chosen: reading the lists takes a fortieth of a cold start, and a
    # dictionary of their 94,000 words would take twice as long and keep five megabytes.
    from zxcvbn.frequency_lists import FREQUENCY_LISTS

    parts = frozenset(part for text in texts for part in _parts(text))
    ranks_of_words = {}
    for words in FREQUENCY_LISTS.values():
        at = 0
        for word in filter(parts.__contains__, words):
            at = words.index(word, at)
            ranks_of_words[word] = at + 1
    return ranks_of_words


def repeats(password: str) -> bool:
    """Whether a password is a short text over and over, its last time perhaps cut."""
    return len(_unit(password.casefold())) < min(SHORTEST_UNIT, len(password))


def _of_row(text: str, prices: dict[str, int]) -> int:
    """What the cheapest way costs to read a text as a row of pieces; ``ENOUGH`` ends the search."""
    text = _unit(text)
    best = [1] + [ENOUGH] * len(text)
    for start in range(len(text)):
        if best[start] < ENOUGH:
            for end, price in _pieces(text, start, prices):
                best[end] = min(best[end], best[start] * price)
    return best[-1]


def _pieces(text: str, start: int, prices: dict[str, int]) -> Iterator[tuple[int, int]]:
    """The pieces that may begin somewhere: where each ends, and what it costs."""
    yield start + 1, DIGIT if text[start].isdigit() else CHARACTER
    if _YEAR.match(text, start):
        yield start + 4, YEAR
    for end in range(start + SHORTEST_RUN, _end_of_run(text, start) + 1):
        yield end, RUN
    longest = max(map(len, prices), default=0)
    for end in range(start + SHORTEST_WORD, min(len(text), start + longest) + 1):
        price = _price_of_word(text[start:end], prices)
        if price < ENOUGH:
            yield end, price


def _price_of_word(word: str, prices: dict[str, int]) -> int:
    written = prices.get(word, ENOUGH)
    if word.isalpha():
        return written
    meant = (word.translate(signs) for signs in _LEET)
    return min(written, *(SPELLING * prices.get(each, ENOUGH) for each in meant))


def _end_of_run(text: str, start: int) -> int:
    """Where the keys end that follow each other, or are all the same."""
    end = start
    while len(set(text[end : end + SHORTEST_RUN])) == 1 and end + SHORTEST_RUN <= len(text):
        end += 1
    if end == start:
        while text[end : end + SHORTEST_RUN] in _RUNS:
            end += 1
    return end + SHORTEST_RUN - 1 if end > start else start


def _unit(text: str) -> str:
    """The shortest text that gives this one when it is repeated, its last time perhaps cut; the
    text itself, if it is not there twice."""
    # The failure function of Knuth, Morris and Pratt.
    borders = [0] * len(text)
    length = 0
    for at in range(1, len(text)):
        while length and text[at] != text[length]:
            length = borders[length - 1]
        length += text[at] == text[length]
        borders[at] = length
    period = len(text) - length
    return text[:period] if 2 * period <= len(text) else text


def _words(text: str) -> Iterator[str]:
    """A text that is known, such as an address or a name, and what people make of it."""
    ends = text.split("@")
    closed = (_SIGNS_BETWEEN.sub("", each) for each in ends)
    for word in (text, *ends, *closed, *_SIGNS_BETWEEN.split(text)):
        if len(word) >= SHORTEST_WORD:
            yield word


def _parts(text: str) -> Iterator[str]:
    """What may be a word in a text, as it is written and as it may be meant."""
    for spelt in {text, *(text.translate(signs) for signs in _LEET)}:
        for start in range(len(spelt)):
            for end in range(start + SHORTEST_WORD, min(len(spelt), start + LONGEST_WORD) + 1):
                yield spelt[start:end]
