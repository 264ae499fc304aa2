"""From messages to mails."""

from dataclasses import replace

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from gatehouse.emails.messages import Message, welcome
from gatehouse.emails.rendering import render


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
