"""The bench of the till works and is honest; how fast anything is, no test asks."""

from __future__ import annotations

import re

from tests.journeys.test_bench import planted


def test_the_tills_start_is_compared_with_an_empty_page_and_a_till_without_products_makes_the_run_void() -> None:
    said = planted("till")
    assert re.search(r"^till, cold start to the first of \d+ products: ratio \d", said, re.MULTILINE)
    assert "VOID: the till shows no product" in said
