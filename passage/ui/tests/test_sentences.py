"""Every reason the engine can give is a sentence, in three languages, with its numbers in it."""

import re
from pathlib import Path

import pytest
from django.utils import translation

from passage.engine import reasons
from passage.engine.reasons import Because, WhyNot
from passage.ui.sentences import SENTENCES, sentence

NBSP = "\u00a0"
SAMPLE = {
    "by": "Gold",
    "rule": "Loyalty points",
    "reward": "Free bread",
    "reason": "a gift",
    "receipt": "12-0431",
    "cap": "day",
    "weekdays": "1,2",
    "hours": "14:00-18:00,20:00-22:00",
    "products": "bread,rolls",
    "tiers": "gold,silver",
    "tags": "staff",
    "currency": "EUR",
    "starts": "2026-12-01",
    "ended": "2026-11-01",
    "until": "2026-12-24T23:00:00+00:00",
    "on": "2027-03-31T22:00:00+00:00",
}


def params_of_codes() -> dict[str, dict[str, int | str]]:
    """Each code with the params that the comment beside it documents."""
    source = Path(reasons.__file__).read_text()
    found = {}
    for code, comment in re.findall(r'= "(\w+)"  # (.*)', source):
        plain = re.sub(r"\(.*?\)", "", comment).split(":")[0]
        found[code] = {name: SAMPLE.get(name, 7) for name in re.findall(r"\w+", plain)}
    return found


@pytest.mark.parametrize("code", [*Because, *WhyNot])
def test_every_code_has_a_sentence(code):
    assert code in SENTENCES


def test_no_sentence_is_left_of_a_code_that_is_gone():
    assert set(SENTENCES) == {*Because, *WhyNot}


@pytest.mark.parametrize("language", ["en", "fr", "pl"])
@pytest.mark.parametrize("code", [*Because, *WhyNot])
def test_every_sentence_uses_only_numbers_that_its_code_brings(language, code):
    with translation.override(language):
        said = sentence(code, params_of_codes()[code], currency="EUR", zone="Europe/Paris")
    assert said.endswith(".")
    assert "{" not in said
    assert "–" not in said.replace("14:00–18:00", "").replace("20:00–22:00", "")


def test_points_for_an_amount_show_the_arithmetic_and_what_was_left_out():
    params = {
        "rule": "Loyalty points",
        "basis": 3850,
        "left_out": 2000,
        "points_per": 1,
        "step": 100,
        "carried_in": 0,
        "carried_out": 50,
        "points": 38,
    }
    with translation.override("en"):
        said = sentence("per_amount", params, currency="EUR", zone="Europe/Paris").replace(NBSP, " ")
    assert said == (
        "Loyalty points: €38.50 counted, at 1 point for every €1.00: 38 points. "
        "Not counted: €20.00. Kept for next time: €0.50."
    )


def test_a_remainder_that_is_no_money_is_a_part_of_a_point():
    params = {"rule": "Three for two", "basis": 100, "left_out": 0, "points_per": 3, "step": 200}
    params |= {"carried_in": 0, "carried_out": 100, "points": 1}
    with translation.override("en"):
        said = sentence("per_amount", params, currency="EUR", zone="Europe/Paris")
    assert said.endswith("Kept for next time: 0.5 of a point.")


@pytest.mark.parametrize(("number", "said"), [(1, "1 punkt"), (3, "3 punkty"), (5, "5 punktów"), (22, "22 punkty")])
def test_polish_counts_points_in_its_own_way(number, said):
    with translation.override("pl"):
        text = sentence("per_visit", {"rule": "Wizyta", "points": number}, currency="PLN", zone="Europe/Warsaw")
    assert text == f"Wizyta: {said.replace(' ', NBSP)} za wizytę."


def test_an_end_is_said_as_the_last_good_day_in_the_programmes_zone():
    with translation.override("fr"):
        said = sentence("expires", {"on": "2027-03-31T22:00:00+00:00"}, currency="EUR", zone="Europe/Paris")
    assert said.replace(NBSP, " ") == "Valables jusqu’au 31 mars 2027 inclus."


def test_a_purse_is_counted_in_money():
    with translation.override("fr"):
        said = sentence("expired", {"points": 350}, currency="EUR", zone="Europe/Paris", unit="purse")
    assert said.replace(NBSP, " ") == "Arrivés à échéance : 3,50 €."


def test_a_code_of_another_version_is_shown_and_breaks_nothing():
    with translation.override("en"):
        assert sentence("no_longer_known", {}, currency="EUR", zone="Europe/Paris") == "Reason: no_longer_known"


def test_a_number_that_an_old_row_lacks_leaves_a_dash():
    with translation.override("en"):
        assert sentence("fixed", {"rule": "Gift"}, currency="EUR", zone="Europe/Paris") == "Gift: –."
