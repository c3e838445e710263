"""Real Chromium against a real demo process.

Every page opened here fails its test if the browser's console says an error, or a request goes anywhere but home.
"""

import contextlib
from collections.abc import Callable, Iterator, Sequence
from pathlib import Path
from typing import Any

import pytest
from playwright.sync_api import Browser, BrowserContext, Page, expect, sync_playwright

from tests.support.chromium import ARGUMENTS, CHROMIUM
from tests.support.demo import Process, running

WAIT_MS = 20_000  # for what must appear; a busy machine draws slowly

Open = Callable[..., Page]


@pytest.fixture(scope="package")  # playwright keeps an event loop running; it must end before tests that need their own
def browser() -> Iterator[Browser]:
    assert Path(CHROMIUM).exists(), f"{CHROMIUM} is missing: run `make setup-test`"
    expect.set_options(timeout=WAIT_MS)
    with sync_playwright() as playwright:
        browser = playwright.chromium.launch(executable_path=CHROMIUM, args=ARGUMENTS)
        yield browser
        browser.close()


@pytest.fixture(scope="module")
def demo(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Process]:
    """Run the demo, its traffic at ten times its pace."""
    with running("demo", tmp_path_factory.mktemp("hq") / "data", "--demo-speed", "10") as process:
        yield process


@pytest.fixture
def empty(tmp_path: Path) -> Iterator[Process]:
    """Run an empty headquarters."""
    with running("serve", tmp_path / "data") as process:
        yield process


@pytest.fixture(scope="module")
def hq(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Process]:
    """Run a headquarters that has its administrator alone."""
    with running("serve", tmp_path_factory.mktemp("hq") / "data") as process:
        yield process


@pytest.fixture
def admin(open_page: Open, hq: Process) -> Page:
    page = open_page(hq.new_link(), place="people")
    expect(page.locator(".topbar .who")).to_be_visible()
    return page


@contextlib.contextmanager
def opening(browser: Browser) -> Iterator[Open]:
    """`open_page(url, place=, width=, height=, language=)`: a page of its own; what it complains of fails the test.

    With a place the link is used up beforehand, and the page opens there: what isn't about the map has none to draw.
    `also` are hosts that this page may ask too; what else is named is for the browser's context.
    """
    contexts: list[BrowserContext] = []
    complaints: list[str] = []

    def open_page(
        url: str,
        *,
        place: str = "",
        width: int = 1440,
        height: int = 900,
        language: str = "en-GB",
        also: Sequence[str] = (),
        **more: Any,
    ) -> Page:
        context = browser.new_context(viewport={"width": width, "height": height}, locale=language, **more)
        contexts.append(context)
        context.set_default_timeout(WAIT_MS)
        page = context.new_page()
        homes = [url.split("/")[2], *also]
        page.on("console", lambda m: complaints.append(m.text) if m.type == "error" else None)
        page.on("pageerror", lambda error: complaints.append(str(error)))
        page.on("request", lambda r: None if _at_home(r.url, homes) else complaints.append(f"asked {r.url}"))
        if place:
            home, token = url.split("#sign-in=")
            assert context.request.post(f"{home}api/sign-in", data={"token": token}).ok
            url = f"{home}#{place}"
        page.goto(url)
        return page

    open_page.complaints = complaints  # type: ignore[attr-defined]  # a test that breaks things on purpose clears them
    yield open_page
    for context in contexts:
        context.close()
    assert complaints == []


@pytest.fixture
def open_page(browser: Browser) -> Iterator[Open]:
    with opening(browser) as open_page:
        yield open_page


def with_units(open_page: Open, demo: Process) -> Page:
    """Return the demo's page, signed in, in English, with its units on it."""
    page = open_page(demo.new_link())
    page.wait_for_function("() => (window.jointhq?.stats.tracks ?? 0) >= 61", timeout=WAIT_MS)
    return page


def _at_home(url: str, homes: list[str]) -> bool:
    return url.startswith(("data:", "blob:")) or url.split("/")[2] in homes


@pytest.fixture
def signed_in(open_page: Open, demo: Process) -> Page:
    return with_units(open_page, demo)
