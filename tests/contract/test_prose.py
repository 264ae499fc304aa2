"""The rules of our English that a program can check: in docstrings, comments and guides."""

import ast
import io
import re
import tokenize
from collections.abc import Iterator
from pathlib import Path
from typing import NamedTuple

import pytest

from harness.template import ROOT

CODE = ("layers", "functions", "local", "harness", "bench", "docs/generator")
GUIDES = (
    *("*.md", "docs/**/*.md", "bench/**/*.md", "layers/**/*.md", "tests/*.md"),
    "clients/typescript/*.md",
)

FLOWS, REALTIME = "layers/auth/gatehouse/flows/realtime", "layers/auth/gatehouse/realtime"
DELIVERY = (
    f"{FLOWS}/deliver.py",
    f"{FLOWS}/redrive_deliveries.py",
    f"{REALTIME}/concurrency.py",
    f"{REALTIME}/delivery_queue.py",
    f"{REALTIME}/pushes.py",
    "layers/auth/gatehouse/stores/cursors.py",
    "functions/delivery/",
    "harness/simulated/",
    "docs/decisions/0008-",
)
"""Not checked: the code of delivery and its decision, which a new design is going to replace."""

RETURN_VALUES = (
    r"; (?:whether|how|what)\b",
    r"; (?:returns|gives|yields)\b",
    r"; (?:None|True|False|0|empty|nothing|the \w+ itself),? (?:if|where|when|unless)\b",
    r"; (?:the|its|an?)(?: (?!\w*s\b)[\w-]+){1,2}[.:]?$",
)
"""How a return value begins behind a semicolon.

The last pattern is a noun alone, such as "its position". A word that ends with s does not count,
because it may be a verb: "the rest waits" is a good clause.
"""

WORDS = {
    r"turnstile": "frame lock",
    r"doorbell": "wake",
    r"pumps?": "delivery",
    r"whoever": 'a noun: "a caller that", "anyone who"',
    r"somebody": '"someone", or a noun: "a client", "another user"',
    r"any\s*more(?=\s+(?:and|but|if|when|because)\b|[.,:;)]|$)": "no longer",
    r"one's own": '"the caller\'s" or "your"',
    r"e-mails?": "email",
    r"ids?": "ID",
    r"urls?": "URL",
    r"json": "JSON",
    r"dearer": "more expensive",
    r"for ever": "forever",
    r"given out": "issued",
    r"in the place of": '"instead of" or "replaces"',
    r"at the price of": "at the cost of",
    r"seldom": "rarely",
    r"shall": '"must" or "will"',
    r"that which": '"what", or a noun',
    r"thereof|hereof": "its",
    r"(?:behavio|colo|favo|hono)ur\w*": "the American spelling, with -or",
    r"(?:author|initial|normal|organ|recogn|serial)is(?:e|ed|es|ing|ation)": "-iz- for -is-",
}
"""Words that are private or hardly English, and what to write instead."""

FORMS = [
    (re.compile(rf"(?<![\w./':{{#$-])(?:{word})(?![\w/-]|\.\w|'(?!s\b))", flags), better)
    for word, better in ((re.sub(" ", r"\\s+", word), better) for word, better in WORDS.items())
    for flags in ([0] if better in ("ID", "URL", "JSON") else [re.IGNORECASE])
]
IN_CODE = re.compile(r"``[^`]+``|`[^`]+`|\]\([^)]*\)|https?://\S+")
FENCED = re.compile(r"^( *```).*?^\1`*$", re.DOTALL | re.MULTILINE)
FIRST_SENTENCE = re.compile(r".*?(?:[.!?](?=\s)|(?=\n\n)|$)", re.DOTALL)


class Prose(NamedTuple):
    """A text for people, and the line where it begins."""

    line: int
    text: str


def is_checked(path: Path) -> bool:
    name = path.relative_to(ROOT).as_posix()
    return not name.startswith(DELIVERY) and "node_modules" not in path.parts


def modules() -> list[Path]:
    paths = (path for folder in CODE for path in (ROOT / folder).rglob("*.py"))
    return sorted(filter(is_checked, paths))


def guides() -> list[Path]:
    paths = (path for pattern in GUIDES for path in ROOT.glob(pattern))
    return sorted(set(filter(is_checked, paths)))


def docstrings(tree: ast.Module) -> Iterator[Prose]:
    """Yields the docstrings of modules, classes, functions, and attributes."""
    for node in ast.walk(tree):
        match node:
            case ast.Expr(value=ast.Constant(value=str(text))):
                yield Prose(node.lineno, text)


