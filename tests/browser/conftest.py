"""The page in headless Chromium, on a local stack that requires verified addresses."""

import shutil
from collections.abc import Callable, Iterator
from pathlib import Path
from typing import Any

import pytest
from playwright.sync_api import Browser, BrowserContext, Page, expect, sync_playwright

from harness.local_stack import PATIENCE, ROOT, LocalStack, start_stack
from tests.browser.people import Person, new_person
from tests.support.node import missing, need_page

CHROMIUM = next(filter(None, map(shutil.which, ("chromium", "chromium-browser", "chrome"))), None)
SWITCHES = [
    "--no-sandbox",
    "--disable-gpu",
    "--disable-quic",
    "--no-first-run",
    "--disable-background-networking",
    "--disable-component-update",
    "--disable-sync",
    # A page that a test serves itself has no IP address, and must still reach this machine.
    "--disable-features=LocalNetworkAccessChecks",
]
AXE = ROOT / "web/node_modules/axe-core/axe.min.js"
HARMLESS = ("ERR_INTERNET_DISCONNECTED", "status of 4")
"""Console errors that a test cannot avoid when it goes offline or is refused."""

NewContext = Callable[..., BrowserContext]


@pytest.hookimpl(tryfirst=True)  # the workers of xdist read the marks in the same hook
def pytest_collection_modifyitems(items: list[pytest.Item]) -> None:
    """Keeps these tests in one worker process, so that one stack and one browser start."""
    for item in items:
        if "/browser/" in item.path.as_posix():
            item.add_marker(pytest.mark.xdist_group("browser"))


@pytest.fixture(scope="package")
def stack(tmp_path_factory: pytest.TempPathFactory) -> Iterator[LocalStack]:
    if not CHROMIUM:
        missing("The page is not tested in a browser: no Chromium here.")
    need_page()
    running = start_stack(
        tmp_path_factory.mktemp("browser-stack"), "--parameter", "RequireVerifiedEmail=true"
    )
    try:
        yield running
    finally:
        running.stop()


@pytest.fixture(scope="package")
def browser(stack: LocalStack) -> Iterator[Browser]:
    """For these tests only: while the browser is driven, this thread runs an event loop."""
    with sync_playwright() as playwright:
        expect.set_options(timeout=PATIENCE * 1000)
        launched = playwright.chromium.launch(executable_path=CHROMIUM, args=SWITCHES)
        yield launched
        launched.close()


@pytest.fixture
def new_context(browser: Browser, stack: LocalStack) -> Iterator[NewContext]:
    """Creates browser contexts, one per person. At the end, their consoles must hold no error."""
    opened: list[BrowserContext] = []
    errors: list[str] = []

    def make(*harmless: str, **options: Any) -> BrowserContext:
        """Creates a context, in whose console errors with one of the words are expected."""

        def note(text: str) -> None:
            if not any(word in text for word in (*HARMLESS, *harmless)):
                errors.append(text)

        def watch(page: Page) -> None:
            page.on("console", lambda m: note(m.text) if m.type == "error" else None)
            page.on("pageerror", lambda error: note(str(error)))

        context = browser.new_context(**{"base_url": stack.http, **options})
        context.set_default_timeout(PATIENCE * 1000)
        context.on("page", watch)
        opened.append(context)
        return context

    yield make
    for context in opened:
        context.close()
    assert errors == []


@pytest.fixture
def page(new_context: NewContext) -> Page:
    return new_context().new_page()


@pytest.fixture
def ada(stack: LocalStack) -> Person:
    return new_person(stack, "Ada")


@pytest.fixture
def grace(stack: LocalStack) -> Person:
    return new_person(stack, "Grace")


@pytest.fixture(scope="session")
def axe() -> str:
    """The source of the accessibility checker, which pages run in spite of their policy."""
    return Path(AXE).read_text(encoding="utf-8")
