"""Requests as WSGI reads them, and answers made whole."""

import io
from collections.abc import Iterable
from types import SimpleNamespace
from typing import Any

import pytest

from passage.config.front.bridge import IN_MEMORY, Answer, FileWrapper, answer_of, environ_of


class Headers:
    def __init__(self, *pairs: tuple[str, str]) -> None:
        self.pairs = list(pairs)

    def items(self) -> list[tuple[str, str]]:
        return self.pairs

    def get(self, name: str, default: str | None = None) -> str | None:
        return next((value for key, value in self.pairs if key == name), default)


def request(*headers: tuple[str, str], **more: str) -> Any:
    told = {
        "proto": "http",
        "http_version": "1.1",
        "server": "127.0.0.1:8000",
        "client": "192.0.2.7:40000",
        "scheme": "http",
        "method": "GET",
        "path": "/café",
        "query_string": "q=%41",
    }
    return SimpleNamespace(**(told | more), headers=Headers(*headers))


def environ(*headers: tuple[str, str], **more: str) -> dict[str, Any]:
    return environ_of(request(*headers, **more), body=io.BytesIO(), length=0)


def test_an_address_and_a_path_arrive_as_wsgi_wants_them() -> None:
    made = environ(("host", "loyalty.example.org"))
    assert made["PATH_INFO"].encode("latin-1").decode() == "/café"
    assert (made["REMOTE_ADDR"], made["SERVER_PORT"], made["QUERY_STRING"]) == ("192.0.2.7", "8000", "q=%41")
    assert environ(client="[::1]:5")["REMOTE_ADDR"] == "::1"


@pytest.mark.parametrize("name", ["x_forwarded_for", "x-forwarded_for", "_host", "content_length", "authorization_"])
def test_a_name_with_an_underscore_stands_for_no_other_header(name: str) -> None:
    made = environ(("x-forwarded-for", "198.51.100.1"), (name, "planted"))
    assert "planted" not in made.values()
    assert made["HTTP_X_FORWARDED_FOR"] == "198.51.100.1"


def test_headers_that_come_twice_are_joined_and_cookies_in_their_own_way() -> None:
    made = environ(("x-forwarded-for", "1.2.3.4"), ("x-forwarded-for", "5.6.7.8"), ("cookie", "a=1"), ("cookie", "b=2"))
    assert made["HTTP_X_FORWARDED_FOR"] == "1.2.3.4,5.6.7.8"
    assert made["HTTP_COOKIE"] == "a=1; b=2"


def application(pieces: Iterable[bytes]) -> Any:
    def inner(environ: dict[str, Any], start_response: Any) -> Iterable[bytes]:
        start_response("201 Created", [("X-Said", "yes")])
        return pieces

    return inner


def whole(answer: Answer) -> bytes:
    if answer.rest is None:
        return answer.start
    with answer.rest:
        return answer.start + answer.rest.read()


@pytest.mark.parametrize("size", [0, 1, IN_MEMORY, IN_MEMORY + 1, 5 * IN_MEMORY])
def test_an_answer_is_whole_before_it_is_sent(size: int) -> None:
    text = bytes(index % 251 for index in range(size))
    pieces = [text[start : start + 1000] for start in range(0, size, 1000)]
    for made in (application(iter(pieces)), application(FileWrapper(io.BytesIO(text)))):
        answer = answer_of(made, {})
        assert (answer.status, answer.headers) == (201, [("X-Said", "yes")])
        if size != IN_MEMORY:
            assert (answer.rest is None) is (size < IN_MEMORY)
        assert whole(answer) == text


def test_an_answer_that_breaks_off_is_closed_and_told() -> None:
    class Broken:
        closed = False

        def __iter__(self) -> Any:
            yield b"half"
            raise ZeroDivisionError

        def close(self) -> None:
            self.closed = True

    made = Broken()
    with pytest.raises(ZeroDivisionError):
        answer_of(application(made), {})
    assert made.closed
