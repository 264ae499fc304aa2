"""Mailed links that a mail program changed or that are over, codes, and password managers."""

import json

import pytest
from playwright.sync_api import Page, Request, Route, expect

from harness.local_stack import LocalStack, until
from tests.browser.conftest import NewContext
from tests.browser.people import (
    PASSWORD,
    Person,
    code_of,
    link_of,
    new_person,
    sign_in,
    start_registration,
    stranger,
)
from tests.clients.test_fragments import CHANGES, CODES, TOKEN

LINKS = ("verify", "reset", "confirm-email")
CHANGED = ["as it is", "encoded twice", "wrapped and not joined"]


def open_link(page: Page, fragment: str) -> None:
    page.goto("about:blank")
    page.goto(f"/app#{fragment}")


@pytest.mark.parametrize("change", CHANGED)
def test_link_works_when_a_mail_program_changed_it(page: Page, change: str) -> None:
    page.route("**/register/verify", lambda route: route.fulfill(status=204))
    open_link(page, CHANGES[change])
    page.get_by_label("Password", exact=True).fill(PASSWORD)
    with page.expect_request("**/register/verify") as sent:
        page.get_by_role("button", name="Verify").click()
    assert json.loads(sent.value.post_data or "{}")["token"] == TOKEN


@pytest.mark.parametrize("name", LINKS)
def test_link_without_its_whole_token_is_told(page: Page, name: str) -> None:
    open_link(page, f"{name}={TOKEN[:-1]}")
    expect(page.get_by_role("heading", name="This link is not complete")).to_be_visible()


def test_reload_of_an_opened_link_asks_for_the_link(page: Page) -> None:
    open_link(page, f"verify={TOKEN}")
    expect(page.get_by_role("heading", name="Verify your email address")).to_be_visible()
    page.reload()
    expect(page.get_by_text("Open the link in the email again")).to_be_visible()


def test_new_email_verifies_when_the_link_was_not_complete(page: Page, stack: LocalStack) -> None:
    ida = stranger("Ida")
    start_registration(stack, ida)
    first = stack.await_mail(ida.email)
    open_link(page, "verify")
    page.get_by_label("Email address").fill(ida.email)
    page.get_by_role("button", name="Send a new email").click()
    expect(page.get_by_text("an email is on its way")).to_be_visible()
    until(lambda: stack.await_mail(ida.email) != first or None)
    open_link(page, link_of(stack, ida, "verify").partition("#")[2])
    page.get_by_label("Password", exact=True).fill(PASSWORD)
    page.get_by_role("button", name="Verify").click()
    expect(page.get_by_text("Your email address is verified")).to_be_visible()


def test_used_link_leads_to_a_new_email(page: Page, stack: LocalStack) -> None:
    ada = new_person(stack, "Ada")
    page.goto(link_of(stack, ada, "verify"))
    page.get_by_label("Password", exact=True).fill(PASSWORD)
    page.get_by_role("button", name="Verify").click()
    expect(page.get_by_role("heading", name="This link no longer works")).to_be_visible()
    expect(page.get_by_role("button", name="Send a new email")).to_be_visible()


def test_wrong_password_leaves_the_link_open(page: Page, stack: LocalStack) -> None:
    ida = stranger("Ida")
    start_registration(stack, ida)
    page.goto(link_of(stack, ida, "verify"))
    page.get_by_label("Password", exact=True).fill("not the right password")
    page.get_by_role("button", name="Verify").click()
    expect(page.get_by_text("The email address or the password is wrong")).to_be_visible()
    page.get_by_label("Password", exact=True).fill(PASSWORD)
    page.get_by_role("button", name="Verify").click()
    expect(page.get_by_text("Your email address is verified")).to_be_visible()


def test_expired_reset_leads_to_a_new_email(page: Page, stack: LocalStack, ada: Person) -> None:
    open_link(page, f"reset={TOKEN}")
    page.get_by_label("New password").fill("a new and even longer password")
    page.get_by_role("button", name="Set password").click()
    expect(page.get_by_role("heading", name="This link no longer works")).to_be_visible()
    page.get_by_label("Email address").fill(ada.email)
    page.get_by_role("button", name="Send reset link").click()
    assert link_of(stack, ada, "reset")


