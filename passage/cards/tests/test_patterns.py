"""Numbers of a pattern of one's own: they begin and end as asked, nobody guesses them, and a slip in them shows."""

import pytest
from hypothesis import given
from hypothesis import strategies as st

from passage.cards import actions, numbers, queries
from passage.cards.errors import NotThisCard
from passage.cards.models import Card, NumberPattern
from passage.cards.patterns import LONGEST, Check, Pattern
from passage.programme.errors import Refused
from tests.cast import AT, BY
from tests.rows import a_programme

CLUB = Pattern("6042", 16, Check.LUHN)


@pytest.mark.parametrize("known", ["4111111111111111", "5500005555555559", "79927398713", "18"])
def test_luhn_is_the_check_digit_of_payment_cards(known):
    assert numbers.luhn_check_digit(known[:-1]) == known[-1]


@pytest.mark.parametrize(
    "pattern", [CLUB, Pattern("22", 13, Check.EAN), Pattern("", 10, Check.LUHN), Pattern("VIP", 10, Check.LETTERS)]
)
def test_a_number_is_of_its_pattern_and_adds_up(pattern):
    pattern.validate()
    made = numbers.distinct(count=300, new=pattern.new)
    assert len(set(made)) == 300
    for number in made:
        assert (len(number), number[: len(pattern.prefix)]) == (pattern.length, pattern.prefix)
        assert numbers.canonical(number) == number
        assert pattern.fits(number)
        assert pattern.adds_up(number)
    assert pattern.check_kind is not Check.LETTERS or not any(number.isdigit() for number in made)


@pytest.mark.parametrize(
    ("pattern", "code", "field"),
    [
        (Pattern("VIP", 16, Check.LUHN), "pattern_prefix", "prefix"),
        (Pattern("żyrafa", 16, Check.LETTERS), "pattern_prefix", "prefix"),
        (Pattern("２２", 13, Check.EAN), "pattern_prefix", "prefix"),
        (Pattern("6042", 13, Check.LUHN), "pattern_short", "length"),
        (Pattern("VIP", 9, Check.LETTERS), "pattern_short", "length"),
        (Pattern("", LONGEST + 1, Check.LETTERS), "pattern_long", "length"),
        (Pattern("590", 13, Check.EAN), "pattern_of_goods", "prefix"),
        (Pattern("", 13, Check.EAN), "pattern_of_goods", "prefix"),
    ],
)
def test_what_can_be_guessed_or_is_the_number_of_goods_is_refused(pattern, code, field):
    with pytest.raises(Refused) as refused:
        pattern.validate()
    assert (refused.value.code, refused.value.field) == (code, field)
    if code == "pattern_short":
        Pattern(pattern.prefix, refused.value.params["least"], pattern.check_kind).validate()


@given(st.integers(0, 15), st.integers(1, 9))
def test_every_single_wrong_digit_shows(place, by):
    number = CLUB.new()
    assert not CLUB.adds_up(number[:place] + str((int(number[place]) + by) % 10) + number[place + 1 :])


@pytest.mark.django_db
def test_a_slip_in_a_number_of_ones_own_is_told_from_a_card_that_nobody_knows():
    programme = a_programme()
    thirteen = Pattern("22", 13, Check.LUHN)
    made = actions.make_of_pattern(programme=programme, pattern=thirteen, count=50, at=AT, by=BY)
    actions.make_of_pattern(programme=programme, pattern=thirteen, count=1, at=AT, by=BY)
    assert NumberPattern.objects.of(programme).count() == 1
    number = made[0].number
    slip = number[:-1] + str((int(number[-1]) + 1) % 10)
    strange = thirteen.new()
    assert why_not(programme, slip) == "card_typo"
    assert why_not(programme, strange) == "card_unknown", "it adds up by Luhn, whatever the check of barcodes says"
    ours = numbers.ean13(prefix="29")
    assert why_not(programme, ours[:-1] + str((int(ours[-1]) + 1) % 10)) == "card_typo", (
        "the usual numbers stay checked"
    )


def why_not(programme, number):
    with pytest.raises(NotThisCard) as refused:
        queries.read(programme=programme, code=number)
    return refused.value.code


@pytest.mark.django_db
def test_a_batch_that_would_meet_a_card_there_is_makes_none(monkeypatch):
    programme = a_programme()
    [known] = actions.make_of_pattern(programme=programme, pattern=CLUB, count=1, at=AT, by=BY)
    again = iter([known.number, CLUB.new()])
    monkeypatch.setattr(Pattern, "new", lambda self: next(again))
    with pytest.raises(Refused) as refused:
        actions.make_of_pattern(programme=programme, pattern=CLUB, count=2, at=AT, by=BY)
    assert (refused.value.code, refused.value.params["numbers"]) == ("taken", [known.number])
    assert Card.objects.of(programme).count() == 1
