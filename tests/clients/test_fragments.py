"""What the page reads from mailed links that a mail program changed, and from pasted codes.

Only the functions that read, in Node.js. tests/browser/test_links.py opens such links in a browser.
"""

import json
from collections.abc import Callable
from typing import Any

import pytest

from tests.support.node import ROOT, bundle, need_node, run

TOKEN = "3Dk-9_bcdefghijklmnopqrstuvwxyzABCDEFGHIJKL"
"""Begins as an equals sign is written in emails (RFC 2045 section 6.7)."""

CHANGES = {
    "as it is": f"verify={TOKEN}",
    "encoded": f"verify%3D{TOKEN}",
    "encoded twice": f"verify%253D{TOKEN}",
    "with every character encoded": "".join(f"%{ord(each):02x}" for each in f"verify={TOKEN}"),
    "in brackets": f"verify={TOKEN}>",
    "at the end of a sentence": f"verify={TOKEN}.",
    "in parentheses": f"verify={TOKEN}).",
    "in quotation marks": f"verify=“{TOKEN}”",
    "with parameters": f"verify={TOKEN}?utm_source=mail&utm_medium=email",
    "with more parameters": f"verify={TOKEN}&mc_cid=1a2b3c",
    "with words behind it": f"verify={TOKEN}%20and%20more",
    "wrapped": f"verify={TOKEN[:20]}%0D%0A%20%20{TOKEN[20:]}",
    "wrapped and not joined": f"verify={TOKEN[:20]}=%0D%0A{TOKEN[20:]}",
    "not decoded": f"verify=3D{TOKEN}",
    "in capitals": f"VERIFY={TOKEN}",
    "with an invisible character": f"verify=\u200b{TOKEN}",
    "with a broken escape": f"verify={TOKEN}%E0%A4",
}
CODES = {
    "blank": "123 456",
    "hyphen": "123-456",
    "narrow blank": "123\u202f456",
    "blanks around": " 123456\t",
    "full width": "\uff11\uff12\uff13\uff14\uff15\uff16",
    "Arabic": "\u0661\u0662\u0663\u0664\u0665\u0666",
    "sentence": "Your code is 123456. It is valid for 10 minutes.",
    "digits apart": "1 2 3 4 5 6",
    "twice the same": "123456, again: 123456",
}
NO_CODES = ["12345", "1234567", "123456 or 654321", "", "a1b2c3d4e5f6"]

SCRIPT = """
import { codeIn } from "ROOT/web/src/code.js";
import { readFragment } from "ROOT/web/src/fragment.js";

const [what, ...texts] = JSON.parse(process.argv[2]);
const read = what === "code" ? codeIn : readFragment;
console.log(JSON.stringify(texts.map((text) => read(text))));
"""

Read = Callable[..., list[Any]]


@pytest.fixture(scope="module")
def read(tmp_path_factory: pytest.TempPathFactory) -> Read:
    """A function that reads codes or fragments."""
    need_node()
    folder = tmp_path_factory.mktemp("fragments")
    (folder / "read.ts").write_text(SCRIPT.replace("ROOT", str(ROOT)))
    bundle(folder / "read.ts", folder / "read.mjs")

    def read_all(what: str, *texts: str) -> list[Any]:
        done = run("node", str(folder / "read.mjs"), json.dumps([what, *texts]))
        assert done.returncode == 0, done.stderr
        return list(json.loads(done.stdout))

    return read_all


@pytest.mark.parametrize("fragment", CHANGES.values(), ids=CHANGES.keys())
def test_token_is_found_when_a_mail_program_changed_the_link(read: Read, fragment: str) -> None:
    assert read("fragment", f"#{fragment}") == [{"name": "verify", "token": TOKEN}]


@pytest.mark.parametrize("name", ["verify", "reset", "confirm-email"])
def test_token_is_empty_when_the_link_is_not_whole(read: Read, name: str) -> None:
    cut = [f"#{name}", f"#{name}=", f"#{name}={TOKEN[:-1]}"]
    assert read("fragment", *cut) == [{"name": name, "token": ""}] * 3


@pytest.mark.parametrize("name", ["", "room", "sessions", "verifying", "nothing"])
def test_other_fragment_has_no_token(read: Read, name: str) -> None:
    assert read("fragment", f"#{name}", f"#{name}={TOKEN}") == [{"name": name, "token": ""}] * 2


def test_code_is_found_in_whatever_was_pasted(read: Read) -> None:
    assert read("code", *CODES.values()) == ["123456"] * len(CODES)


def test_text_without_exactly_one_code_stays_as_it_is(read: Read) -> None:
    assert read("code", *NO_CODES) == NO_CODES
