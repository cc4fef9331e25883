"""A person who watches sees a bar move; a log gets a line now and then."""

from io import StringIO
from itertools import count

from django.core.management.base import OutputWrapper

from passage.connectors.receipts.progress import Progress


class Screen(StringIO):
    def isatty(self):
        return True


def told(target, *, seconds_a_row):
    """What is said over a hundred rows; the clock ticks once for each."""
    clock = count(0, seconds_a_row)
    progress = Progress(target=OutputWrapper(target), total=100, clock=lambda: next(clock))
    for rows in range(1, 101):
        progress.tell(rows)
    progress.end()
    return target.getvalue()


def test_a_screen_shows_one_bar_that_fills():
    said = told(Screen(), seconds_a_row=1)
    assert said.count("\r") == 101
    assert said.count("\n") == 1
    assert "[###############...............] 50 % · 50 of 100 rows · 1 rows a second · 0:50 left" in said
    assert said.rstrip("\n").endswith("100 % · 100 of 100 rows · 0 rows a second · 0:00 left")


def test_a_log_gets_a_line_every_fifteen_seconds_and_one_at_the_end():
    said = told(StringIO(), seconds_a_row=1)
    assert len(said.splitlines()) == 7
    assert "\r" not in said
