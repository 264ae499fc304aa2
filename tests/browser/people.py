"""People with accounts, and what they do on the page."""

import re
from dataclasses import dataclass
from itertools import count

import httpx
from playwright.sync_api import Locator, Page, expect

from tests.support.stack import Stack, until

PASSWORD = "correct horse battery staple"
_numbers = count(1)


@dataclass(frozen=True)
class Person:
    name: str
    email: str


def stranger(name: str) -> Person:
    """Somebody without an account."""
    return Person(name, f"{name.lower()}{next(_numbers)}@example.org")


def new_person(stack: Stack, name: str) -> Person:
    """Somebody with a verified account."""
    person = stranger(name)
    with httpx.Client(base_url=stack.http, timeout=30) as client:
        form = {"email": person.email, "password": PASSWORD, "name": name}
        assert client.post("/register", json=form).status_code == 202
        proof = {"email": person.email, "code": code_of(stack, person), "password": PASSWORD}
        assert client.post("/register/verify", json=proof).status_code == 204
    return person


def code_of(stack: Stack, person: Person) -> str:
    return _found(stack, person, r"registered: (\d{6})")


def link_of(stack: Stack, person: Person, kind: str) -> str:
    """The link of the newest mail with one of this kind."""
    return _found(stack, person, rf"(\S+/app#{kind}=\S+)")


def _found(stack: Stack, person: Person, pattern: str) -> str:
    def look() -> str | None:
        texts = (str(mail["BodyText"]) for mail in stack.mails(person.email))
        return next((m[1] for text in texts if (m := re.search(pattern, text))), None)

    return until(look)


def sign_in(page: Page, person: Person, password: str = PASSWORD) -> None:
    page.goto("/app")
    fill_in(page, person, password)
    expect(page.get_by_role("button", name="Sign out")).to_be_visible()


def fill_in(page: Page, person: Person, password: str = PASSWORD) -> None:
    page.get_by_label("E-mail address").fill(person.email)
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