def comments(source: str) -> Iterator[Prose]:
    for token in tokenize.generate_tokens(io.StringIO(source).readline):
        if token.type == tokenize.COMMENT and not re.match(r"# ?(?:noqa|type:|!)", token.string):
            yield Prose(token.start[0], token.string)


def words_to_replace(prose: Prose) -> list[str]:
    """Returns one line for each word that has a better form."""
    text = IN_CODE.sub(lambda code: re.sub(r"[^\n]", " ", code.group()), prose.text)
    return [
        f"line {prose.line + text.count(chr(10), 0, match.start())}: "
        f"{' '.join(match.group().split())!r}: write {better}"
        for form, better in FORMS
        for match in form.finditer(text)
    ]


def first_sentence(docstring: str) -> str:
    match = FIRST_SENTENCE.match(docstring)
    return " ".join(match.group().split()) if match else ""


def has_return_value_behind_semicolon(docstring: str) -> bool:
    sentence = first_sentence(docstring)
    return any(re.search(pattern, sentence) for pattern in RETURN_VALUES)


def name_of(path: Path) -> str:
    return path.relative_to(ROOT).as_posix()


@pytest.mark.parametrize("path", modules(), ids=name_of)
def test_docstring_gives_its_return_value_in_a_sentence(path: Path) -> None:
    found = []
    for node in ast.walk(ast.parse(path.read_text(encoding="utf-8"))):
        if isinstance(node, ast.FunctionDef | ast.AsyncFunctionDef):
            docstring = ast.get_docstring(node) or ""
            if has_return_value_behind_semicolon(docstring):
                found.append(f"line {node.lineno}: {first_sentence(docstring)}")
    assert found == [], 'write "Returns ..." in a second sentence'


@pytest.mark.parametrize("path", modules(), ids=name_of)
def test_code_is_described_in_plain_words(path: Path) -> None:
    source = path.read_text(encoding="utf-8")
    texts = [*docstrings(ast.parse(source)), *comments(source)]
    assert [line for text in texts for line in words_to_replace(text)] == []


@pytest.mark.parametrize("path", guides(), ids=name_of)
def test_guide_is_written_in_plain_words(path: Path) -> None:
    text = path.read_text(encoding="utf-8")
    text = FENCED.sub(lambda code: "\n" * code.group().count("\n"), text)
    assert words_to_replace(Prose(1, text)) == []


@pytest.mark.parametrize(
    "docstring",
    [
        "Ends one session; whether there was one.",
        "Takes everything out of the queue; what there was.",
        "Takes an offset; how far it goes.",
        "Reads the version; None if none is published.",
        "Writes a connection; False where it exists.",
        "Sends one command; its reply.",
        "Puts a publication behind the latest one; its position.\n\nMore of it.",
        "Creates each table; returns their names.",
        "Sends a frame\nas it is; the reply.",
    ],
)
def test_return_value_behind_a_semicolon_is_found(docstring: str) -> None:
    assert has_return_value_behind_semicolon(docstring)


@pytest.mark.parametrize(
    "docstring",
    [
        "Ends the session. Returns whether it was live.",
        "Serves each group; a group that fails is delivered again.",
        "Removes the rows; the connection itself is removed last.",
        "Pings the slot; the rest waits.",
        "Accepts any password of enough characters; there are no rules of composition.",
        "Returns the key. A name that is not cached makes the set be read again; what else.",
    ],
)
def test_clause_behind_a_semicolon_is_left_alone(docstring: str) -> None:
    assert not has_return_value_behind_semicolon(docstring)


@pytest.mark.parametrize(
    ("text", "word"),
    [
        ("# Whoever asks.", "Whoever"),
        ("It does not wait any more.", "any more"),
        ("The address is not known any\nmore and expires.", "any more"),
        ("An event's id.", "id"),
        ("Sends an e-mail.", "e-mail"),
        ("The token of somebody else.", "somebody"),
        ("# Somebody's token.", "Somebody"),
    ],
)
def test_word_to_replace_is_found(text: str, word: str) -> None:
    (line,) = words_to_replace(Prose(1, text))
    assert repr(word) in line


@pytest.mark.parametrize(
    "text",
    [
        "It allows no more than ten, and does not cost any more than one.",
        "Reads `id` and ``url`` of docs/openapi.json.",
        "See [decision 8](decisions/0008-a-log-a-doorbell-and-a-pump.md).",
        "An ID in JSON, at a URL.",
    ],
)
def test_plain_words_are_left_alone(text: str) -> None:
    assert words_to_replace(Prose(1, text)) == []
