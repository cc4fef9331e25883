"""Headings in three languages, and what a cell may say."""

import pytest

from passage.imports import cells, columns
from passage.programme.models import Programme

BAKERY = Programme(slug="bakery", currency="PLN", region="PL", language="pl")


def said(**typed: str):
    return cells.read(list(typed.values()), columns=list(typed), programme=BAKERY)


@pytest.mark.parametrize(
    ("headings", "fields"),
    [
        (
            "Imię;Nazwisko;Nr telefonu;Adres e-mail;Data urodzenia;Imieniny;Numer karty;Zgoda SMS;Uwagi",
            "first_name last_name phone email birthday name_day card consent_sms -",
        ),
        (
            "Prénom;NOM;Téléphone;Courriel;Date de naissance;Langue;N° de carte;Consentement e-mail",
            "first_name last_name phone email birthday language card consent_email",
        ),
        (
            "First name;Surname;Mobile;E-mail;Date of birth;Customer ID;Tags;Card no.",
            "first_name last_name phone email birthday external_id tags card",
        ),
        ("Imię i nazwisko;Telefon;Telefon", "full_name phone -"),
    ],
)
def test_headings_are_understood_in_three_languages_each_thing_once(headings, fields):
    names = headings.split(";")
    assert columns.are_headings(names, [], remembered={})
    found = columns.guessed(names, [], remembered={}, width=len(names))
    assert [each or "-" for each in found] == fields.split()


def test_a_first_row_of_numbers_and_addresses_is_no_heading():
    assert not columns.are_headings(["2900000000018"], [["2900000000025"]], remembered={})
    assert not columns.are_headings(["Anna", "anna@example.org"], [], remembered={})
    assert not columns.are_headings(["Anna", "Nowak"], [["Ewa", "Zając"]], remembered={})
    assert columns.are_headings(["Nr", "Kto"], [["17", "Ewa"]], remembered={})
    assert columns.are_headings(["Kto"], [["Ewa"]], remembered={"kto": "first_name"})
    assert columns.guessed([], [["2900000000018"]], remembered={}, width=1) == ["card"]
    assert columns.guessed([], [["Anna", "a@example.org"]], remembered={}, width=2) == ["", "email"]


def test_what_a_heading_was_said_to_mean_is_stronger_than_what_it_seems_to_mean():
    assert columns.guessed(["ID"], [], remembered={"id": "card"}, width=1) == ["card"]
    assert columns.guessed(["Mail"], [["a@example.org"]], remembered={"mail": ""}, width=1) == ["card"]


@pytest.mark.parametrize(
    "text",
    [
        "31.05.1985",
        "1985-05-31",
        "1985-05-31 00:00:00",
        "31/05/1985",
        "31-05-85",
        "05-31",
        "31.05",
        "31.5.",
        "5/31/1985",
        "31 maja",
        "31 maja 1985",
        "31 mai",
        "31 May",
    ],
)
def test_a_birthday_is_read_however_it_is_written_and_loses_its_year(text):
    assert said(birthday=text).details == {"birthday": "05-31"}


@pytest.mark.parametrize("text", ["31.02.1985", "45", "jutro", "1985", "13-32"])
def test_what_is_no_day_is_told(text):
    assert [(field, code) for field, code, _ in said(birthday=text).faults] == [("birthday", "invalid_day")]


@pytest.mark.parametrize(
    ("text", "answer"),
    [("TAK", True), ("Oui", True), ("yes", True), ("1", True), ("x", True), ("nie", False), ("Non", False)],
)
def test_yes_and_no_are_understood_in_three_languages(text, answer):
    assert said(first_name="Anna", consent_sms=text).consents == {"sms": answer}


def test_every_fault_of_a_row_is_told_with_its_column():
    found = said(
        first_name="A" * 81, email="anna(at)example", phone="12", consent_email="może", language="tlh", card="ä"
    )
    assert {(field, code) for field, code, _ in found.faults} == {
        ("first_name", "too_long"),
        ("email", "invalid_email"),
        ("phone", "invalid_phone"),
        ("consent_email", "not_yes_or_no"),
        ("language", "unknown_language"),
        ("card", "card_unreadable"),
    }


def test_a_shortened_number_a_strange_letter_and_an_empty_row_are_told():
    assert said(card="2,90012E+12").faults == [("card", "shortened_number", {})]
    assert said(last_name="\ufffdwi\ufffdtek").faults == [("last_name", "unreadable_letters", {})]
    assert said(first_name=" ", card="").faults == [("", "nothing_here", {})]


def test_the_sign_before_a_formula_is_taken_off_again():
    assert said(phone="'+48 600 100 200", card="'0042").details["phone"] == "+48600100200"
    assert said(card="'0042").card == "0042"
    assert said(first_name="'＝Anna").details["first_name"] == "＝Anna"


def test_a_name_in_one_column_is_parted_and_marks_are_told_apart():
    found = said(full_name="  Anna  Maria Świętek", tags="Stała, kawa; VIP", language="Polski")
    assert found.details == {
        "first_name": "Anna",
        "last_name": "Maria Świętek",
        "tags": ["kawa", "stała", "vip"],
        "language": "pl",
    }


def test_a_language_or_a_no_beside_a_number_makes_no_person():
    assert not said(card="A1", language="pl", consent_sms="nie").is_person
    assert said(card="A1", tags="vip").is_person
