"""The days between the messages of a room."""

import time
from datetime import datetime, timedelta

from playwright.sync_api import Page, expect

from harness.local_stack import LocalStack
from tests.browser.people import Person, enter_room, heard, say, talk

PAGE = 30
"""Messages that the page reads at once."""


def at(days: int) -> int:
    """Returns noon of the day that is some days from today, in milliseconds."""
    noon = datetime.now().astimezone().replace(hour=12, minute=0, second=0, microsecond=0)
    return int((noon + timedelta(days=days)).timestamp() * 1000)


def some(count: int, word: str) -> list[str]:
    return [f"{word} {number} of {time.monotonic_ns()}" for number in range(count)]


def days(page: Page) -> list[str]:
    return page.get_by_role("log").get_by_role("heading").all_text_contents()


def name_of(day: int) -> str:
    date = datetime.now().astimezone() + timedelta(days=day)
    return f"{date:%A}, {date.day} {date:%B %Y}"


def test_each_day_is_named_once_when_older_messages_are_read(
    page: Page, stack: LocalStack, ada: Person, grace: Person
) -> None:
    old = some(PAGE, "Long ago")
    talk(stack, grace, old, at=at(-5))
    talk(stack, grace, some(20, "Before"), at=at(-1))
    new = some(PAGE - 10, "Now")
    talk(stack, grace, new, at=int(time.time() * 1000))
    enter_room(page, ada)
    expect(heard(page, new[-1])).to_be_visible()
    assert days(page) == ["Yesterday", "Today"]
    page.get_by_role("log").evaluate("log => log.scrollTop = 0")
    expect(heard(page, old[-1])).to_have_count(1)
    assert days(page)[-3:] == [name_of(-5), "Yesterday", "Today"]


def test_view_stays_at_its_message_when_older_ones_of_the_day_are_read(
    page: Page, stack: LocalStack, ada: Person, grace: Person
) -> None:
    said = some(PAGE * 2, "Today")
    talk(stack, grace, said, at=int(time.time() * 1000))
    enter_room(page, ada)
    expect(heard(page, said[-1])).to_be_visible()
    oldest = heard(page, said[PAGE])
    page.get_by_role("log").evaluate("log => log.scrollTop = 0")
    expect(heard(page, said[0])).to_have_count(1)
    expect(oldest).to_be_in_viewport()


def test_single_message_with_a_wrong_clock_begins_no_day(
    page: Page, stack: LocalStack, ada: Person, grace: Person
) -> None:
    now = int(time.time() * 1000)
    talk(stack, grace, some(PAGE - 2, "Right"), at=now)
    wrong, right = some(1, "Wrong"), some(1, "Right again")
    talk(stack, grace, wrong, at=at(-9))
    talk(stack, grace, right, at=now)
    enter_room(page, ada)
    expect(heard(page, right[0])).to_be_visible()
    assert days(page) == ["Today"]


def test_message_from_the_future_is_of_today(
    page: Page, stack: LocalStack, ada: Person, grace: Person
) -> None:
    said = some(PAGE, "Tomorrow")
    talk(stack, grace, said, at=at(3))
    enter_room(page, ada)
    expect(heard(page, said[-1])).to_be_visible()
    assert days(page) == ["Today"]


def test_day_gets_its_new_name_at_midnight(
    page: Page, stack: LocalStack, ada: Person, grace: Person
) -> None:
    talk(stack, grace, some(PAGE, "By day"), at=int(time.time() * 1000))
    midnight = datetime.fromtimestamp(at(1) / 1000).astimezone().replace(hour=0)
    # Less than a minute, after which the page would draw the room anyway.
    page.clock.install(time=midnight - timedelta(seconds=50))
    enter_room(page, ada)
    say(page, "Good night")
    expect(page.get_by_text("Sent", exact=True)).to_be_visible()
    assert days(page)[-1] == "Today"
    page.clock.pause_at(midnight + timedelta(seconds=1))
    log = page.get_by_role("log")
    expect(log.get_by_role("heading").last).to_have_text("Yesterday")
    say(page, "Good morning")
    expect(log.get_by_role("heading").last).to_have_text("Today")
    assert days(page)[-2:] == ["Yesterday", "Today"]
