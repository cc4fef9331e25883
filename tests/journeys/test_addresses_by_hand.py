"""What stands after the question mark of a page is typed by anybody: the page is shown, or says what is wrong."""

from __future__ import annotations

from collections.abc import Iterator

import pytest
from django.db import connection
from django.urls import NoReverseMatch, URLPattern, URLResolver, get_resolver, reverse

from passage.programme.models import Role
from passage.ui.typed import WholeNumber
from tests.cast import AT, BY, a_bakery, signed_in

pytestmark = pytest.mark.django_db
NAMES = [
    "next",
    "after",
    "before",
    "year",
    "trial",
    "page",
    "only",
    "from",
    "until",
    "q",
    "shop",
    "who",
    "month",
    "member",
]
VALUES = ["abc", "-1", "9" * 30, "１２", "1e3", "\x00", "ż" * 3000]


def pages(resolver: URLResolver, spaces: tuple[str, ...] = ()) -> Iterator[str]:
    """Every page whose address needs nothing more than its name."""
    for each in resolver.url_patterns:
        if isinstance(each, URLResolver):
            yield from pages(each, (*spaces, each.namespace) if each.namespace else spaces)
        elif isinstance(each, URLPattern) and each.name and spaces not in ((), ("api",)):
            try:
                yield reverse(":".join([*spaces, each.name]))
            except NoReverseMatch:
                continue


@pytest.mark.parametrize("value", VALUES)
def test_no_parameter_of_a_page_breaks_it(value: str) -> None:
    from passage.programme import actions as programmes

    cast = a_bakery()
    login = programmes.create_login(email="owner@example.org", password="seventeen warm rolls", name="Olga")
    programmes.hire(programme=cast.bakery, login=login, role=Role.OWNER, by=BY, at=AT)
    owner = signed_in(login)
    owner.raise_request_exception = False
    asked = sorted(set(pages(get_resolver())))
    assert len(asked) > 40
    broken = [page for page in asked if owner.get(page, dict.fromkeys(NAMES, value)).status_code >= 500]
    assert broken == []
    assert connection.is_usable()


@pytest.mark.parametrize(("typed", "is_read"), [("12", True), ("１２", False), ("١٢", False), ("1²", False)])
def test_a_number_field_takes_the_figures_that_everybody_reads(typed: str, *, is_read: bool) -> None:
    from django.core.exceptions import ValidationError

    field = WholeNumber()
    if is_read:
        assert field.clean(typed) == 12
    else:
        with pytest.raises(ValidationError):
            field.clean(typed)
