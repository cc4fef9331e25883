"""The life of a card (E-33): blank, active, then blocked, lost, replaced or expired."""

import pytest
from django.core import serializers

from passage.audit.models import Event
from passage.cards import actions, numbers, queries
from passage.cards.errors import NotThisCard
from passage.cards.models import Card
from passage.cards.tests.conftest import AT, BLANK, PIOTR, SPARE, UNKNOWN
from passage.members.actions import block as block_member
from passage.members.actions import enrol
from passage.members.models import Member
from passage.programme.errors import Refused


def test_a_blank_card_becomes_annas_and_only_once(blank, anna, bakery):
    bound = actions.bind(card=blank, member=anna, by=PIOTR, at=AT)
    assert (bound.state, bound.member) == ("active", anna)
    for taker in (anna, enrol(programme=bakery, by=PIOTR, at=AT)):
        with pytest.raises(NotThisCard) as refused:
            actions.bind(card=blank, member=taker, by=PIOTR, at=AT)
        assert (refused.value.code, refused.value.field) == ("card_bound", "card")
    assert queries.of_member(member=anna) == [bound]


def test_a_card_is_not_bound_to_a_stranger_nor_to_somebody_blocked(blank, anna, stranger):
    with pytest.raises(Refused) as refused:
        actions.bind(card=blank, member=stranger, by=PIOTR, at=AT)
    assert (refused.value.code, refused.value.field) == ("unknown_member", "member")
    block_member(member=anna, reason="", by=PIOTR, at=AT)
    with pytest.raises(Refused, match="member_blocked"):
        actions.bind(card=blank, member=anna, by=PIOTR, at=AT)
    blank.refresh_from_db()
    assert blank.state == "blank"


def test_a_card_for_somebody_merged_goes_to_who_remains(blank, anna, bakery):
    gone = enrol(programme=bakery, by=PIOTR, at=AT)
    gone.status, gone.merged_into = Member.Status.MERGED, anna
    gone.save()
    assert actions.bind(card=blank, member=gone, by=PIOTR, at=AT).member == anna


def test_a_batch_of_blank_cards_is_made_whole_or_not_at_all(bakery, elsewhere, blank):
    with pytest.raises(Refused) as refused:
        actions.make_blank(programme=bakery, numbers=["NEW1", "29-0000-0000018"], by=PIOTR, at=AT)
    assert (refused.value.code, refused.value.field) == ("taken", "numbers")
    assert refused.value.params == {"numbers": [BLANK], "count": 1}
    with pytest.raises(NotThisCard, match="card_unreadable"):
        actions.make_blank(programme=bakery, numbers=["NEW1", "_"], by=PIOTR, at=AT)
    assert queries.find(programme=bakery, code="NEW1") is None
    assert len(actions.make_blank(programme=elsewhere, numbers=[BLANK, BLANK], by=PIOTR, at=AT)) == 1


def test_twenty_thousand_cards_are_the_most_at_once(bakery):
    with pytest.raises(Refused) as refused:
        actions.make_blank(programme=bakery, numbers=(str(n) for n in range(20_001)), by=PIOTR, at=AT)
    assert (refused.value.code, refused.value.params) == ("too_many", {"limit": 20_000})


