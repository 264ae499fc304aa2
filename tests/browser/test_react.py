"""The app of docs/guides/call-it.md, in a browser and under StrictMode."""

import json
import re
from collections.abc import Iterator
from contextlib import closing
from pathlib import Path
from typing import Any

import httpx
import pytest
from playwright.sync_api import Browser, Locator, Page, Route, WebSocket, WebSocketRoute, expect

from harness.local_stack import LocalStack
from tests.browser.conftest import NewContext
from tests.browser.people import PASSWORD, Person, talk
from tests.browser.test_recovery import a_talk
from tests.support.guides import DOCS, block
from tests.support.node import MODULES, ROOT, need_node, run

PAGE = (
    '<!doctype html><html lang="en"><title>React</title><div id="app"></div>'
    '<script type="module" src="/react.js"></script>'
)
START = """
import { StrictMode } from "react";
import { createRoot } from "react-dom/client";
import { App } from "./app";

createRoot(document.getElementById("app")!).render(<StrictMode><App /></StrictMode>);
"""
SETTINGS = {
    "extends": str(ROOT / "web" / "tsconfig.base.json"),
    "compilerOptions": {
        "jsx": "react-jsx",
        "paths": {
            "gatehouse-client": [str(ROOT / "clients/typescript/src/index.ts")],
            "*": [str(MODULES / "@types" / "*"), str(MODULES / "*")],
        },
    },
    "include": ["app.tsx"],
}
HTTP, SOCKET = 'url: "https://api.example.com", ', '"wss://socket.example.com"'
"""The addresses in the guide."""

GLUE = re.compile(r"^// Glue: .*?\n(.*?)^// End of the glue\.$", re.DOTALL | re.MULTILINE)
MOST_GLUE = 60
WIDEST = 120

COUNT_FORMS = """
window.forms = 0;
new MutationObserver((records) => {
  for (const node of records.flatMap(({ addedNodes }) => [...addedNodes]))
    if (node instanceof Element && node.parentElement?.querySelector("[type=password]"))
      window.forms += 1;
}).observe(document, { childList: true, subtree: true });
"""


@pytest.fixture
def app(tmp_path: Path) -> Path:
    """A folder with the guide's app."""
    need_node()
    (tmp_path / "app.tsx").write_text(block("guides/call-it.md", "tsx"))
    (tmp_path / "start.tsx").write_text(START)
    (tmp_path / "tsconfig.json").write_text(json.dumps(SETTINGS))
    return tmp_path


@pytest.fixture
def script(app: Path, stack: LocalStack) -> str:
    """The app as one script, with the addresses of the stack."""
    source = app / "app.tsx"
    text = source.read_text()
    assert (text.count(HTTP), text.count(SOCKET)) == (1, 1)
    source.write_text(text.replace(HTTP, "").replace(SOCKET, json.dumps(stack.socket)))
    built = app / "react.js"
    options = ["--bundle", "--format=esm", "--jsx=automatic", f"--outfile={built}"]
    done = run("esbuild", str(app / "start.tsx"), *options)
    assert done.returncode == 0, done.stderr
    return built.read_text()


@pytest.fixture
def page(new_context: NewContext) -> Page:
    return new_context().new_page()


def open_app(page: Page, script: str) -> Page:
    """Shows the app at a URL of the service's origin."""

    def serve(route: Route) -> None:
        if route.request.url.endswith(".js"):
            route.fulfill(body=script, content_type="text/javascript")
        else:
            route.fulfill(body=PAGE, content_type="text/html")

    page.route("**/react.*", serve)
    page.goto("/react.html")
    return page


def fill_in(page: Page, person: Person, password: str = PASSWORD) -> None:
    page.get_by_label("Email").fill(person.email)
    page.get_by_label("Password").fill(password)
    page.get_by_role("button", name="Sign in").click()


def sign_in(page: Page, person: Person) -> None:
    fill_in(page, person)
    in_room(page)


def in_room(page: Page) -> None:
    """Waits until the room's history and people are shown."""
    expect(people(page).get_by_text("You", exact=True)).to_be_visible()
    expect(page.get_by_text("Connecting")).to_be_hidden()


def people(page: Page) -> Locator:
    return page.get_by_role("list", name="In the room").get_by_role("listitem")


def box(page: Page) -> Locator:
    return page.get_by_role("textbox", name="Message")


def say(page: Page, text: str) -> None:
    expect(box(page)).to_be_editable()
    box(page).fill(text)
    box(page).press("Enter")


def choose_room(page: Page, name: str) -> None:
    page.get_by_role("combobox", name="Room").select_option(name)


def heard(page: Page, text: str) -> Locator:
    return page.get_by_role("log").get_by_text(text, exact=True)


def texts(page: Page) -> list[str]:
    return page.get_by_role("log").locator("li span").all_text_contents()


