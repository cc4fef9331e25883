"""Numbers, money and dates as each language writes them."""

from datetime import UTC, datetime

import pytest
from django.template import Context, Template
from django.utils import translation

from passage.ui import wording

LATE = datetime(2026, 11, 21, 23, 30, tzinfo=UTC)


@pytest.mark.parametrize(
    ("language", "currency", "said"),
    [
        ("fr", "EUR", "1\u202f234,56\u00a0€"),
        ("pl", "PLN", "1\u00a0234,56\u00a0zł"),
        ("en", "EUR", "€1,234.56"),
    ],
)
def test_money_is_written_as_the_reader_writes_it(language, currency, said):
    with translation.override(language):
        assert wording.money_text(123456, currency=currency) == said


def test_a_currency_without_cents_is_not_divided():
    with translation.override("en"):
        assert wording.money_text(123456, currency="JPY").endswith("123,456")


def test_no_line_can_break_inside_an_amount():
    with translation.override("pl"):
        assert " " not in wording.money_text(-1234567, currency="PLN") + wording.quantity_text(12345, unit="points")


def test_a_moment_is_told_in_the_programmes_zone():
    with translation.override("fr"):
        assert wording.moment_text(LATE, zone="Europe/Paris").replace("\u00a0", " ") == "22 nov. 2026, 00:30"
        assert wording.day_text(LATE, zone="America/New_York").replace("\u00a0", " ") == "21 novembre 2026"


def test_a_moment_without_a_zone_is_refused():
    with pytest.raises(ValueError, match="time zone"):
        wording.moment_text(LATE.replace(tzinfo=None), zone="Europe/Paris")


def test_a_card_shows_only_its_end():
    assert wording.masked("FR1234567890").endswith("7890")
    assert "123456" not in wording.masked("FR1234567890")


def test_tags_write_times_that_machines_read_too():
    page = Template("{% load passage %}{% when at 'Europe/Paris' %}")
    with translation.override("en"):
        assert page.render(Context({"at": LATE})).startswith('<time datetime="2026-11-21T23:30:00+00:00">22')


def test_a_typed_word_never_becomes_markup():
    page = Template("{% load passage %}{% reason step 'EUR' 'Europe/Paris' %}")
    step = {"code": "adjusted", "reason": "<script>alert(1)</script>"}
    with translation.override("en"):
        assert "&lt;script&gt;" in page.render(Context({"step": step}))
