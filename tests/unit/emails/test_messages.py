"""Messages: one function and one folder of three texts each."""

import inspect
from collections.abc import Callable
from pathlib import Path

import pytest

from gatehouse.emails import messages
from gatehouse.emails.messages import Message, welcome

FOLDER = Path(messages.__file__).parent
FUNCTIONS = dict(inspect.getmembers(messages, inspect.isfunction))
MADE_HERE = {
    name: function
    for name, function in FUNCTIONS.items()
    if function.__module__ == messages.__name__ and name not in ("nothing", "_key")
}
PARTS = {"subject.txt", "body.txt", "body.html"}


def hello(name: str | None = "Ada") -> Message:
    return welcome("u1", to="ada@example.com", name=name, public_url="https://api.example.com")


@pytest.mark.parametrize("name", MADE_HERE)
def test_message_has_its_folder_of_three_texts(name: str) -> None:
    assert {path.name for path in (FOLDER / name).iterdir()} == PARTS


def test_folder_has_its_message() -> None:
    folders = {path.parent.name for path in FOLDER.glob("*/subject.txt")}
    assert folders == set(MADE_HERE)


@pytest.mark.parametrize(("name", "make"), [("welcome", hello)])
def test_message_names_its_own_template(name: str, make: Callable[[], Message]) -> None:
    assert make().template == name


def test_welcome_is_for_one_account_once() -> None:
    assert hello().key == "welcome-u1"


def test_welcome_calls_somebody_without_a_name_by_their_address() -> None:
    assert hello(None).values["name"] == "ada@example.com"


def test_message_comes_back_from_its_json() -> None:
    assert Message(**hello().to_json()) == hello()


def test_key_of_a_link_does_not_tell_its_token() -> None:
    message = messages.reset_password(to="a@b.co", link="https://x/app#reset=secret-token")
    assert "secret-token" not in message.key
    assert "secret-token" not in repr(message)


def test_two_links_are_two_mails() -> None:
    one, two = (messages.reset_password(to="a@b.co", link=link) for link in ("l1", "l2"))
    assert one.key != two.key


@pytest.mark.parametrize("make", [messages.account_disabled, messages.account_enabled])
def test_account_that_is_switched_again_is_another_mail(make: Callable[..., Message]) -> None:
    assert make("u1", 1, to="a@b.co").key != make("u1", 3, to="a@b.co").key


def test_message_for_a_stranger_has_no_recipient() -> None:
    message = messages.nothing("r1")
    assert (message.template, message.to, message.values) == (messages.NOTHING, "", {})