def sent(socket: WebSocket, commands: list[dict[str, Any]]) -> None:
    """Adds to a list the commands that the page sends from now on."""

    def add(frame: str | bytes) -> None:
        commands.extend(json.loads(line) for line in str(frame).splitlines() if line)

    socket.on("framesent", add)


def channels(commands: list[dict[str, Any]], name: str) -> list[str]:
    return [command[name]["channel"] for command in commands if name in command]


@pytest.fixture
def commands(page: Page) -> list[dict[str, Any]]:
    """The commands that the page has sent on its sockets so far."""
    found: list[dict[str, Any]] = []
    page.on("websocket", lambda socket: sent(socket, found))
    return found


def test_app_compiles(app: Path) -> None:
    done = run("tsc", "--noEmit", "--project", str(app))
    assert (done.stdout, done.returncode) == ("", 0)


def test_glue_is_as_short_as_the_guide_says() -> None:
    """Counts the lines between the two marks that are neither blank nor only a comment."""
    (glue,) = GLUE.findall(block("guides/call-it.md", "tsx"))
    lines = [line for line in glue.splitlines() if line.strip()]
    code = [line for line in lines if not re.match(r" *(?://|/\*\*.*\*/$)", line)]
    assert len(code) < MOST_GLUE
    assert [line for line in code if len(line) > WIDEST] == []
    text = " ".join((DOCS / "guides/call-it.md").read_text(encoding="utf-8").split())
    assert f"is {len(code)} lines without imports, comments and blank lines" in text


def test_two_people_talk(script: str, new_context: NewContext, ada: Person, grace: Person) -> None:
    here, there = new_context().new_page(), new_context().new_page()
    for page, person in ((here, ada), (there, grace)):
        sign_in(open_app(page, script), person)
    hello, answer = a_talk(2)
    say(here, hello)
    expect(heard(there, hello)).to_be_visible()
    say(there, answer)
    expect(heard(here, answer)).to_be_visible()


def test_message_names_its_sender_when_it_is_shown(
    script: str, page: Page, stack: LocalStack, ada: Person, grace: Person
) -> None:
    sign_in(open_app(page, script), ada)
    (mine,), (other,) = a_talk(1), a_talk(1)
    say(page, mine)
    expect(heard(page, mine)).to_be_visible()
    talk(stack, grace, [other])
    rows = page.get_by_role("log").get_by_role("listitem")
    expect(rows.filter(has_text=mine)).to_have_text(f"You {mine}")
    expect(rows.filter(has_text=other)).to_have_text(re.compile(f"User [0-9a-f]{{6}} {other}"))


def test_one_refresh_and_one_socket_when_the_page_is_loaded_again(
    script: str, page: Page, ada: Person
) -> None:
    sign_in(open_app(page, script), ada)
    refreshes: list[str] = []
    sockets: list[WebSocket] = []
    page.on(
        "request",
        lambda each: refreshes.append(each.url) if each.url.endswith("/refresh") else None,
    )
    page.on("websocket", lambda socket: sockets.append(socket))
    page.reload()
    in_room(page)
    assert (len(refreshes), len(sockets)) == (1, 1)


def test_components_of_one_room_share_its_subscription(
    script: str, page: Page, commands: list[dict[str, Any]], ada: Person
) -> None:
    sign_in(open_app(page, script), ada)
    assert channels(commands, "subscribe") == ["room:lobby"]
    assert channels(commands, "history") == ["room:lobby"]


def test_no_form_is_attached_when_the_page_is_loaded_again(
    script: str, page: Page, ada: Person
) -> None:
    page.add_init_script(COUNT_FORMS)
    sign_in(open_app(page, script), ada)
    assert page.evaluate("forms") > 0
    held: list[Route] = []
    page.route("**/sessions/refresh", lambda route: held.append(route))
    with page.expect_request("**/sessions/refresh"):
        page.reload()
    assert page.evaluate("forms") == 0
    expect(page.get_by_role("status")).to_have_text("Loading …")
    held[0].continue_()
    in_room(page)
    assert page.evaluate("forms") == 0


def test_history_is_shown_when_the_page_is_loaded_again(
    script: str, page: Page, stack: LocalStack, ada: Person, grace: Person
) -> None:
    sign_in(open_app(page, script), ada)
    said = a_talk(3)
    talk(stack, grace, said)
    expect(heard(page, said[-1])).to_be_visible()
    page.reload()
    expect(heard(page, said[-1])).to_be_visible()
    assert texts(page)[-3:] == said


