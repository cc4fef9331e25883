"""A real Chromium, a real server, and a page in the language a test asks for."""

import os
from collections.abc import Iterator

import pytest
from playwright.sync_api import Browser, BrowserContext, Page, expect, sync_playwright

from tests.browser.chromium import NoChromium, find_chromium, surroundings

FLAGS = [
    "--no-sandbox",
    "--disable-gpu",
    "--disable-quic",
    "--no-first-run",
    "--disable-background-networking",
    "--disable-component-update",
    "--disable-sync",
    "--disable-dev-shm-usage",
]


def pytest_collection_modifyitems(items: list[pytest.Item]) -> None:
    for item in items:
        if "/tests/browser/" in item.path.as_posix():
            item.add_marker(pytest.mark.browser)


@pytest.fixture(scope="session")
def browser() -> Iterator[Browser]:
    try:
        chromium = find_chromium()
    except NoChromium as none:
        pytest.skip(f"no browser: {none}")
    # A busy machine may take its time; what never comes is missed all the same.
    expect.set_options(timeout=15_000)
    # Playwright's loop runs in this thread, and Django takes that for asynchronous code of ours.
    os.environ["DJANGO_ALLOW_ASYNC_UNSAFE"] = "1"
    with sync_playwright() as playwright:
        program = playwright.chromium.launch(
            executable_path=chromium, headless=True, args=FLAGS, env=surroundings(chromium=chromium)
        )
        yield program
        program.close()


@pytest.fixture
def locale(request: pytest.FixtureRequest) -> str:
    """The browser's language: English, unless a test parametrizes it (`indirect=True`) or overrides it."""
    return getattr(request, "param", "en-GB")


@pytest.fixture
def live(live_server, transactional_db) -> str:  # type: ignore[no-untyped-def]
    """The address of a server on the test's own database, without a slash at its end."""
    return str(live_server.url)


@pytest.fixture
def context(browser: Browser, live: str, locale: str) -> Iterator[BrowserContext]:
    """One person's browser: no cookies, nothing stored, and nothing fetched from anywhere but the server under test."""
    person = browser.new_context(
        base_url=live, locale=locale, timezone_id="Europe/Paris", viewport={"width": 1280, "height": 800}
    )
    person.set_default_timeout(15_000)
    yield person
    person.close()


@pytest.fixture
def routed(context: BrowserContext) -> None:
    """For a test that sets a route between two requests.

    Chromium hands a page's requests over from its next load on; one sent right after the first route may slip past.
    """
    context.route("**/nobody-asks-for-this", lambda route: route.continue_())


@pytest.fixture
def page(context: BrowserContext, live: str) -> Iterator[Page]:
    """A page that fails the test when a script fails, the policy is broken, or a foreign address is asked."""
    window = context.new_page()
    wrong: list[str] = []
    window.on("pageerror", lambda error: wrong.append(f"script: {error}"))
    window.on("console", lambda said: wrong.append(said.text) if "Content Security Policy" in said.text else None)
    window.on("request", lambda asked: wrong.append(f"foreign: {asked.url}") if _is_foreign(asked.url, live) else None)
    yield window
    assert not wrong, "\n".join(wrong)


def _is_foreign(url: str, live: str) -> bool:
    return not url.startswith((live, "data:", "blob:", "about:"))
