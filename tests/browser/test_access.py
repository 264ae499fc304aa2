"""Accessibility: assistive technology, keyboards and small screens, and the API documentation."""

import json
import re
from collections.abc import Callable
from typing import Any, Literal
from urllib.parse import urlsplit

import pytest
from playwright.sync_api import Page, Request, Route, WebSocketRoute, expect

from tests.browser.conftest import NewContext
from tests.browser.people import PASSWORD, Person, enter_room, heard, say, stranger
from tests.support.evidence import Record
from tests.support.length import LONG, examples

SERIOUS = ("serious", "critical")
IS_DARK = "matchMedia('(prefers-color-scheme: dark)').matches"

TOKEN = "A" * 43
CUT = """
[...document.querySelectorAll("button, a, label, h1, h2, p, input, .bar, .card")]
  .filter((each) => each.checkVisibility() && !each.closest(".unseen, .skip, .log"))
  .filter((each) => getComputedStyle(each).display !== "inline")
  .filter((each) => each.scrollWidth > each.clientWidth + 1)
  .map((each) => each.outerHTML.slice(0, 120))
"""
"""The elements whose text is wider than they are."""

Scheme = Literal["light", "dark"]
SCHEMES: tuple[Scheme, ...] = ("light", "dark")
both_schemes = pytest.mark.parametrize("scheme", examples(SCHEMES, 1))
VIEWS = [
    *("", "#register", "#forgot", "#verify", "#reset", "#confirm-email"),
    *(f"#{name}={TOKEN}" for name in ("verify", "reset", "confirm-email")),
]
IN_BOTH = [(view, scheme) for view in VIEWS for scheme in SCHEMES]
IN_TURNS = [(view, SCHEMES[number % 2]) for number, view in enumerate(VIEWS)]


Findings = Callable[[Page, str], list[dict[str, Any]]]


@pytest.fixture
def findings(axe: str, evidence: Record) -> Findings:
    """A function that runs axe on a view as it is now. Returns the violations."""

    def find(page: Page, view: str) -> list[dict[str, Any]]:
        page.evaluate(axe)
        report = page.evaluate("axe.run()")
        violations: list[dict[str, Any]] = report["violations"]
        serious = [each for each in violations if each["impact"] in SERIOUS]
        row = {
            "view": view,
            "colors": "dark" if page.evaluate(IS_DARK) else "light",
            "rules passed": len(report["passes"]),
            "violated": len(violations),
            "serious": len(serious),
        }
        evidence("Accessibility (axe)", row)
        return violations

    return find


@pytest.mark.parametrize(("view", "scheme"), IN_BOTH if LONG else IN_TURNS)
def test_axe_finds_nothing_before_signing_in(
    new_context: NewContext, findings: Findings, scheme: Scheme, view: str
) -> None:
    page = new_context(color_scheme=scheme).new_page()
    page.goto(f"/app{view}")
    expect(page.get_by_role("heading", level=1)).to_be_visible()
    name = view.replace(f"={TOKEN}", " with a token")
    assert findings(page, name or "sign in") == []


@both_schemes
def test_axe_finds_nothing_after_the_registration(
    new_context: NewContext, findings: Findings, scheme: Scheme
) -> None:
    page = new_context(color_scheme=scheme).new_page()
    page.goto("/app#register")
    page.get_by_label("Email address").fill(stranger("Ida").email)
    page.get_by_label("Password", exact=True).fill(PASSWORD)
    page.get_by_role("button", name="Create account").click()
    page.get_by_role("button", name="Send it again").click()
    expect(page.get_by_text("Sent. If it does not arrive")).to_be_visible()
    assert findings(page, "check your email") == []


@both_schemes
def test_axe_finds_nothing_while_the_service_cannot_be_reached(
    new_context: NewContext, findings: Findings, scheme: Scheme
) -> None:
    page = new_context(color_scheme=scheme).new_page()
    page.route("**/sessions/refresh", lambda route: route.abort("internetdisconnected"))
    page.goto("/app")
    expect(page.get_by_role("heading", name="The service cannot be reached")).to_be_visible()
    assert findings(page, "cannot be reached") == []


@both_schemes
def test_axe_finds_nothing_when_signed_in(
    new_context: NewContext, findings: Findings, scheme: Scheme, ada: Person
) -> None:
    page = new_context(color_scheme=scheme).new_page()
    lines: list[WebSocketRoute] = []

    def through(line: WebSocketRoute) -> None:
        line.connect_to_server()
        lines.append(line)

    page.route_web_socket("**/connection/websocket", through)
    enter_room(page, ada)
    say(page, "Can everybody read this?")
    expect(page.get_by_text("Sent", exact=True)).to_be_visible()
    assert findings(page, "room") == []
    disconnect = {"push": {"disconnect": {"code": 3500, "reason": "invalid token"}}}
    lines[0].send(json.dumps(disconnect))
    expect(page.get_by_role("button", name="Connect again")).to_be_visible()
    assert findings(page, "room, disconnected") == []
    page.get_by_role("link", name="Sessions").click()
    expect(page.get_by_text("current session")).to_be_visible()
    assert findings(page, "sessions") == []
    page.get_by_role("link", name="Profile").click()
    for part in page.locator("details.card > summary").all():
        part.click()
    assert findings(page, "profile") == []
    page.get_by_role("button", name="Sign out").click()
    expect(page.get_by_text("You are signed out.")).to_be_visible()
    assert findings(page, "signed out") == []