def test_messages_are_shown_once_and_in_order_when_they_were_missed(
    script: str, new_context: NewContext, stack: LocalStack, ada: Person, grace: Person
) -> None:
    context = new_context()
    page = open_app(context.new_page(), script)
    sign_in(page, ada)
    before, *missed = a_talk(4)
    talk(stack, grace, [before])
    expect(heard(page, before)).to_be_visible()
    context.set_offline(offline=True)
    expect(page.get_by_text("Connecting")).to_be_visible()
    talk(stack, grace, missed)
    context.set_offline(offline=False)
    expect(heard(page, missed[-1])).to_be_visible()
    in_room(page)
    assert texts(page)[-4:] == [before, *missed]


def test_latest_messages_replace_the_list_when_too_many_were_missed(
    script: str, new_context: NewContext, stack: LocalStack, ada: Person, grace: Person
) -> None:
    context = new_context()
    page = open_app(context.new_page(), script)
    sign_in(page, ada)
    (before,) = a_talk(1)
    talk(stack, grace, [before])
    expect(heard(page, before)).to_be_visible()
    context.set_offline(offline=True)
    expect(page.get_by_text("Connecting")).to_be_visible()
    long = [f"{text} {'x' * 1900}" for text in a_talk(40)]
    talk(stack, grace, long)
    context.set_offline(offline=False)
    expect(heard(page, long[-1])).to_be_visible()
    in_room(page)
    shown = texts(page)
    assert 0 < len(shown) < len(long)
    assert shown == long[-len(shown) :]


def test_people_follow_who_comes_and_goes(
    script: str, new_context: NewContext, ada: Person, grace: Person
) -> None:
    here, there = new_context().new_page(), new_context().new_page()
    sign_in(open_app(here, script), ada)
    expect(people(here)).to_have_text(["You"])
    sign_in(open_app(there, script), grace)
    expect(people(here)).to_have_text(["You", re.compile("User [0-9a-f]{6}")])
    there.close()
    expect(people(here)).to_have_text(["You"])


def test_room_is_left_when_another_is_chosen(
    script: str,
    page: Page,
    commands: list[dict[str, Any]],
    stack: LocalStack,
    ada: Person,
    grace: Person,
) -> None:
    sign_in(open_app(page, script), ada)
    choose_room(page, "Help")
    in_room(page)
    assert channels(commands, "subscribe") == ["room:lobby", "room:help"]
    assert channels(commands, "unsubscribe") == ["room:lobby"]
    (said,) = a_talk(1)
    talk(stack, grace, [said])
    choose_room(page, "Lobby")
    expect(heard(page, said)).to_have_count(1)


def refuse_once(page: Page, name: str) -> None:
    """Answers the first command of this name with an error, instead of the service."""
    refused: list[str] = []

    def through(line: WebSocketRoute) -> None:
        server = line.connect_to_server()

        def pass_on(frame: str | bytes) -> None:
            passed = []
            for text in str(frame).splitlines():
                command = json.loads(text)
                if name in command and not refused:
                    refused.append(name)
                    error = {"code": 100, "message": "unavailable", "temporary": True}
                    line.send(json.dumps({"id": command["id"], "error": error}))
                    # The service expects IDs without a gap, and answers this one for itself.
                    command = {"id": command["id"], "rpc": {"method": "time"}}
                passed.append(json.dumps(command))
            server.send("\n".join(passed))

        line.on_message(pass_on)

    page.route_web_socket(re.compile("^ws"), through)


def test_text_stays_when_it_could_not_be_sent(script: str, page: Page, ada: Person) -> None:
    refuse_once(page, "publish")
    sign_in(open_app(page, script), ada)
    (text,) = a_talk(1)
    say(page, text)
    expect(page.get_by_role("alert")).to_contain_text("may not have been sent (unavailable)")
    expect(box(page)).to_have_value(text)
    box(page).press("Enter")
    expect(heard(page, text)).to_have_count(1)


def test_room_is_read_again_when_reading_it_failed(
    script: str, page: Page, stack: LocalStack, ada: Person, grace: Person
) -> None:
    refuse_once(page, "history")
    (said,) = a_talk(1)
    talk(stack, grace, [said])
    fill_in(open_app(page, script), ada)
    expect(page.get_by_text("unavailable")).to_be_visible()
    page.get_by_role("button", name="Try again").click()
    expect(heard(page, said)).to_have_count(1)


def test_message_is_not_sent_when_enter_ends_a_composition(
    script: str, page: Page, ada: Person
) -> None:
    sign_in(open_app(page, script), ada)
    before = texts(page)
    keyboard = page.context.new_cdp_session(page)
    box(page).focus()
    keyboard.send("Input.imeSetComposition", {"text": "に", "selectionStart": 1, "selectionEnd": 1})
    # What browsers report for keys that an input method takes: key code 229.
    enter = {"key": "Enter", "code": "Enter", "windowsVirtualKeyCode": 229}
    keyboard.send("Input.dispatchKeyEvent", {"type": "rawKeyDown", **enter})
    keyboard.send("Input.dispatchKeyEvent", {"type": "keyUp", **enter})
    keyboard.send("Input.insertText", {"text": "日"})
    expect(box(page)).to_have_value("日")
    box(page).press("Enter")
    expect(box(page)).to_have_value("")
    expect(page.get_by_role("log").get_by_role("listitem").last).to_have_text("You 日")
    assert texts(page) == [*before, "日"]


