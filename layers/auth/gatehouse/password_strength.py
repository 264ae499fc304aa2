"""Estimates how many guesses find a password, if the attacker tries common choices first.

A password is read as a sequence of pieces. A piece is a word from the lists of leaked passwords,
names and common words, a text that is known about the owner, a run of keys, a year, or a single
character. A piece costs as many guesses as it takes to find it among the pieces of its kind. A
sequence costs the product of its pieces, and a password is worth its cheapest sequence.

This is the estimate of Wheeler, "zxcvbn: Low-Budget Password Strength Estimation" (USENIX Security
2016), with its lists, and without the parts that matter only to passwords far from any limit.
"""

import re
from collections.abc import Collection, Iterator

ENOUGH = 10**8
"""Guesses that no attacker completes: the rate limit of sign-ins allows strangers a million a year
for one account, so these take a hundred years. At this number zxcvbn, too, stops calling a password
weak."""

SHORTEST_WORD = 3
LONGEST_WORD = 23
"""Characters of a word in the lists. Texts about the owner may be longer."""
SHORTEST_RUN = 3
SHORTEST_UNIT = 8
"""Minimum characters of a text that may be repeated. NIST SP 800-63B-4 allows no shorter password,
and repeating a shorter text does not make it a better one."""

DIGIT, CHARACTER = 10, 33
RUN = 20
"""Guesses for a run of keys: about the number of places on a keyboard where one can start."""
YEAR = 100
SPELLING = 10
"""Factor for another spelling: symbols in place of letters, or one separator between all words."""

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
    """Returns the guesses after which a password is found, at most ``ENOUGH``.

    Args:
        about: texts that an attacker knows about the owner and the service.
    """
    text = password.casefold()
    closed = [text.replace(sign, "") for sign in SEPARATORS if sign in text]
    known = (word for each in about for word in _words(each.casefold()))
    prices = ranks({text, *closed}) | dict.fromkeys(known, 1)
    rows = (SPELLING * _of_row(each, prices) for each in closed)
    return min(ENOUGH, _of_row(text, prices), *rows)


def ranks(texts: set[str]) -> dict[str, int]:
    """Returns the list words that occur in the texts, with their ranks.

    The rank of a list's first word is 1. No word is in two lists: zxcvbn keeps it where it ranks
    highest.
    """
    # Imported only when a password is chosen: reading the lists takes a fortieth of a cold start. A
    # dictionary of their 94,000 words would take twice as long and occupy five megabytes.
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
    """Whether a password repeats a short text. The last repetition may be cut off."""
    return len(_unit(password.casefold())) < min(SHORTEST_UNIT, len(password))


def _of_row(text: str, prices: dict[str, int]) -> int:
    """Returns the cost of the cheapest sequence for a text. The search stops at ``ENOUGH``."""
    text = _unit(text)
    best = [1] + [ENOUGH] * len(text)
    for start in range(len(text)):
        if best[start] < ENOUGH:
            for end, price in _pieces(text, start, prices):
                best[end] = min(best[end], best[start] * price)
    return best[-1]


def _pieces(text: str, start: int, prices: dict[str, int]) -> Iterator[tuple[int, int]]:
    """Yields the end and the cost of each piece that can begin at ``start``."""
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
    """Returns the end of a run of adjacent or equal keys, or ``start`` if none begins there."""
    end = start
    while len(set(text[end : end + SHORTEST_RUN])) == 1 and end + SHORTEST_RUN <= len(text):
        end += 1
    if end == start:
        while text[end : end + SHORTEST_RUN] in _RUNS:
            end += 1
    return end + SHORTEST_RUN - 1 if end > start else start


def _unit(text: str) -> str:
    """Returns the shortest text that gives this one when it is repeated.

    The last repetition may be cut off. A text that does not repeat at least once is returned whole.
    """
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
    """Yields a known text, such as an address or a name, and the words that people make from it."""
    ends = text.split("@")
    closed = (_SIGNS_BETWEEN.sub("", each) for each in ends)
    for word in (text, *ends, *closed, *_SIGNS_BETWEEN.split(text)):
        if len(word) >= SHORTEST_WORD:
            yield word


def _parts(text: str) -> Iterator[str]:
    """Yields the possible words in a text, as written and with symbols read as letters."""
    for spelt in {text, *(text.translate(signs) for signs in _LEET)}:
        for start in range(len(spelt)):
            for end in range(start + SHORTEST_WORD, min(len(spelt), start + LONGEST_WORD) + 1):
                yield spelt[start:end]
