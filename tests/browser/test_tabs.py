"""One browser with several tabs and users, without storage, or without a network."""

import json
from typing import Any

import pytest
from playwright.sync_api import BrowserContext, Page, Route, WebSocketRoute, expect

from tests.browser.conftest import NewContext
from tests.browser.people import Person, enter_room, fill_in, heard, say, sign_in

NO_STORAGE = """
Object.defineProperty(window, "localStorage", {
  get() { throw new DOMException("Access is denied for this document.", "SecurityError"); },
});
"""
CALLS = ("**/app/config.json", "**/sessions/refresh", "**/profile")
"""What the page asks for when it starts."""


def is_signed_in(page: Page) -> None:
    expect(page.get_by_role("button", name="Sign out")).to_be_visible()


def is_at_the_form(page: Page) -> None:
    expect(page.get_by_role("heading", name="Sign in")).to_be_visible()
    expect(page.get_by_role("button", name="Sign out")).to_have_count(0)


def offline(route: Route) -> None:
    route.abort("internetdisconnected")


# Several users and tabs.


def test_first_tab_signs_out_when_another_user_signs_in_in_a_second(
    new_context: NewContext, ada: Person, grace: Person
) -> None:
    context = new_context()
    first, second = context.new_page(), context.new_page()
    for tab in (first, second):
        tab.goto("/app")
        is_at_the_form(tab)
    fill_in(first, ada)
    expect(first.get_by_text("Connected", exact=True)).to_be_visible()
    fill_in(second, grace)
    is_signed_in(second)
    is_at_the_form(first)
    expect(first.get_by_text("Another user signed in from another tab")).to_be_visible()


def test_first_tab_does_not_act_for_another_user_when_no_tab_hears_of_others(
    new_context: NewContext, ada: Person, grace: Person
) -> None:
    """Without storage, a tab learns only from its next refresh whose the cookie is."""
    context = new_context()
    context.add_init_script(NO_STORAGE)
    first, second = context.new_page(), context.new_page()
    line = WebSocketLine(first)
    for tab in (first, second):
        tab.goto("/app")
        is_at_the_form(tab)
    fill_in(first, ada)
    expect(first.get_by_text("Connected", exact=True)).to_be_visible()
    fill_in(second, grace)
    is_signed_in(second)
    line.end()
    is_at_the_form(first)
    expect(first.get_by_text("Another user signed in from another tab")).to_be_visible()


def test_page_of_the_back_forward_cache_signs_out_when_another_user_has_signed_in(
    page: Page, ada: Person
) -> None:
    enter_room(page, ada)
    page.evaluate("""() => {
        localStorage.setItem("gatehouse-signed-in", "0123456789abcdef0123456789abcdef");
        dispatchEvent(new PageTransitionEvent("pageshow", { persisted: true }));
    }""")
    is_at_the_form(page)


def test_link_stays_open_when_another_tab_signs_out(new_context: NewContext, ada: Person) -> None:
    context = new_context()
    first, second = context.new_page(), context.new_page()
    sign_in(first, ada)
    second.goto(f"/app#reset={'A' * 43}")
    second.get_by_label("New password").fill("a new and even longer password")
    is_signed_in(second)
    first.get_by_role("button", name="Sign out").click()
    expect(second.get_by_text("you signed out in another tab")).to_be_visible()
    expect(second.get_by_label("New password")).to_have_value("a new and even longer password")


# The start.


@pytest.mark.parametrize(
    ("call", "status", "title"),
    [
        *((call, 0, "The service cannot be reached") for call in CALLS),
        (CALLS[1], 429, "Too many requests"),
        (CALLS[1], 500, "The service has a problem"),
        (CALLS[1], 503, "The service has a problem"),
    ],
)
def test_start_tries_again_by_itself_when_it_failed(
    new_context: NewContext, ada: Person, call: str, status: int, title: str
) -> None:
    page = new_context("status of 5").new_page()
    sign_in(page, ada)
    problem = json.dumps({"title": "Not now", "code": "http_fault", "status": status})

    def fail(route: Route) -> None:
        if status:
            route.fulfill(status=status, body=problem, content_type="application/problem+json")
        else:
            offline(route)

    page.route(call, fail)
    page.reload()
    expect(page.get_by_role("heading", name=title)).to_be_visible()
    expect(page.locator("form")).to_have_count(0)
    page.unroute(call)
    is_signed_in(page)


def with_stopped_clock(context: BrowserContext, person: Person) -> Page:
    """Returns a page whose start failed, and on which no time passes."""
    page = context.new_page()
    sign_in(page, person)
    page.clock.install()
    page.clock.pause_at(page.evaluate("Date.now() + 1000"))
    page.route(CALLS[1], offline)
    page.reload()
    expect(page.get_by_role("heading", name="The service cannot be reached")).to_be_visible()
    page.unroute(CALLS[1])
    return page


def test_start_tries_again_at_once_when_the_network_is_back(
    new_context: NewContext, ada: Person
) -> None:
    page = with_stopped_clock(new_context(), ada)
    page.evaluate("dispatchEvent(new Event('online'))")
    is_signed_in(page)


def test_start_tries_again_at_once_when_asked_to(new_context: NewContext, ada: Person) -> None:
    page = with_stopped_clock(new_context(), ada)
    page.get_by_role("button", name="Try again").click()
    is_signed_in(page)


def test_focus_stays_on_the_button_when_the_start_fails_again(
    new_context: NewContext, ada: Person
) -> None:
    page = new_context().new_page()
    sign_in(page, ada)
    page.route(CALLS[1], offline)
    page.reload()
    again = page.get_by_role("button", name="Try again")
    again.focus()
    with page.expect_event("requestfailed"):
        page.keyboard.press("Enter")
    expect(again).to_be_enabled()
    expect(again).to_be_focused()