def test_wrong_password_is_told(script: str, page: Page, ada: Person) -> None:
    fill_in(open_app(page, script), ada, "wrong")
    expect(page.get_by_role("alert")).to_have_text("The email address or the password is wrong")


def test_button_is_disabled_while_signing_in(script: str, page: Page, ada: Person) -> None:
    held: list[Route] = []
    page.route("**/login", lambda route: held.append(route))
    fill_in(open_app(page, script), ada)
    expect(page.get_by_role("button", name="Signing in")).to_be_disabled()
    held[0].continue_()
    in_room(page)


@pytest.fixture
def failing(browser: Browser, stack: LocalStack) -> Iterator[Page]:
    """A page whose console may report errors."""
    with closing(browser.new_context(base_url=stack.http)) as context:
        yield context.new_page()


def test_trying_again_leads_on_when_the_service_failed(
    script: str, failing: Page, ada: Person
) -> None:
    sign_in(open_app(failing, script), ada)
    failing.route("**/sessions/refresh", lambda route: route.fulfill(status=500, body="{}"))
    failing.reload()
    again = failing.get_by_role("button", name="Try again")
    expect(again).to_be_visible()
    expect(failing.get_by_label("Password")).to_have_count(0)
    failing.unroute("**/sessions/refresh")
    again.click()
    in_room(failing)


def test_sign_out_ends_the_other_tab_too(script: str, new_context: NewContext, ada: Person) -> None:
    context = new_context()
    first, second = (open_app(context.new_page(), script) for _ in range(2))
    sign_in(first, ada)
    second.reload()
    in_room(second)
    first.get_by_role("button", name="Sign out").click()
    expect(second.get_by_role("status")).to_have_text("You signed out in another tab.")
    expect(second.get_by_label("Password")).to_be_visible()


def test_tab_is_signed_out_when_another_user_signs_in_elsewhere(
    script: str, new_context: NewContext, ada: Person, grace: Person
) -> None:
    context = new_context()
    first, second = (open_app(context.new_page(), script) for _ in range(2))
    sign_in(first, ada)
    sign_in(second, grace)
    expect(first.get_by_role("status")).to_have_text("Another user signed in from another tab.")
    expect(people(second)).to_have_text(["You"])


def test_end_of_the_session_is_told(
    script: str, page: Page, stack: LocalStack, ada: Person
) -> None:
    sign_in(open_app(page, script), ada)
    with httpx.Client(base_url=stack.http, timeout=30) as client:
        credentials = {"email": ada.email, "password": PASSWORD}
        token = client.post("/login", json=credentials).json()["access_token"]
        client.headers["authorization"] = f"Bearer {token}"
        for session in client.get("/sessions").json()["sessions"]:
            if not session["current"]:
                client.delete(f"/sessions/{session['id']}").raise_for_status()
    expect(page.get_by_role("status")).to_have_text("Your session has ended. Sign in again.")


def test_second_user_sees_nothing_of_the_first_in_the_same_tab(
    script: str, page: Page, ada: Person, grace: Person
) -> None:
    is_held = False

    def through(line: WebSocketRoute) -> None:
        # A socket that says nothing, so that all that is shown would be of the user before.
        if not is_held:
            line.connect_to_server()

    page.route_web_socket(re.compile("^ws"), through)
    sign_in(open_app(page, script), ada)
    (said,) = a_talk(1)
    say(page, said)
    expect(heard(page, said)).to_be_visible()
    box(page).fill("A draft")
    page.get_by_role("button", name="Sign out").click()
    expect(page.get_by_label("Email")).to_have_value("")
    is_held = True
    fill_in(page, grace)
    expect(page.get_by_text("Connecting")).to_be_visible()
    expect(box(page)).to_have_value("")
    assert (texts(page), people(page).count()) == ([], 0)


def test_socket_is_closed_when_the_user_signs_out(script: str, page: Page, ada: Person) -> None:
    open_app(page, script)
    with page.expect_websocket() as opened:
        sign_in(page, ada)
    with opened.value.expect_event("close"):
        page.get_by_role("button", name="Sign out").click()
    expect(page.get_by_label("Password")).to_be_visible()


def test_axe_finds_nothing_in_any_view(script: str, page: Page, axe: str, ada: Person) -> None:
    open_app(page, script)
    expect(page.get_by_label("Password")).to_be_visible()
    page.evaluate(axe)
    assert page.evaluate("axe.run()")["violations"] == []
    sign_in(page, ada)
    assert page.evaluate("axe.run()")["violations"] == []
