"""The browser that all other browser tests rely on."""

from playwright.sync_api import Page, expect


def test_the_browser_runs_scripts_and_draws(page: Page) -> None:
    page.set_content("<title>Passage</title><h1 style='background:#0a0;width:100px;height:100px'>…</h1>")
    page.evaluate("document.querySelector('h1').textContent = String(6 * 7)")
    expect(page.locator("h1")).to_have_text("42")
    assert len(page.screenshot()) > 1_000


def test_the_server_under_test_answers_the_browser(page: Page) -> None:
    answer = page.goto("/healthz")
    assert answer is not None
    assert answer.json() == {"status": "ok"}
