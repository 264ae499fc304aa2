"""The page as people use it: they register, talk and sign out."""

import re

from playwright.sync_api import Page, expect

from harness.local_stack import LocalStack
from tests.browser.conftest import NewContext
from tests.browser.people import (
    PASSWORD,
    Person,
    code_of,
    enter_room,
    fill_in,
    heard,
    link_of,
    new_person,
    say,
    sign_in,
    stranger,
)


def register(page: Page, person: Person) -> None:
    page.goto("/app")
    page.get_by_role("link", name="Create an account").click()
    page.get_by_label("Email address").fill(person.email)
    page.get_by_label("Password", exact=True).fill(PASSWORD)
    page.get_by_label("Name").fill(person.name)
    page.get_by_role("button", name="Create account").click()
    expect(page.get_by_role("heading", name="Check your email")).to_be_visible()


def test_registration_ends_in_the_room_when_the_code_is_typed(
    page: Page, stack: LocalStack
) -> None:
    # A name that no other test uses in the room, whose history stays: so no ID is shown next to it.
    ida = stranger("Ida")
    register(page, ida)
    page.get_by_label("Code").fill(code_of(stack, ida))
    page.get_by_role("button", name="Verify").click()
    expect(page.get_by_text("Connected", exact=True)).to_be_visible()
    expect(page.get_by_role("list", name="In the room")).to_contain_text("Ida (you)")


def test_registration_is_verified_when_the_link_of_the_shown_mailbox_is_opened(page: Page) -> None:
    ada = stranger("Ada")
    register(page, ada)
    page.get_by_text("local stage only").click()
    page.locator(".mailbox").get_by_text(f"to {ada.email}").click()
    page.get_by_role("link", name=re.compile("#verify=")).click()
    page.get_by_label("Password", exact=True).fill(PASSWORD)
    assert "=" not in page.url
    page.get_by_role("button", name="Verify").click()
    expect(page.get_by_text("Your email address is verified")).to_be_visible()
    fill_in(page, ada)
    expect(page.get_by_role("button", name="Sign out")).to_be_visible()


def test_two_people_talk(new_context: NewContext, ada: Person, grace: Person) -> None:
    here, there = new_context().new_page(), new_context().new_page()
    enter_room(here, ada)
    enter_room(there, grace)
    expect(here.get_by_role("list", name="In the room")).to_contain_text("Grace")
    expect(there.get_by_role("list", name="In the room")).to_contain_text("Ada")
    say(here, "Good morning, Grace")
    expect(heard(there, "Good morning, Grace")).to_be_visible()
    expect(here.get_by_text("Sent", exact=True)).to_be_visible()
    there.get_by_role("textbox", name="Message").press_sequentially("Good")
    expect(here.get_by_text("Grace is typing")).to_be_visible()
    say(there, "Good morning, Ada")
    expect(heard(here, "Good morning, Ada")).to_have_count(1)
    expect(here.get_by_text("Grace is typing")).to_be_hidden()


def test_two_tabs_of_one_person_talk(new_context: NewContext, ada: Person) -> None:
    context = new_context()
    first, second = context.new_page(), context.new_page()
    enter_room(first, ada)
    second.goto("/app")
    expect(second.get_by_text("Connected", exact=True)).to_be_visible()
    say(first, "From one tab to the other")
    expect(heard(second, "From one tab to the other")).to_be_visible()


def test_list_of_people_follows_who_comes_and_goes(
    new_context: NewContext, ada: Person, grace: Person
) -> None:
    here, there = new_context().new_page(), new_context().new_page()
    people = here.get_by_role("list", name="In the room")
    enter_room(here, ada)
    expect(people).not_to_contain_text("Grace")
    enter_room(there, grace)
    expect(people).to_contain_text("Grace")
    there.close()
    expect(people).not_to_contain_text("Grace")


def test_people_of_one_name_are_told_apart_by_their_accounts(
    new_context: NewContext, stack: LocalStack
) -> None:
    """The sender chooses the name. The service verifies the ID next to it."""
    here, there = new_context().new_page(), new_context().new_page()
    enter_room(here, new_person(stack, "Mary"))
    enter_room(there, new_person(stack, "MARY"))
    people = here.get_by_role("list", name="In the room").get_by_role("listitem")
    for name in ("Mary", "MARY"):
        expect(people.filter(has_text=re.compile(f"{name}[0-9a-f]{{6}}"))).to_have_count(1)
    say(there, "It is me")
    log = here.get_by_role("log")
    expect(log.locator(".by").last).to_contain_text(re.compile("MARY[0-9a-f]{6}"))
    account = "[title^=Account]"
    other = people.filter(has_text=re.compile("MARY")).locator(account)
    title = log.locator(f".by {account}").last.get_attribute("title")
    assert title == other.get_attribute("title")


def test_markup_in_a_message_stays_text(page: Page, ada: Person) -> None:
    enter_room(page, ada)
    say(page, "<img src=x onerror=alert(1)><b>bold</b>")
    expect(heard(page, "<img src=x onerror=alert(1)><b>bold</b>")).to_be_visible()


def test_session_goes_on_when_the_page_is_loaded_again(page: Page, ada: Person) -> None:
    sign_in(page, ada)
    page.reload()
    expect(page.get_by_role("button", name="Sign out")).to_be_visible()


