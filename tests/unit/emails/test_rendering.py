"""Rendering messages as mails."""

import html
import re
from dataclasses import replace
from pathlib import Path

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from gatehouse.emails import messages
from gatehouse.emails.messages import Message, welcome
from gatehouse.emails.rendering import render
from gatehouse.identity import Device

EVERY = [
    messages.welcome("u1", to="a@b.co", name="Ada", public_url="https://api.example.com"),
    messages.verify_email(to="a@b.co", code="123456", link="https://api.example.com/app#verify=t"),
    messages.already_registered("r1", to="a@b.co"),
    messages.reset_password(to="a@b.co", link="https://api.example.com/app#reset=t"),
    messages.password_changed("u1", 2, to="a@b.co"),
    messages.confirm_new_email(to="a@b.co", link="https://api.example.com/app#confirm-email=t"),
    messages.confirm_old_email(
        to="a@b.co", new_email="n@b.co", link="https://api.example.com/app#confirm-email=t"
    ),
    messages.email_changed("u1", to="a@b.co", new_email="n@b.co"),
    messages.new_device("s1", to="a@b.co", device=Device("192.0.2.1", "Firefox <3")),
    messages.session_revoked("s1", to="a@b.co"),
    messages.account_deleted("u1", to="a@b.co"),
    messages.account_disabled("u1", 1, to="a@b.co"),
    messages.account_enabled("u1", 2, to="a@b.co"),
]
every_mail = pytest.mark.parametrize("message", EVERY, ids=lambda message: message.template)


@every_mail
def test_every_mail_is_rendered_with_all_its_values(message: Message) -> None:
    mail = render(message)
    for text in (mail.subject, mail.text, mail.html):
        assert text.strip()
        assert "$" not in text
    for value in message.values.values():
        assert value in mail.text or value == message.values.get("name")
        assert html.escape(value) in mail.html


@every_mail
def test_every_mail_names_the_service_in_its_subject(message: Message) -> None:
    assert "Gatehouse" in render(message).subject


def test_every_template_is_rendered() -> None:
    folder = Path(messages.__file__).parent
    folders = {path.parent.name for path in folder.glob("*/subject.txt")}
    assert {message.template for message in EVERY} == folders


def test_code_of_a_registration_stands_in_the_subject() -> None:
    assert render(EVERY[1]).subject == "Your Gatehouse code: 123456"


@every_mail
def test_every_sentence_of_a_mail_begins_with_a_capital_letter(message: Message) -> None:
    """In English, a small letter after the greeting is a mark of phishing."""
    mail = render(replace(message, values=dict.fromkeys(message.values, "X")))
    for text in (mail.text, html.unescape(re.sub(r"<[^>]+>", "", mail.html))):
        assert re.findall(r"(?:^|\n|[.?!]\s)\s*([a-z]\w*)", text) == []


@every_mail
def test_both_bodies_of_a_mail_say_the_same(message: Message) -> None:
    mail = render(message)
    _, _, body = mail.html.partition("<body")
    words = html.unescape(re.sub(r"<[^>]+>", " ", body.partition(">")[2])).split()
    assert "".join(words) == "".join(mail.text.split())


def test_link_of_the_welcome_mail_leads_to_the_page() -> None:
    mail = render(hello())
    assert "\nhttps://api.example.com/app\n" in mail.text
    assert 'href="https://api.example.com/app"' in mail.html


def test_name_of_a_device_is_text_in_html() -> None:
    assert "Firefox &lt;3" in render(EVERY[8]).html


def hello(name: str = "Ada") -> Message:
    return welcome("u1", to="ada@example.com", name=name, public_url="https://api.example.com")


def test_mail_goes_to_the_address_of_its_message() -> None:
    assert render(hello()).to == "ada@example.com"


def test_subject_names_the_service() -> None:
    assert render(hello()).subject == "Welcome to Gatehouse"


def test_both_bodies_speak_to_the_recipient() -> None:
    mail = render(hello())
    assert "Hello Ada," in mail.text
    assert "Hello Ada," in mail.html


def test_markup_in_a_name_is_text_in_html() -> None:
    mail = render(hello('<img src=x onerror="alert(1)">&'))
    assert "&lt;img src=x onerror=&quot;alert(1)&quot;&gt;&amp;" in mail.html
    assert "<img" not in mail.html


def test_markup_in_a_name_stays_as_it_is_in_text() -> None:
    assert "Hello <b>Ada</b>," in render(hello("<b>Ada</b>")).text


def test_placeholder_in_a_name_is_not_filled_in() -> None:
    assert "Hello $public_url," in render(hello("$public_url")).text


@settings(max_examples=50, deadline=None)
@given(st.text(max_size=30))
def test_any_name_leaves_the_subject_on_one_line(name: str) -> None:
    assert len(render(hello(name)).subject.splitlines()) == 1


def test_value_with_a_line_break_leaves_the_subject_on_one_line() -> None:
    message = hello()
    broken = replace(message, values={**message.values, "service": "A\r\nBcc: eve@evil.example"})
    assert render(broken).subject == "Welcome to A Bcc: eve@evil.example"


def test_missing_value_is_an_error_and_not_a_gap() -> None:
    with pytest.raises(KeyError):
        render(replace(hello(), values={}))
