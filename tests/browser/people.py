"""People with accounts, and their actions on the page."""

import json
import re
from collections.abc import Iterable
from dataclasses import dataclass
from itertools import count
from typing import Any

import httpx
from playwright.sync_api import Locator, Page, expect
from websockets.sync.client import ClientConnection, connect

from harness.local_stack import PATIENCE, LocalStack, until

PASSWORD = "correct horse battery staple"
_numbers = count(1)


@dataclass(frozen=True)
class Person:
    name: str
    email: str


def stranger(name: str) -> Person:
    """Returns a person without an account."""
    return Person(name, f"{name.lower()}{next(_numbers)}@example.org")


def new_person(stack: LocalStack, name: str) -> Person:
    """Creates a verified account. Returns its owner."""
    person = stranger(name)
    start_registration(stack, person)
    proof = {"email": person.email, "code": code_of(stack, person), "password": PASSWORD}
    assert httpx.post(f"{stack.http}/register/verify", json=proof, timeout=30).status_code == 204
    return person


def start_registration(stack: LocalStack, person: Person) -> None:
    """Registers a person, whose address is still to be verified."""
    form = {"email": person.email, "password": PASSWORD, "name": person.name}
    assert httpx.post(f"{stack.http}/register", json=form, timeout=30).status_code == 202


def code_of(stack: LocalStack, person: Person) -> str:
    return _found(stack, person, r"signed up: (\d{6})")


def link_of(stack: LocalStack, person: Person, kind: str) -> str:
    """Returns the link of the newest mail that has one of this kind."""
    return _found(stack, person, rf"(\S+/app#{kind}=\S+)")


def _found(stack: LocalStack, person: Person, pattern: str) -> str:
    def look() -> str | None:
        texts = (str(mail["BodyText"]) for mail in stack.mails(person.email))
        return next((m[1] for text in texts if (m := re.search(pattern, text))), None)

    return until(look)


def sign_in(page: Page, person: Person, password: str = PASSWORD) -> None:
    page.goto("/app")
    fill_in(page, person, password)
    expect(page.get_by_role("button", name="Sign out")).to_be_visible()


def fill_in(page: Page, person: Person, password: str = PASSWORD) -> None:
    page.get_by_label("Email address").fill(person.email)
    page.get_by_label("Password", exact=True).fill(password)
    page.get_by_role("button", name="Sign in").click()


def enter_room(page: Page, person: Person) -> None:
    sign_in(page, person)
    expect(page.get_by_text("Connected", exact=True)).to_be_visible()


def say(page: Page, text: str) -> None:
    box = page.get_by_role("textbox", name="Message")
    box.fill(text)
    box.press("Enter")


def heard(page: Page, text: str) -> Locator:
    return page.get_by_role("log").get_by_text(text, exact=True)


def talk(stack: LocalStack, person: Person, texts: Iterable[str], *, at: int = 0) -> None:
    """Publishes texts in the room without a page, each after the one before is acknowledged.

    Args:
        at: the time that the sender claims, in milliseconds.
    """
    said = (
        {"id": f"{person.email}/{text[:40]}", "name": person.name, "text": text, "at": at}
        for text in texts
    )
    _ask(stack, person, *({"publish": {"channel": "room:lobby", "data": data}} for data in said))


def offset(stack: LocalStack, person: Person) -> int:
    """Returns how many messages were ever published in the room."""
    (reply,) = _ask(stack, person, {"history": {"channel": "room:lobby"}})
    return int(reply["history"].get("offset", 0))


def _ask(stack: LocalStack, person: Person, *commands: dict[str, Any]) -> list[dict[str, Any]]:
    credentials = {"email": person.email, "password": PASSWORD}
    tokens = httpx.post(f"{stack.http}/login", json=credentials, timeout=30).json()
    with connect(stack.socket) as socket:
        replies = []
        for number, command in enumerate(
            [{"connect": {"token": tokens["access_token"]}}, *commands], start=1
        ):
            socket.send(json.dumps({"id": number, **command}))
            replies.append(_reply(socket, number))
    return replies[1:]


def _reply(socket: ClientConnection, number: int) -> dict[str, Any]:
    frame = "{}"
    while frame == "{}":  # a ping
        frame = str(socket.recv(timeout=PATIENCE)).strip()
    (reply,) = [each for line in frame.splitlines() if (each := json.loads(line))]
    assert reply.get("id") == number, reply
    assert "error" not in reply, reply
    return dict(reply)