def test_expired_change_leads_to_the_profile(page: Page, ada: Person) -> None:
    sign_in(page, ada)
    page.goto(f"/app#confirm-email={TOKEN}")
    page.get_by_role("button", name="Confirm").click()
    expect(page.get_by_role("heading", name="This link no longer works")).to_be_visible()
    page.get_by_role("link", name="your profile").click()
    expect(page.get_by_text("Change email address")).to_be_visible()


# Codes.


def register(page: Page, person: Person) -> None:
    page.goto("/app#register")
    page.get_by_label("Email address").fill(person.email)
    page.get_by_label("Password", exact=True).fill(PASSWORD)
    page.get_by_role("button", name="Create account").click()
    expect(page.get_by_role("heading", name="Check your email")).to_be_visible()


def test_pasted_code_is_shown_as_six_digits(page: Page) -> None:
    register(page, stranger("Ida"))
    code = page.get_by_label("Code")
    for pasted in CODES.values():
        code.fill(pasted)
        expect(code).to_have_value("123456")


def test_text_without_exactly_one_code_is_left_as_it_is(page: Page) -> None:
    register(page, stranger("Ida"))
    text = "123456 or 654321"
    page.get_by_label("Code").fill(text)
    page.get_by_role("button", name="Verify").click()
    expect(page.get_by_text("exactly six digits")).to_be_visible()
    expect(page.get_by_label("Code")).to_have_value(text)


def test_code_with_blanks_verifies(page: Page, stack: LocalStack) -> None:
    ida = stranger("Ida")
    register(page, ida)
    code = code_of(stack, ida)
    page.get_by_label("Code").fill(f"{code[:3]} {code[3:]}")
    page.get_by_role("button", name="Verify").click()
    expect(page.get_by_text("Connected", exact=True)).to_be_visible()


def test_email_is_sent_again_only_after_a_while(page: Page) -> None:
    register(page, stranger("Ida"))
    sent: list[Request] = []
    page.on("request", lambda each: sent.append(each) if "resend" in each.url else None)
    page.clock.install()
    page.get_by_role("button", name="Send it again").click()
    expect(page.get_by_text("Sent. If it does not arrive")).to_be_visible()
    waiting = page.get_by_role("button", name="Send it again (")
    waiting.dispatch_event("click")
    page.clock.run_for(61_000)
    page.get_by_role("button", name="Send it again", exact=True).click()
    expect(page.get_by_role("button", name="Send it again (")).to_be_visible()
    assert len(sent) == 2


def test_refusal_to_send_again_is_told(page: Page) -> None:
    def refuse(route: Route) -> None:
        problem = {"title": "Too many requests", "code": "too_many_requests", "status": 429}
        headers = {"retry-after": "300", "content-type": "application/problem+json"}
        route.fulfill(status=429, body=json.dumps(problem), headers=headers)

    register(page, stranger("Ida"))
    page.route("**/register/resend", refuse)
    page.get_by_role("button", name="Send it again").click()
    expect(page.get_by_text("Too many requests. Try again in 5 minutes.")).to_be_visible()


def test_page_tells_where_emails_are_on_the_local_stage(page: Page) -> None:
    register(page, stranger("Ida"))
    expect(page.get_by_text("emails are in the mailbox at the end of this page")).to_be_visible()


# Password managers.


def test_forms_with_a_password_say_whose_it_is(page: Page, ada: Person) -> None:
    sign_in(page, ada)
    page.get_by_role("link", name="Profile").click()
    forms = page.locator("form:has(input[type=password])")
    expect(forms).to_have_count(3)
    for each in forms.all():
        fields = each.locator("input")
        expect(fields.first).to_have_attribute("autocomplete", "username")
        expect(fields.first).to_have_value(ada.email)
        expect(fields.first).not_to_be_editable()


def test_field_for_password_managers_is_not_reached_by_keyboard(
    new_context: NewContext, ada: Person
) -> None:
    page = new_context().new_page()
    sign_in(page, ada)
    page.get_by_role("link", name="Profile").click()
    page.get_by_text("Delete account").click()
    page.keyboard.press("Tab")
    expect(page.locator("details[open] input[name=password]")).to_be_focused()
