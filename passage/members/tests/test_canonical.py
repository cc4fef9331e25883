"""One spelling for everything that is looked up, and nothing strange in what is shown."""

import pytest
from hypothesis import given
from hypothesis import strategies as st

from passage.members import canonical
from passage.programme import addresses
from passage.programme.errors import Refused

ANYTHING = st.text(st.characters(codec=None), max_size=60)


@pytest.mark.parametrize(
    "typed",
    [
        "06 12 34 56 78",
        "0612345678",
        "06.12.34.56.78",
        "06-12-34-56-78",
        "06/12/34/56/78",
        " +33 6 12 34 56 78 ",
        "+33 (0)6 12 34 56 78",
        "0033 612345678",
        "06\u00a012\u202f34\u200956\u201178",
        "(06) 12 34 56 78",
    ],
)
def test_a_french_phone_number_has_one_spelling(typed):
    assert canonical.phone(typed, region="FR") == "+33612345678"


@pytest.mark.parametrize("typed", ["600 100 200", "+48 600-100-200", "0048600100200", "48 600 100 200"])
def test_a_polish_phone_number_has_one_spelling(typed):
    assert canonical.phone(typed, region="PL") == "+48600100200"


def test_a_number_with_its_country_is_the_same_everywhere():
    assert canonical.phone("+48 600 100 200", region="FR") == canonical.phone("600100200", region="PL")


@pytest.mark.parametrize(
    "typed",
    [
        "",
        "12",
        "\u0660\u0666\u0661\u0662\u0663\u0664\u0665\u0666\u0667\u0668",
        "\uff10612345678",
        "06 12 34 56",
        "+33 6 12 34 56 78 90 12",
        "0800FLOWERS",
        "06 12 34 56 78;ext=5",
        "06123456\u202e78",
        "06 12 34 56 78\x00",
        "1e9",
        "9" * 5000,
        "+",
        "---",
    ],
)
def test_what_is_no_phone_number_is_refused(typed):
    with pytest.raises(Refused) as refused:
        canonical.phone(typed, region="FR")
    assert (refused.value.code, refused.value.field) == ("invalid_phone", "phone")


@pytest.mark.parametrize("typed", ["anna@example.org", " ANNA@EXAMPLE.ORG ", "Anna@Example.Org"])
def test_an_address_has_one_spelling(typed):
    assert canonical.email(typed) == "anna@example.org"


def test_an_address_is_kept_as_it_was_written_but_for_its_domain():
    assert addresses.as_written(" Anna.Nowak@EXAMPLE.org ") == "Anna.Nowak@example.org"


@pytest.mark.parametrize(
    "typed",
    [
        "",
        "anna",
        "anna@",
        "@example.org",
        "anna@localhost",
        "anna@@example.org",
        "anna @example.org",
        "anna@exa mple.org",
        "anna\uff20example.org",
        "mi\u212ae@example.org",
        "\ufb01lip@example.org",
        "anna@\uff45xample.org",
        "anna@example.org\x00",
        "anna\u200b@example.org",
        "anna\n@example.org",
        "\ud800@example.org",
        "x" * 300 + "@example.org",
        "x" * 1_000_000,
        "Anna <anna@example.org>",
        '"anna"@example.org',
        "anna@[127.0.0.1]",
    ],
)
def test_what_is_no_address_or_looks_like_another_is_refused(typed):
    with pytest.raises(Refused) as refused:
        canonical.email(typed)
    assert (refused.value.code, refused.value.field) == ("invalid_email", "email")


@pytest.mark.parametrize("lookalike", ["m\u0131ke@example.org", "m\u0456ke@example.org", "mi\u0307ke@example.org"])
def test_a_lookalike_is_another_address_and_is_flagged(lookalike):
    assert canonical.email(lookalike) != canonical.email("mike@example.org")
    assert canonical.email(lookalike.upper()) != canonical.email("mike@example.org") or lookalike[1] == "\u0131"
    assert not addresses.is_plain(canonical.email(lookalike))


