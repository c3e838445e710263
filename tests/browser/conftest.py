"""Real Chromium against a real demo process.

Every page opened here fails its test if the browser's console says an error, or a request goes anywhere but home.
"""

from collections.abc import Callable, Iterator
from pathlib import Path

import pytest
from playwright.sync_api import Browser, BrowserContext, Page, sync_playwright

from tests.support.demo import Process, running

CHROMIUM = "/usr/bin/chromium"
ARGUMENTS = [
    "--no-sandbox",
    "--disable-gpu",
    "--enable-unsafe-swiftshader",
    "--disable-background-networking",
    "--disable-component-update",
    "--disable-sync",
    "--disable-quic",
    "--no-first-run",
]
WAIT_MS = 20_000  # for what must appear; a busy machine draws slowly

Open = Callable[..., Page]


@pytest.fixture(scope="package")  # playwright keeps an event loop running; it must end before tests that need their own
def browser() -> Iterator[Browser]:
    assert Path(CHROMIUM).exists(), f"{CHROMIUM} is missing: run `make setup-test`"
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


@pytest.fixture
def open_page(browser: Browser) -> Iterator[Open]:
    """`open_page(url, width=, height=, language=)`: a page of its own; what it complains of fails the test."""
    contexts: list[BrowserContext] = []
    complaints: list[str] = []

    def open_page(url: str, *, width: int = 1440, height: int = 900, language: str = "en-GB") -> Page:
        context = browser.new_context(viewport={"width": width, "height": height}, locale=language)
        contexts.append(context)
        context.set_default_timeout(WAIT_MS)
        page = context.new_page()
        home = url.split("/")[2]
        page.on("console", lambda m: complaints.append(m.text) if m.type == "error" else None)
        page.on("pageerror", lambda error: complaints.append(str(error)))
        page.on("request", lambda r: None if _at_home(r.url, home) else complaints.append(f"asked {r.url}"))
        page.goto(url)
        return page

    open_page.complaints = complaints  # type: ignore[attr-defined]  # a test that breaks things on purpose clears them
    yield open_page
    for context in contexts:
        context.close()
    assert complaints == []


def _at_home(url: str, home: str) -> bool:
    return url.startswith(("data:", "blob:")) or url.split("/")[2] == home


@pytest.fixture
def signed_in(open_page: Open, demo: Process) -> Page:
    """The demo's page, signed in, in English, with its units on it."""
    page = open_page(demo.new_link())
    page.wait_for_function("() => (window.jointhq?.stats.tracks ?? 0) >= 61", timeout=WAIT_MS)
    return page
