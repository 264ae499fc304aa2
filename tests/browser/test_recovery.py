"""History and recovery on the page, by a scripted server that offers them."""

import json
from typing import Any

from playwright.sync_api import Page, WebSocketRoute, expect

from tests.browser.people import Person, heard, say, sign_in

PAGE = 30
EPOCH = "e1"


class Server:
    """A room with history, as PROTOCOL.md has it: 45 messages, and what comes later."""

    def __init__(self) -> None:
        self.told = [f"Message {number}" for number in range(1, 46)]
        self.line: WebSocketRoute | None = None
        self.refuses = False

    def open(self, line: WebSocketRoute) -> None:
        self.line = line
        line.on_message(lambda text: self._answer(line, str(text)))

    def _answer(self, line: WebSocketRoute, text: str) -> None:
        for command in map(json.loads, text.split("\n")):
            number = command.pop("id", 0)
            for method, params in command.items():
                line.send(json.dumps({"id": number, **self._reply(method, params)}))

    def _reply(self, method: str, params: dict[str, Any]) -> dict[str, Any]:
        if method == "publish" and self.refuses:
            return {"error": {"code": 103, "message": "permission denied"}}
        replies = {
            "connect": {"client": "c1", "version": "1", "ping": 0, "expires": False, "subs": {}},
            "subscribe": self._subscribed(params) if method == "subscribe" else {},
            "presence": {"presence": {}},
            "history": self._history(params) if method == "history" else {},
        }
        return {method: replies.get(method, {})}

    def _subscribed(self, params: dict[str, Any]) -> dict[str, Any]:
        top = len(self.told)
        position = {"recoverable": True, "positioned": True, "epoch": EPOCH, "offset": top}
        if not params.get("recover"):
            return position
        missed = [self._publication(n) for n in range(params.get("offset", 0) + 1, top + 1)]
        return {**position, "was_recovering": True, "recovered": True, "publications": missed}

    def _history(self, params: dict[str, Any]) -> dict[str, Any]:
        end = params.get("since", {}).get("offset", len(self.told) + 1)
        offsets = range(end - 1, max(0, end - 1 - params["limit"]), -1)
        page = [self._publication(offset) for offset in offsets]
        return {"publications": page, "epoch": EPOCH, "offset": len(self.told)}

    def _publication(self, offset: int) -> dict[str, Any]:
        text = self.told[offset - 1]
        data = {"kind": "message", "id": f"m{offset}", "name": "Grace", "text": text, "at": offset}
        return {"data": data, "offset": offset, "info": {"user": "u2", "client": "c2"}}


def enter(page: Page, person: Person) -> Server:
    server = Server()
    page.route_web_socket("**/connection/websocket", server.open)
    sign_in(page, person)
    expect(heard(page, "Message 45")).to_be_visible()
    return server


def test_latest_messages_are_shown_when_the_room_is_entered(page: Page, ada: Person) -> None:
    enter(page, ada)
    expect(heard(page, "Message 45")).to_be_in_viewport()
    expect(heard(page, "Message 15")).to_have_count(0)


def test_older_messages_are_read_when_the_list_is_scrolled_up(page: Page, ada: Person) -> None:
    enter(page, ada)
    page.get_by_role("log").evaluate("log => log.scrollTop = 0")
    expect(heard(page, "Message 1")).to_have_count(1)
    texts = page.get_by_role("log").locator(".bubble").all_text_contents()
    assert texts == [f"Message {number}" for number in range(1, 46)]


def test_recovered_messages_are_shown_once_and_counted(page: Page, ada: Person) -> None:
    server = enter(page, ada)
    assert server.line
    server.told += ["Missed, first", "Missed, second"]
    server.line.close(code=1006, reason="gone")
    expect(page.get_by_text("recovered 2 messages")).to_be_visible()
    expect(heard(page, "Missed, first")).to_have_count(1)
    expect(heard(page, "Missed, second")).to_have_count(1)


def test_refused_message_can_be_sent_again(page: Page, ada: Person) -> None:
    server = enter(page, ada)
    server.refuses = True
    say(page, "Is this allowed?")
    expect(page.get_by_text("Not sent")).to_be_visible()
    server.refuses = False
    page.get_by_role("button", name="Try again").click()
    expect(page.get_by_text("Delivered")).to_be_visible()