def test_ss_and_sharp_s_stay_two_addresses():
    assert canonical.email("wei\u00df@example.org") != canonical.email("weiss@example.org")


@pytest.mark.parametrize(
    ("typed", "shown"),
    [
        ("  Anna \t Maria ", "Anna Maria"),
        ("An\u202ena", "Anna"),
        ("An\u200bna\ufeff", "Anna"),
        ("Anna\x00\x1b[31m", "Anna [31m"),
        ("Anna\nMaria", "Anna Maria"),
        ("e\u0301loi\u0308se", "éloïse"),
        ("O’Brien-Łącka", "O’Brien-Łącka"),
        ("\ud800Anna\ue000", "Anna"),
        ("\u200e\u200f", ""),
        ("王小明", "王小明"),
    ],
)
def test_a_name_is_cleaned_of_what_cannot_be_seen(typed, shown):
    assert canonical.name(typed, field="first_name") == shown


def test_a_name_has_eighty_characters_at_most():
    assert canonical.name("a" * 80, field="last_name") == "a" * 80
    for endless in ("a" * 81, "a" * 5_000_000, "\u200b" * 5_000_000):
        with pytest.raises(Refused) as refused:
            canonical.name(endless, field="last_name")
        assert (refused.value.code, refused.value.field, refused.value.params) == (
            "too_long",
            "last_name",
            {"limit": 80},
        )


@given(ANYTHING)
def test_a_cleaned_name_can_be_printed_and_cleaning_it_again_changes_nothing(text):
    cleaned = canonical.name(text, field="first_name")
    assert cleaned.isprintable()
    assert canonical.name(cleaned, field="first_name") == cleaned


@pytest.mark.parametrize(
    ("name", "key"),
    [
        ("Świętochłowska", "swietochlowska"),
        ("ŁUKASZ", "lukasz"),
        ("Élodie  Le-Goff", "elodie le goff"),
        ("O’Brien", "o brien"),
        ("Weiß", "weiss"),
        ("Søren Ærø", "soren aero"),
        ("Œuvrard", "oeuvrard"),
        ("İpek Işık", "ipek isik"),
    ],
)
def test_a_name_is_searched_without_accents_strokes_and_case(name, key):
    assert canonical.folded(name) == key


@given(ANYTHING, ANYTHING)
def test_the_key_of_a_name_fits_its_column_and_folds_to_itself(first, last):
    key = canonical.name_key(first=first, last=last)
    assert len(key) <= 170
    assert canonical.folded(key) == key.strip()


@pytest.mark.parametrize("typed", ["01-01", "02-29", "12-31", " 07-26 "])
def test_a_day_of_the_year_is_kept(typed):
    assert canonical.day(typed, field="birthday") == typed.strip()


@pytest.mark.parametrize("typed", ["", "02-30", "13-01", "00-10", "1-1", "2000-01-01", "٠١-٠١", "01/02", "04-31"])
def test_a_day_that_does_not_exist_is_refused(typed):
    with pytest.raises(Refused) as refused:
        canonical.day(typed, field="name_day")
    assert (refused.value.code, refused.value.field) == ("invalid_day", "name_day")


def test_tags_are_lower_case_sorted_and_each_there_once():
    assert canonical.tags(["VIP", "vip", " Allergic: nuts "]) == ["allergic: nuts", "vip"]


def test_twenty_tags_fit_and_one_more_does_not():
    assert len(canonical.tags([f"t{number}" for number in range(20)])) == 20
    for tags in ([f"t{number}" for number in range(21)], (f"t{number}" for number in range(10**9))):
        with pytest.raises(Refused, match="too_many"):
            canonical.tags(tags)


@pytest.mark.parametrize("tag", ["", "<b>", "a" * 41, "a,b"])
def test_what_is_no_tag_is_refused(tag):
    with pytest.raises(Refused):
        canonical.tags([tag])
