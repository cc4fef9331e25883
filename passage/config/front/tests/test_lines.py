"""Who stands in which line."""

from typing import Any

import pytest

from passage.config.front.bodies import Announced
from passage.config.front.callers import Callers
from passage.config.front.lines import line_of, lines
from passage.config.front.tests.test_bridge import request

NOTHING = Announced(0)


@pytest.mark.parametrize("threads", [1, 2, 3, 8, 64])
def test_no_line_takes_every_thread_where_there_are_several(threads: int) -> None:
    for each in lines(threads=threads):
        assert 1 <= each.running <= max(1, threads - 1)
        assert each.of_one <= each.waiting


@pytest.mark.parametrize(
    ("method", "path", "known", "line"),
    [
        ("POST", "/sign-in", False, "secrets"),
        ("POST", "/api/v1/till/pairings", False, "secrets"),
        ("POST", "/api/v1/till/clerks/7/session", True, "secrets"),
        ("GET", "/sign-in", False, "strangers"),
        ("POST", "/api/v1/till/operations", True, "operations"),
        ("POST", "/api/v1/till/operations", False, "strangers"),
        ("POST", "/api/v1/sales", True, "machines"),
        ("GET", "/office/members", True, "people"),
        ("GET", "/office/prizes/2026.csv", True, "long"),
        ("GET", "/readyz", False, "ready"),
    ],
)
def test_a_request_stands_where_it_belongs(method: str, path: str, known: bool, line: str) -> None:
    assert line_of(method, path, announced=NOTHING, is_known=known) == line
    assert line in {each.name for each in lines(threads=8)}


def callers(*, trusts_proxy: bool = False) -> Callers:
    return Callers(session_cookie="session", trusts_proxy=trusts_proxy)


def test_who_was_let_in_is_known_and_who_was_refused_is_not() -> None:
    all_of_them, key = callers(), ("authorization", "Bearer good")
    first = all_of_them.of(request(key))
    assert not first.is_known
    all_of_them.answered(first, path="/api/v1/sales", status=201)
    assert all_of_them.of(request(key)).is_known
    all_of_them.answered(all_of_them.of(request(key)), path="/api/v1/sales", status=401)
    assert not all_of_them.of(request(key)).is_known


@pytest.mark.parametrize(("path", "status"), [("/api/v1/docs", 200), ("/sign-in", 200), ("/office/", 302)])
def test_what_is_open_to_all_makes_nobody_known(path: str, status: int) -> None:
    all_of_them, cookie = callers(), ("cookie", "language=fr; session=made-up")
    all_of_them.answered(all_of_them.of(request(cookie)), path=path, status=status)
    assert not all_of_them.of(request(cookie)).is_known


def test_strangers_are_told_apart_by_the_address_that_the_proxy_saw_not_by_what_they_send() -> None:
    def name(all_of_them: Callers, *headers: tuple[str, str], **more: Any) -> str:
        return all_of_them.of(request(*headers, **more)).name

    assert name(callers(), ("authorization", "Bearer a")) == name(callers(), ("authorization", "Bearer b"))
    assert name(callers(), ("x-forwarded-for", "198.51.100.9")) == "192.0.2.7"
    assert name(callers(trusts_proxy=True), ("x-forwarded-for", "planted, 198.51.100.9")) == "198.51.100.9"