def test_tokens_are_in_no_storage_that_scripts_read(page: Page, ada: Person) -> None:
    sign_in(page, ada)
    storage = page.evaluate(
        "JSON.stringify([{...localStorage}, {...sessionStorage}, document.cookie])"
    )
    user = page.evaluate("localStorage.getItem('gatehouse-signed-in')")
    assert re.fullmatch("[0-9a-f]{32}", user)
    assert storage == f'[{{"gatehouse-signed-in":"{user}"}},{{}},""]'
    (cookie,) = page.context.cookies()
    assert (cookie["name"], cookie["httpOnly"], cookie["secure"]) == ("__Host-refresh", True, True)


def test_what_was_said_offline_is_sent_when_the_line_is_back(
    new_context: NewContext, ada: Person, grace: Person
) -> None:
    context = new_context()
    here, there = context.new_page(), new_context().new_page()
    enter_room(here, ada)
    enter_room(there, grace)
    context.set_offline(offline=True)
    expect(here.get_by_text("Reconnecting")).to_be_visible()
    say(here, "Said in a tunnel")
    expect(here.get_by_text("Sending")).to_be_visible()
    context.set_offline(offline=False)
    expect(here.get_by_text("Connected", exact=True)).to_be_visible()
    expect(here.get_by_text("Reconnected")).to_be_visible()
    expect(heard(there, "Said in a tunnel")).to_have_count(1)
    expect(here.get_by_text("Sent", exact=True)).to_be_visible()


def test_ending_a_session_elsewhere_closes_its_socket(new_context: NewContext, ada: Person) -> None:
    here, there = new_context().new_page(), new_context().new_page()
    enter_room(there, ada)
    sign_in(here, ada)
    here.get_by_role("link", name="Sessions").click()
    here.get_by_role("button", name=re.compile("End the session")).click()
    expect(here.get_by_text("The session has ended")).to_be_visible()
    expect(there.get_by_role("heading", name="Sign in")).to_be_visible()
    expect(there.get_by_text("Your session has ended")).to_be_visible()


def test_signing_out_ends_the_other_tab_too(new_context: NewContext, ada: Person) -> None:
    context = new_context()
    first, second = context.new_page(), context.new_page()
    enter_room(first, ada)
    second.goto("/app")
    expect(second.get_by_text("Connected", exact=True)).to_be_visible()
    # The other tab may learn of it from its socket before the answer deletes the cookie.
    with first.expect_response("**/logout"):
        first.get_by_role("button", name="Sign out").click()
    expect(first.get_by_role("heading", name="Sign in")).to_be_visible()
    expect(second.get_by_role("heading", name="Sign in")).to_be_visible()
    expect(second.get_by_text("you signed out in another tab")).to_be_visible()
    assert context.cookies() == []


def test_forgotten_password_is_set_anew_by_the_mailed_link(page: Page, stack: LocalStack) -> None:
    ada = new_person(stack, "Ada")
    page.goto("/app")
    page.get_by_role("link", name="Forgot password?").click()
    page.get_by_label("Email address").fill(ada.email)
    page.get_by_role("button", name="Send reset link").click()
    expect(page.get_by_text("an email is on its way")).to_be_visible()
    page.goto(link_of(stack, ada, "reset"))
    page.get_by_label("New password").fill("short")
    page.get_by_role("button", name="Set password").click()
    expect(page.get_by_label("New password")).to_be_focused()
    page.get_by_label("New password").fill("a new and even longer password")
    page.get_by_role("button", name="Set password").click()
    expect(page.get_by_text("Your password was changed")).to_be_visible()
    sign_in(page, ada, "a new and even longer password")


def test_account_moves_when_both_mailed_links_are_used(page: Page, stack: LocalStack) -> None:
    ada, later = new_person(stack, "Ada"), stranger("Ada")
    sign_in(page, ada)
    page.get_by_role("link", name="Profile").click()
    part = page.locator("details").filter(has_text="Change email address")
    part.get_by_text("Change email address").click()
    part.get_by_label("New email address").fill(later.email)
    part.get_by_label("Password", exact=True).fill(PASSWORD)
    part.get_by_role("button", name="Send confirmation emails").click()
    expect(page.get_by_text("We sent an email to both addresses")).to_be_visible()
    for person in (ada, later):
        page.goto(link_of(stack, person, "confirm-email"))
        page.get_by_role("button", name="Confirm").click()
        expect(page.get_by_text("Confirmed.")).to_be_visible()
    page.goto("/app#profile")
    page.reload()
    expect(page.locator(".facts")).to_contain_text(later.email)


def test_profile_keeps_a_new_name(page: Page, ada: Person) -> None:
    sign_in(page, ada)
    page.get_by_role("link", name="Profile").click()
    page.get_by_label("Name").fill("Countess Lovelace")
    page.get_by_role("button", name="Save").click()
    expect(page.get_by_text("Saved.")).to_be_visible()
    page.reload()
    expect(page.get_by_label("Name")).to_have_value("Countess Lovelace")


def test_deletion_of_the_account_is_told(page: Page, ada: Person) -> None:
    sign_in(page, ada)
    page.get_by_role("link", name="Profile").click()
    part = page.locator("details").filter(has_text="Delete account")
    part.get_by_text("Delete account").click()
    part.get_by_label("Password", exact=True).fill(PASSWORD)
    part.get_by_role("button", name="Delete my account").click()
    expect(page.get_by_text("Your account was deleted")).to_be_visible()
    expect(page.get_by_role("heading", name="Sign in")).to_be_visible()


def test_wrong_password_is_told_and_nothing_more(page: Page, ada: Person) -> None:
    page.goto("/app")
    fill_in(page, ada, "not the right password")
    expect(page.get_by_text("The email address or the password is wrong")).to_be_visible()
