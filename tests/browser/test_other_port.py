"""A page that the developer serves at another port of this machine, on the local stack."""

import json
from pathlib import Path

import pytest
from playwright.sync_api import Page, Route

from harness.local_stack import LocalStack
from tests.browser.conftest import NewContext
from tests.browser.people import PASSWORD, Person
from tests.support.node import MODULES, ROOT, need_node, run

ORIGIN = "http://localhost:5173"
PAGE = '<!doctype html><title>App</title><script type="module" src="/app.js"></script>'
APP = """
import { Centrifuge } from "centrifuge";
import { Gatehouse } from "gatehouse-client";

const gatehouse = new Gatehouse({ url: "HTTP", refresh: "cookie" });

async function say(text) {
  const socket = new Centrifuge("SOCKET", { getToken: gatehouse.socketToken });
  const room = socket.newSubscription("room:lobby");
  room.subscribe();
  socket.connect();
  await room.ready();
  await room.publish({ id: crypto.randomUUID(), name: "", text, at: Date.now() });
  const { publications } = await room.history({ limit: 1, reverse: true });
  socket.disconnect();
  return publications[0].data.text;
}

Object.assign(window, { gatehouse, say });
"""
PATHS = {
    "gatehouse-client": [str(ROOT / "clients/typescript/src/index.ts")],
    "*": [str(MODULES / "*")],
}


@pytest.fixture
def app(tmp_path: Path, stack: LocalStack) -> str:
    need_node()
    (tmp_path / "tsconfig.json").write_text(json.dumps({"compilerOptions": {"paths": PATHS}}))
    source, built = tmp_path / "app.ts", tmp_path / "app.js"
    source.write_text(APP.replace("HTTP", stack.http).replace("SOCKET", stack.socket))
    done = run("esbuild", str(source), "--bundle", "--format=esm", f"--outfile={built}")
    assert done.returncode == 0, done.stderr
    return built.read_text()


@pytest.fixture
def page_at_another_port(new_context: NewContext, app: str) -> Page:
    def serve(route: Route) -> None:
        is_script = route.request.url.endswith(".js")
        kind = "text/javascript" if is_script else "text/html"
        route.fulfill(body=app if is_script else PAGE, content_type=kind)

    page = new_context(base_url=ORIGIN).new_page()
    page.route(f"{ORIGIN}/**", serve)
    page.goto("/")
    return page


def test_page_at_another_port_signs_in_restores_and_talks(
    page_at_another_port: Page, ada: Person
) -> None:
    page = page_at_another_port
    credentials = [ada.email, PASSWORD]
    page.evaluate("([email, password]) => gatehouse.signIn(email, password)", credentials)
    page.reload()
    assert page.evaluate("gatehouse.restore()") is True
    assert page.evaluate("gatehouse.call('get', '/profile')")["email"] == ada.email
    assert page.evaluate("say('From another port')") == "From another port"
