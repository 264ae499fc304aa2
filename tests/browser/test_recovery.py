"""History and recovery on the page: nothing is missed, and what was recovered is counted."""

import json
import threading
from itertools import count

from playwright.sync_api import Page, WebSocketRoute, expect

from harness.local_stack import LocalStack
from tests.browser.conftest import NewContext
from tests.browser.people import Person, enter_room, heard, offset, say, talk

_talks = count(1)


def a_talk(length: int) -> list[str]:
    """Returns messages that no other test sends."""
    number = next(_talks)
    return [f"Message {each} of talk {number}" for each in range(1, length + 1)]


def texts(page: Page) -> list[str]:
    return page.get_by_role("log").locator(".bubble").all_text_contents()


def test_latest_messages_are_shown_when_the_room_is_entered(
    page: Page, stack: LocalStack, ada: Person, grace: Person
) -> None:
    said = a_talk(45)
    talk(stack, grace, said)
    enter_room(page, ada)
    expect(heard(page, said[-1])).to_be_in_viewport()
    expect(heard(page, said[14])).to_have_count(0)


def test_older_messages_are_read_when_the_list_is_scrolled_up(
    page: Page, stack: LocalStack, ada: Person, grace: Person
) -> None:
    said = a_talk(45)
    talk(stack, grace, said)
    enter_room(page, ada)
    expect(heard(page, said[-1])).to_be_visible()
    page.get_by_role("log").evaluate("log => log.scrollTop = 0")
    expect(heard(page, said[0])).to_have_count(1)
    assert texts(page)[-45:] == said


def test_recovered_messages_are_shown_once_and_counted_after_being_offline(
    new_context: NewContext, stack: LocalStack, ada: Person, grace: Person
) -> None:
    context = new_context()
    page = context.new_page()
    before, *missed = a_talk(4)
    enter_room(page, ada)
    talk(stack, grace, [before])
    expect(heard(page, before)).to_be_visible()
    context.set_offline(offline=True)
    expect(page.get_by_text("Reconnecting")).to_be_visible()
    talk(stack, grace, missed)
    context.set_offline(offline=False)
    expect(page.get_by_text("recovered 3 messages")).to_be_visible()
    assert texts(page)[-4:] == [before, *missed]


def test_recovered_messages_are_counted_when_the_line_broke_without_a_word(
    page: Page, stack: LocalStack, ada: Person, grace: Person
) -> None:
    lines: list[WebSocketRoute] = []
    # Not by going offline, which sockets that are routed through here do not always notice.
    is_broken = threading.Event()

    def through(line: WebSocketRoute) -> None:
        if is_broken.is_set():
            line.close(code=1006)
            return
        line.connect_to_server()
        lines.append(line)

    page.route_web_socket("**/connection/websocket", through)
    first, second = a_talk(2)
    enter_room(page, ada)
    talk(stack, grace, [first])
    expect(heard(page, first)).to_be_visible()
    is_broken.set()
    lines[0].close(code=1006)
    expect(page.get_by_text("Reconnecting")).to_be_visible()
    talk(stack, grace, [second])
    is_broken.clear()
    expect(page.get_by_text("recovered 1 message.")).to_be_visible()
    expect(heard(page, second)).to_have_count(1)


def test_latest_messages_are_read_anew_when_more_was_missed_than_is_recovered(
    new_context: NewContext, stack: LocalStack, ada: Person, grace: Person
) -> None:
    context = new_context()
    page = context.new_page()
    (before,) = a_talk(1)
    enter_room(page, ada)
    talk(stack, grace, [before])
    expect(heard(page, before)).to_be_visible()
    context.set_offline(offline=True)
    expect(page.get_by_text("Reconnecting")).to_be_visible()
    long = [f"{text} {'x' * 1900}" for text in a_talk(40)]
    talk(stack, grace, long)
    context.set_offline(offline=False)
    expect(page.get_by_text("showing the latest")).to_be_visible()
    expect(heard(page, long[-1])).to_be_in_viewport()
    for _ in range(2):
        page.get_by_role("log").evaluate("log => log.scrollTop = 0")
    expect(heard(page, long[0])).to_have_count(1)
    assert [text for text in texts(page) if text in long] == long


def test_refused_message_can_be_sent_again(page: Page, ada: Person) -> None:
    refuses = False

    def through(line: WebSocketRoute) -> None:
        server = line.connect_to_server()

        def on_message(text: str | bytes) -> None:
            for command in map(json.loads, str(text).split("\n")):
                refused = refuses and command.get("publish", {}).get("channel") == "room:lobby"
                if refused:
                    line.send(json.dumps({"id": command["id"], "error": {"code": 103}}))
                # Command IDs must have no gap, so another command replaces the refused one.
                forwarded = {"id": command["id"], "ping": {}} if refused else command
                server.send(json.dumps(forwarded))

        line.on_message(on_message)

    page.route_web_socket("**/connection/websocket", through)
    enter_room(page, ada)
    refuses = True
    say(page, "Is this allowed?")
    expect(page.get_by_text("Not sent")).to_be_visible()
    refuses = False
    page.get_by_role("button", name="Try again").click()
    expect(page.get_by_text("Sent", exact=True)).to_be_visible()


def test_typing_is_told_and_not_kept(
    new_context: NewContext, stack: LocalStack, ada: Person, grace: Person
) -> None:
    here, there = new_context().new_page(), new_context().new_page()
    enter_room(here, ada)
    enter_room(there, grace)
    before = offset(stack, ada)
    there.get_by_role("textbox", name="Message").press_sequentially("Hm")
    expect(here.get_by_text("Grace is typing")).to_be_visible()
    assert offset(stack, ada) == before


def test_messages_keep_their_order_when_they_were_said_offline(
    new_context: NewContext, ada: Person
) -> None:
    context = new_context()
    page = context.new_page()
    enter_room(page, ada)
    context.set_offline(offline=True)
    expect(page.get_by_text("Reconnecting")).to_be_visible()
    first, second = a_talk(2)
    say(page, first)
    say(page, second)
    context.set_offline(offline=False)
    expect(page.get_by_text("Sending")).to_have_count(0)
    page.reload()
    expect(heard(page, second)).to_be_visible()
    assert texts(page)[-2:] == [first, second]
