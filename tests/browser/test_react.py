"""The app of docs/guides/call-it.md, in a browser."""

import json
from pathlib import Path

import pytest
from playwright.sync_api import Page, Route, expect

from tests.browser.conftest import NewContext
from tests.browser.people import PASSWORD, Person
from tests.support.guides import block
from tests.support.node import MODULES, ROOT, need_node, run

PAGE = '<!doctype html><title>React</title><div id="app"></div><script src="/react.js"></script>'
START = """
import { createRoot } from "react-dom/client";
import { App } from "./app";

const config = await (await fetch("/app/config.json")).json();
createRoot(document.getElementById("app")!).render(<App socketUrl={config.socket_url} />);
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


@pytest.fixture
def app(tmp_path: Path) -> Path:
    """A folder with the guide's app, changed to call the API at the page's origin."""
    need_node()
    text = block("guides/call-it.md", "tsx")
    assert 'url: "https://api.example.com"' in text
    (tmp_path / "app.tsx").write_text(text.replace('url: "https://api.example.com", ', ""))
    (tmp_path / "start.tsx").write_text(START)
    (tmp_path / "tsconfig.json").write_text(json.dumps(SETTINGS))
    return tmp_path


def script(app: Path) -> str:
    built = app / "react.js"
    options = ["--bundle", "--format=esm", "--jsx=automatic", f"--outfile={built}"]
    done = run("esbuild", str(app / "start.tsx"), *options)
    assert done.returncode == 0, done.stderr
    return built.read_text()


def open_app(page: Page, text: str) -> None:
    """Shows the app at a URL of the service's origin."""

    def serve(route: Route) -> None:
        if route.request.url.endswith(".js"):
            route.fulfill(body=text, content_type="text/javascript")
        else:
            route.fulfill(
                body=PAGE.replace("<script", '<script type="module"'), content_type="text/html"
            )

    page.route("**/react.*", serve)
    page.goto("/react.html")


def sign_in(page: Page, person: Person) -> None:
    page.get_by_label("Email").fill(person.email)
    page.get_by_label("Password").fill(PASSWORD)
    page.get_by_role("button", name="Sign in").click()
    expect(page.get_by_label("Message")).to_be_visible()


def test_app_compiles(app: Path) -> None:
    done = run("tsc", "--noEmit", "--project", str(app))
    assert (done.stdout, done.returncode) == ("", 0)


def test_two_people_talk(app: Path, new_context: NewContext, ada: Person, grace: Person) -> None:
    text = script(app)
    here, there = new_context().new_page(), new_context().new_page()
    for page, person in ((here, ada), (there, grace)):
        open_app(page, text)
        sign_in(page, person)
    # The app does not show that it has joined the room. When it shows its own message, it has.
    for page, said in ((there, "Hello"), (here, "Hello Grace")):
        expect(page.get_by_label("Message")).to_be_editable()
        page.get_by_label("Message").fill(said)
        page.get_by_label("Message").press("Enter")
        expect(page.get_by_text(said, exact=True)).to_be_visible()
    expect(there.get_by_text("Hello Grace", exact=True)).to_be_visible()


def test_reload_goes_on_with_the_session(app: Path, new_context: NewContext, ada: Person) -> None:
    page = new_context().new_page()
    open_app(page, script(app))
    sign_in(page, ada)
    page.reload()
    expect(page.get_by_label("Message")).to_be_visible()


def test_wrong_password_is_told(app: Path, new_context: NewContext, ada: Person) -> None:
    page = new_context().new_page()
    open_app(page, script(app))
    page.get_by_label("Email").fill(ada.email)
    page.get_by_label("Password").fill("wrong")
    page.get_by_role("button", name="Sign in").click()
    expect(page.get_by_role("alert")).to_have_text("The email address or the password is wrong")