def test_profile_is_asked_for_again_when_it_failed_after_the_sign_in(
    page: Page, ada: Person
) -> None:
    page.goto("/app")
    page.route("**/profile", offline)
    fill_in(page, ada)
    expect(page.get_by_role("heading", name="The service cannot be reached")).to_be_visible()
    page.unroute("**/profile")
    is_signed_in(page)


# Storage.


def test_page_works_when_storage_is_blocked(new_context: NewContext, ada: Person) -> None:
    context = new_context()
    context.add_init_script(NO_STORAGE)
    page = context.new_page()
    enter_room(page, ada)
    page.reload()
    is_signed_in(page)
    with page.expect_response("**/logout"):
        page.get_by_role("button", name="Sign out").click()
    is_at_the_form(page)
    page.reload()
    is_at_the_form(page)


def test_session_goes_on_when_storage_was_wiped(page: Page, ada: Person) -> None:
    sign_in(page, ada)
    page.evaluate("localStorage.clear()")
    page.reload()
    is_signed_in(page)


# Sign-out without a network.


def test_sign_out_is_told_to_the_service_when_it_was_offline(
    new_context: NewContext, ada: Person
) -> None:
    context = new_context()
    page = context.new_page()
    enter_room(page, ada)
    context.set_offline(offline=True)
    page.get_by_role("button", name="Sign out").click()
    is_at_the_form(page)
    expect(page.get_by_text("You are signed out here")).to_be_visible()
    with page.expect_response("**/logout"):
        context.set_offline(offline=False)
    assert context.cookies() == []


def test_reload_does_not_sign_in_again_when_the_sign_out_did_not_arrive(
    new_context: NewContext, ada: Person
) -> None:
    context = new_context()
    page = context.new_page()
    enter_room(page, ada)
    page.route("**/logout", offline)
    page.get_by_role("button", name="Sign out").click()
    is_at_the_form(page)
    page.reload()
    expect(page.get_by_role("heading", name="The service cannot be reached")).to_be_visible()
    page.unroute("**/logout")
    is_at_the_form(page)
    assert context.cookies() == []


# The line of the room.


class WebSocketLine:
    """The sockets of a page, the latest of which a test can end or silence."""

    def __init__(self, page: Page) -> None:
        self.lines: list[WebSocketRoute] = []
        self._silent: list[WebSocketRoute] = []
        page.route_web_socket("**/connection/websocket", self._open)

    def _open(self, line: WebSocketRoute) -> None:
        server = line.connect_to_server()
        self.lines.append(line)
        self._pass_on(line, line, server)
        self._pass_on(line, server, line)

    def _pass_on(
        self, line: WebSocketRoute, source: WebSocketRoute, target: WebSocketRoute
    ) -> None:
        source.on_message(lambda text: None if line in self._silent else target.send(text))

    def end(self) -> None:
        """Closes the latest socket for good, as the service does when a session ends."""
        disconnect: dict[str, Any] = {"code": 3500, "reason": "invalid token"}
        self.lines[-1].send(json.dumps({"push": {"disconnect": disconnect}}))

    def fall_silent(self) -> None:
        self._silent.append(self.lines[-1])


def test_room_shows_its_frame_when_it_is_not_connected_yet(page: Page, ada: Person) -> None:
    page.route_web_socket("**/connection/websocket", lambda _: None)
    sign_in(page, ada)
    expect(page.get_by_text("Connecting…")).to_be_visible()
    expect(page.get_by_text("Loading messages…")).to_be_visible()
    expect(page.get_by_role("list", name="In the room")).to_contain_text("Ada (you)")


def test_room_connects_again_when_asked_to_after_it_was_closed_for_good(
    page: Page, ada: Person
) -> None:
    line = WebSocketLine(page)
    enter_room(page, ada)
    line.end()
    expect(page.get_by_text("Disconnected")).to_be_visible()
    page.get_by_role("button", name="Connect again").click()
    expect(page.get_by_text("Connected", exact=True)).to_be_visible()
    expect(page.get_by_role("button", name="Connect again")).to_be_hidden()


def test_message_is_sent_once_when_the_line_died_without_a_word(page: Page, ada: Person) -> None:
    line = WebSocketLine(page)
    enter_room(page, ada)
    line.fall_silent()
    say(page, "Is anybody there?")
    expect(page.get_by_text("Sending…")).to_be_visible()
    expect(page.get_by_text("Sent", exact=True)).to_be_visible()
    expect(heard(page, "Is anybody there?")).to_have_count(1)
    assert len(line.lines) == 2


@pytest.mark.parametrize(
    "event",
    [
        pytest.param("dispatchEvent(new Event('online'))", id="the device is online again"),
        pytest.param(
            "document.dispatchEvent(new Event('visibilitychange'))", id="the page becomes visible"
        ),
    ],
)
def test_silent_line_is_replaced_when(page: Page, ada: Person, event: str) -> None:
    line = WebSocketLine(page)
    enter_room(page, ada)
    line.fall_silent()
    page.evaluate(event)
    expect(page.get_by_text("Reconnected")).to_be_visible()
    assert len(line.lines) == 2


def test_enter_of_an_input_method_sends_nothing(page: Page, ada: Person) -> None:
    enter_room(page, ada)
    box = page.get_by_role("textbox", name="Message")
    box.fill("にほん")
    for key in ({"isComposing": True}, {"keyCode": 229}):
        box.dispatch_event("keydown", {"key": "Enter", "bubbles": True, "cancelable": True, **key})
    expect(box).to_have_value("にほん")
