"""The camera reads a member's QR code and a product's EAN-13 from a real video."""

from __future__ import annotations

from collections.abc import Callable, Iterator
from pathlib import Path

import pytest
import segno
from playwright.sync_api import Browser, Page, expect

from tests.browser import counter as at
from tests.browser.chromium import find_chromium, surroundings
from tests.browser.conftest import FLAGS
from tests.browser.counter import Counter
from tests.cast import CARD

WIDTH, HEIGHT, FRAMES = 640, 480, 4
LEFT = ["0001101", "0011001", "0010011", "0111101", "0100011", "0110001", "0101111", "0111011", "0110111", "0001011"]
MIXED = ["LLLLLL", "LLGLGG", "LLGGLG", "LLGGGL", "LGLLGG", "LGGLLG", "LGGGLL", "LGLGLG", "LGLGGL", "LGGLGL"]


def ean_13(digits: str) -> list[list[int]]:
    """One row of bars, 1 is black."""

    def left(digit: int, kind: str) -> str:
        odd = LEFT[digit]
        return odd if kind == "L" else "".join("10"[int(bit)] for bit in odd)[::-1]

    first, *rest = (int(digit) for digit in digits)
    half = "".join(left(digit, kind) for digit, kind in zip(rest[:6], MIXED[first], strict=True))
    right = "".join("".join("10"[int(bit)] for bit in LEFT[digit]) for digit in rest[6:])
    return [[int(bit) for bit in f"101{half}01010{right}101"]]


def film(path: Path, code: list[list[int]], *, scale: int, tall: int) -> Path:
    """A still picture as a video that the browser takes for its camera."""
    rows = [row for row in code for _ in range(tall)]
    top, start = (HEIGHT - len(rows)) // 2, (WIDTH - len(code[0]) * scale) // 2
    luma = bytearray(b"\xeb" * (WIDTH * HEIGHT))
    for y, row in enumerate(rows):
        for x, dark in enumerate(row):
            if dark:
                at_pixel = (top + y) * WIDTH + start + x * scale
                luma[at_pixel : at_pixel + scale] = b"\x10" * scale
    frame = b"FRAME\n" + bytes(luma) + b"\x80" * (WIDTH * HEIGHT // 2)
    path.write_bytes(f"YUV4MPEG2 W{WIDTH} H{HEIGHT} F10:1 Ip A1:1 C420\n".encode() + frame * FRAMES)
    return path


@pytest.fixture
def filmed(browser: Browser, live: str) -> Iterator[Callable[[Path], Page]]:
    """A page whose camera shows the film."""
    started = []

    def show(path: Path) -> Page:
        chromium = find_chromium()
        flags = [
            "--use-fake-ui-for-media-stream",
            "--use-fake-device-for-media-stream",
            f"--use-file-for-fake-video-capture={path}",
        ]
        program = browser.browser_type.launch(
            executable_path=chromium, args=[*FLAGS, *flags], env=surroundings(chromium=chromium)
        )
        started.append(program)
        return program.new_context(base_url=live, permissions=["camera"]).new_page()

    yield show
    for program in started:
        program.close()


@pytest.fixture
def counter(live: str) -> Counter:
    return at.a_counter()


def look(page: Page) -> None:
    at.loyalty(page).click()
    page.locator("dialog form[role=search] .btn").last.click()


def test_the_camera_reads_a_members_qr_code(filmed: Callable[[Path], Page], counter: Counter, tmp_path: Path) -> None:
    square = [[int(bit) for bit in row] for row in segno.make_qr(f"https://x.example/c/{CARD}").matrix_iter(border=4)]
    page = filmed(film(tmp_path / "qr.y4m", square, scale=8, tall=8))
    at.open_till(page, counter)
    look(page)
    expect(at.loyalty(page)).to_contain_text("Anna Ś.", timeout=20_000)


def test_the_camera_reads_a_blank_card_with_an_ean_13(
    filmed: Callable[[Path], Page], counter: Counter, tmp_path: Path
) -> None:
    page = filmed(film(tmp_path / "ean.y4m", ean_13(at.BLANK), scale=4, tall=200))
    at.open_till(page, counter)
    look(page)
    expect(page.locator("dialog [aria-live] .btn-primary")).to_be_visible(timeout=20_000)
    page.locator("dialog [aria-live] .btn-primary").click()
    expect(page.locator("dialog .notice")).to_contain_text(at.BLANK)


def test_a_camera_that_is_refused_says_what_to_do(page: Page, counter: Counter) -> None:
    at.open_till(page, counter)
    look(page)
    expect(page.locator("dialog .tone-error")).to_be_visible()
