"""Heads of requests that would take long to read never reach what reads them."""

import pytest
from django.core.wsgi import get_wsgi_application
from django.test import RequestFactory

from passage.config import heads
from passage.config.heads import bounded


def answered(**environ):
    """The status and what the application behind the bounds was given, None where it was never asked."""
    told = []

    def inner(given, start_response):
        told.append(given)
        start_response("200 OK", [])
        return [b""]

    status = []
    list(heads.bounded(inner)(RequestFactory().get("/").environ | environ, lambda line, _heads: status.append(line)))
    return status[0], told[0] if told else None


@pytest.mark.parametrize(
    ("name", "limit"),
    [
        ("HTTP_COOKIE", heads.LONGEST),
        ("HTTP_X_ANYTHING", heads.LONGEST),
        ("QUERY_STRING", heads.LONGEST),
        ("PATH_INFO", heads.LONGEST),
        ("CONTENT_TYPE", heads.LONGEST_TYPE),
    ],
)
def test_what_is_longer_than_the_bounds_is_answered_and_not_read(name, limit):
    assert answered(**{name: "a" * limit})[0] == "200 OK"
    assert answered(**{name: "a" * (limit + 1)}) == (heads.TOO_LONG, None)


def test_a_cookie_arrives_without_what_makes_it_dear_to_read():
    assert answered(HTTP_COOKIE='session=abc; other="\\101\\"x"')[1]["HTTP_COOKIE"] == 'session=abc; other="101"x"'
    assert answered(HTTP_COOKIE="session=abc")[1]["HTTP_COOKIE"] == "session=abc"


def test_the_server_stands_behind_the_bounds():
    status = []
    environ = RequestFactory().get("/healthz").environ | {"HTTP_COOKIE": "a" * 70_000}
    assert list(bounded(get_wsgi_application())(environ, lambda line, _heads: status.append(line))) == [b""]
    assert status == [heads.TOO_LONG]