def test_a_batch_is_written_in_bulk(bakery, django_assert_max_num_queries):
    with django_assert_max_num_queries(1000 // 40) as asked:
        made = actions.make_blank(programme=bakery, numbers=numbers.batch(count=1000), by=PIOTR, at=AT)
    assert len({card.pk for card in made}) == 1000
    assert sum(query["sql"].startswith("SELECT") for query in asked.captured_queries) == 1


def test_a_card_is_issued_with_a_number_of_its_own_or_a_given_or_a_blank_one(bakery, anna, blank):
    virtual = actions.issue(programme=bakery, member=anna, by=PIOTR, at=AT)
    assert len(virtual.number) == 17
    assert actions.issue(programme=bakery, member=anna, number="anna-01", by=PIOTR, at=AT).number == "ANNA01"
    assert actions.issue(programme=bakery, member=anna, number=BLANK, by=PIOTR, at=AT) == blank
    for taken in ("ANNA01", BLANK):
        with pytest.raises(NotThisCard, match="card_bound"):
            actions.issue(programme=bakery, member=anna, number=taken, by=PIOTR, at=AT)


MOVES = {
    "block": lambda card: actions.block(card=card, reason="r", by=PIOTR, at=AT),
    "unblock": lambda card: actions.unblock(card=card, by=PIOTR, at=AT),
    "lose": lambda card: actions.lose(card=card, reason="r", by=PIOTR, at=AT),
    "expire": lambda card: actions.expire(card=card, by=PIOTR, at=AT),
    "replace": lambda card: actions.replace(card=card, by=PIOTR, at=AT),
}
LIVES = {
    # what happened before: which moves are then allowed (a move to where the card is already changes nothing)
    (): {"block", "unblock", "lose", "expire", "replace"},
    ("block",): {"block", "unblock", "lose", "expire", "replace"},
    ("lose",): {"unblock", "lose", "expire", "replace"},
    ("replace",): set(),
    ("expire",): {"expire"},
}


@pytest.mark.parametrize("move", MOVES)
@pytest.mark.parametrize("life", LIVES, ids=lambda life: "-".join(life) or "active")
def test_a_card_moves_only_along_its_life(annas, life, move):
    for earlier in life:
        MOVES[earlier](annas)
    if move in LIVES[life]:
        MOVES[move](annas)
        return
    before = serializers.serialize("json", Card.objects.all())
    with pytest.raises(NotThisCard, match="card_state"):
        MOVES[move](annas)
    assert serializers.serialize("json", Card.objects.all()) == before


@pytest.mark.parametrize("move", MOVES)
def test_a_blank_card_only_becomes_somebodys(blank, move):
    with pytest.raises(NotThisCard, match="card_blank"):
        MOVES[move](blank)


def test_a_lost_card_gives_its_place_to_a_blank_one_and_says_so(annas, anna, bakery):
    actions.lose(card=annas, reason="left on the tram", by=PIOTR, at=AT)
    new = actions.replace(card=annas, new_number="2900 0000 0002 5", by=PIOTR, at=AT)
    assert (new.number, new.member, new.state) == (SPARE, anna, "active")
    with pytest.raises(NotThisCard) as refused:
        queries.read(programme=bakery, code=BLANK)
    assert (refused.value.code, refused.value.params) == ("card_replaced", {"by": "•••0025"})
    assert queries.read(programme=bakery, code=SPARE) == new
    assert actions.replace(card=annas, new_number=SPARE, by=PIOTR, at=AT) == new, "asked again, answered again"


@pytest.mark.parametrize(
    ("number", "code"),
    [(UNKNOWN, "card_unknown"), ("2900000000033", "card_typo"), (BLANK, "card_bound"), ("_", "card_unreadable")],
)
def test_a_card_is_replaced_by_no_number_off_the_shelf(annas, number, code):
    with pytest.raises(NotThisCard) as refused:
        actions.replace(card=annas, new_number=number, by=PIOTR, at=AT)
    assert refused.value.code == code
    annas.refresh_from_db()
    assert (annas.state, annas.replaced_by) == ("active", None)


@pytest.mark.parametrize(
    ("move", "code"), [("block", "card_blocked"), ("lose", "card_lost"), ("expire", "card_expired")]
)
def test_a_card_that_cannot_be_used_says_why(annas, bakery, move, code):
    assert queries.read(programme=bakery, code=BLANK) == annas
    MOVES[move](annas)
    with pytest.raises(NotThisCard) as refused:
        queries.read(programme=bakery, code=BLANK)
    assert (refused.value.code, refused.value.field, refused.value.params) == (code, "card", {})


@pytest.mark.parametrize(
    ("typed", "code"),
    [
        (SPARE, "card_blank"),
        (UNKNOWN, "card_unknown"),
        ("2900000000081", "card_typo"),
        ("17850", "card_unknown"),
        ("\x00", "card_unreadable"),
    ],
)
def test_a_number_that_leads_to_no_member_says_why(annas, bakery, typed, code):
    with pytest.raises(NotThisCard) as refused:
        queries.read(programme=bakery, code=typed)
    assert refused.value.code == code


def test_a_number_with_a_wrong_check_digit_that_was_imported_is_still_a_card(bakery, anna):
    issued = actions.issue(programme=bakery, member=anna, number="2900000000081", by=PIOTR, at=AT)
    assert queries.read(programme=bakery, code="2900000000081") == issued


def test_a_stranger_finds_no_card_of_annas_programme(annas, bakery, elsewhere, stranger):
    assert queries.find(programme=elsewhere, code=BLANK) is None
    assert queries.by_numbers(programme=elsewhere, numbers=[BLANK, SPARE]) == {}
    assert queries.of_member(member=stranger) == []
    with pytest.raises(NotThisCard, match="card_unknown"):
        queries.read(programme=elsewhere, code=BLANK)


def test_cards_are_found_in_one_statement_with_their_members(annas, bakery, anna, django_assert_num_queries):
    with django_assert_num_queries(1):
        found = queries.by_numbers(programme=bakery, numbers=[BLANK, SPARE, UNKNOWN, BLANK, "", "\x00"])
        assert found.keys() == {BLANK, SPARE}
        assert found[BLANK].member == anna
    with django_assert_num_queries(1):
        assert queries.find(programme=bakery, code=" 2900 0000 00018").member.full_name == "Anna Kowalska"


def test_all_that_happens_to_a_card_is_written_down(annas, bakery):
    MOVES["block"](annas)
    MOVES["block"](annas)
    MOVES["unblock"](annas)
    MOVES["lose"](annas)
    MOVES["replace"](annas)
    told = list(
        Event.objects.of(bakery).exclude(subject__startswith="member:").order_by("id").values_list("verb", flat=True)
    )
    assert told == [
        "programme.created",
        "cards.made",
        "card.bound",
        "card.blocked",
        "card.unblocked",
        "card.lost",
        "card.issued",
        "card.replaced",
    ]
    assert "Anna" not in serializers.serialize("json", Event.objects.all())


def test_a_reason_is_cleaned_and_has_two_hundred_characters_at_most(annas):
    assert actions.block(card=annas, reason="tram\u202e\n" + "x" * 195, by=PIOTR, at=AT).reason == "tram " + "x" * 195
    with pytest.raises(Refused) as refused:
        actions.lose(card=annas, reason="x" * 201, by=PIOTR, at=AT)
    assert (refused.value.code, refused.value.field) == ("too_long", "reason")