def test_axe_finds_nothing_when_a_form_was_wrong(page: Page, findings: Findings) -> None:
    page.goto("/app")
    page.get_by_role("button", name="Sign in").click()
    expect(page.get_by_label("Email address")).to_be_focused()
    assert findings(page, "sign in, refused") == []


def test_everything_works_by_keyboard(page: Page, ada: Person) -> None:
    page.goto("/app")
    page.get_by_label("Email address").focus()
    page.keyboard.type(ada.email)
    page.keyboard.press("Tab")
    page.keyboard.type(PASSWORD)
    page.keyboard.press("Enter")
    expect(page.get_by_text("Connected", exact=True)).to_be_visible()
    page.get_by_role("textbox", name="Message").focus()
    page.keyboard.type("By keyboard")
    page.keyboard.press("Enter")
    expect(page.get_by_text("Sent", exact=True)).to_be_visible()


@pytest.mark.parametrize("width", [320, 390, 640, 1280])
def test_no_view_is_wider_than_the_screen(new_context: NewContext, ada: Person, width: int) -> None:
    page = new_context(viewport={"width": width, "height": 700}).new_page()
    enter_room(page, ada)
    say(page, "w" * 200)
    for view in ("Room", "Sessions", "Profile"):
        page.get_by_role("link", name=view).click()
        expect(page.get_by_role("link", name=view)).to_have_attribute("aria-current", "page")
        assert page.evaluate("document.documentElement.scrollWidth") <= width


@pytest.mark.parametrize("view", ["", "#register", "#verify", f"#reset={TOKEN}"])
def test_nothing_is_cut_when_text_is_twice_as_large(new_context: NewContext, view: str) -> None:
    page = new_context(viewport={"width": 640, "height": 500}).new_page()
    page.goto(f"/app{view}")
    expect(page.locator("form")).to_be_visible()
    page.evaluate("document.documentElement.style.fontSize = '200%'")
    assert page.evaluate("document.documentElement.scrollWidth") <= 640
    assert page.evaluate(CUT) == []


@pytest.mark.parametrize("width", [390, 1280])
def test_room_can_be_used_when_text_is_twice_as_large(
    new_context: NewContext, ada: Person, width: int
) -> None:
    page = new_context(viewport={"width": width, "height": 800}).new_page()
    enter_room(page, ada)
    page.evaluate("document.documentElement.style.fontSize = '200%'")
    assert page.evaluate("document.documentElement.scrollWidth") <= width
    assert page.evaluate(CUT) == []
    say(page, f"In large letters, {width}")
    expect(heard(page, f"In large letters, {width}")).to_be_in_viewport()


def test_messages_have_room_when_a_small_window_is_zoomed(
    new_context: NewContext, ada: Person
) -> None:
    """A window of 1,280 by 800 pixels at 200 percent."""
    page = new_context(viewport={"width": 640, "height": 400}).new_page()
    enter_room(page, ada)
    box = page.get_by_role("log").bounding_box()
    assert box
    assert box["height"] > 120


@pytest.mark.parametrize("width", [390, 1280])
def test_bar_stays_in_its_place_when_the_script_arrives(
    new_context: NewContext, width: int
) -> None:
    held: list[Route] = []
    page = new_context(viewport={"width": width, "height": 700}).new_page()
    page.route("**/app/main-*.js", lambda route: held.append(route))
    with page.expect_request("**/app/main-*.js"):
        page.goto("/app", wait_until="commit")
    expect(page.get_by_text("Loading…")).to_be_visible()
    page.wait_for_function("getComputedStyle(document.body).margin === '0px'")
    places = """[".bar", ".brand", ".card"].map((each) => {
        const { x, y, width } = document.querySelector(each).getBoundingClientRect();
        return [x, y, width];
    })"""
    before = page.evaluate(places)
    held[0].continue_()
    expect(page.locator("form")).to_be_visible()
    assert page.evaluate(places) == before


def test_page_is_small(new_context: NewContext, evidence: Record) -> None:
    page = new_context().new_page()
    sizes: dict[str, int] = {}

    def weigh(request: Request) -> None:
        name = re.sub(r"-[0-9a-f]{8}", "", urlsplit(request.url).path)
        # The mailbox exists only on the local stage.
        if not name.startswith("/_local"):
            sizes[name] = request.sizes()["responseBodySize"]

    page.on("requestfinished", weigh)
    page.goto("/app")
    expect(page.locator("form")).to_be_visible()
    for name, size in {**sizes, "total": sum(sizes.values())}.items():
        evidence("Size of the page as sent", {"file": name, "bytes": size})
    assert sum(sizes.values()) < 100_000


def test_documents_show_routes_and_try_them(page: Page) -> None:
    page.goto("/docs")
    expect(page.locator(".opblock")).not_to_have_count(0)
    page.locator("#operations-wellknown-get_health .opblock-summary-control").click()
    page.get_by_role("button", name="Execute").click()
    answer = page.locator(".live-responses-table tr.response .response-col_status")
    expect(answer.first).to_contain_text("200")


@both_schemes
def test_axe_finds_nothing_serious_in_the_documents(
    new_context: NewContext, findings: Findings, scheme: Scheme
) -> None:
    page = new_context(color_scheme=scheme).new_page()
    page.goto("/docs")
    page.locator("#operations-login-post_login .opblock-summary-control").click()
    expect(page.get_by_role("button", name="Execute")).to_be_visible()
    violations = findings(page, "documents")
    assert [each["id"] for each in violations if each["impact"] in SERIOUS] == []
