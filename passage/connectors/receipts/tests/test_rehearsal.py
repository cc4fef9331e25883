"""What a rehearsal says is what the import then does; whom a column of cards means; lines below zero."""

import pytest
from django.apps import apps

from passage.audit.models import Event
from passage.cards import actions as cards
from passage.connectors.receipts.tests.files import POLISH, row
from passage.connectors.receipts.tests.said import counted, points
from passage.connectors.receipts.tests.test_cancellations import FILES
from passage.members.models import Member
from passage.programme.models import Source
from passage.purchases.models import Parked, Purchase
from tests.cast import AT, BY

LEDGER = [apps.get_model("ledger", name) for name in ("Entry", "Lot")]
pytestmark = pytest.mark.django_db


@pytest.mark.parametrize("order", [(0, 1, 2, 3), (3, 1, 0, 2), (2, 3, 1, 0)])
def test_a_rehearsal_says_what_the_run_after_it_does(run, in_english, order):
    """Before each file of some, and after all of them when the same come again with one changed."""
    changed = [
        row("1", quantity="1"),
        row("2", date="05.03.2026", quantity="2"),
        row("9", price="?"),
        row("4", member=""),
    ]
    for rows in [*(FILES[place] for place in order), changed, [each for part in FILES for each in part]]:
        before = standing_rows()
        rehearsed = run(*rows, dry_run=True)
        assert standing_rows() == before, "nothing was written"
        assert run(*rows).splitlines() == rehearsed.splitlines()[1:]


def standing_rows():
    return [model.objects.count() for model in (Member, Purchase, Parked, Source, Event, *LEDGER)]


def test_a_rehearsal_tells_points_given_points_over_already_and_sales_without_a_rule(run, cast, in_english):
    apps.get_model("ledger", "Unit").objects.of(cast.bakery).update(expiry_kind="days", expiry_count=30)
    rows = [row("1", quantity="10"), row("2", date="02.03.2009"), row("K", date="03.03.2026", quantity="-4")]
    said = run(*rows, dry_run=True)
    assert counted(said, "sales that no rule covers: no rule was in force yet") == 1
    given = points_said(said)
    assert given["given"] == 158
    assert given["of them over already when they came"] == 158, "thirty days after March 2026"
    assert given["asked back by returns"] == 64
    assert run(*rows).splitlines() == said.splitlines()[1:]


def points_said(said):
    found = {}
    for line in said.splitlines():
        number, _, label = line.strip().partition("  ")
        if ": " in label and number.isdigit():
            found[label.partition(": ")[2]] = int(number)
    return found


TILL = POLISH.replace('shop = "rynek"', "").replace("create = true", "create = false")
OTHER = "2900714000014"


def test_a_column_of_card_numbers_leads_to_their_members(run, cast, in_english):
    cards.issue(programme=cast.bakery, member=cast.anna, number=OTHER, by=BY, at=AT)
    rows = [row("P1", member=OTHER), row("P2", member="2900 7140 00014"), row("P3", member="2900714000099")]
    for by in ("", 'by = "card"'):
        said = run(*rows, text=TILL.replace("create = false", f"create = false\n{by}"), dry_run=True)
        assert counted(said, "sales recorded") == 2, by
        assert counted(said, "sales refused by the programme") == 1
    run(*rows, text=TILL)
    assert set(Purchase.objects.values_list("member_id", flat=True)) == {cast.anna.pk}
    assert counted(run(*rows, text=TILL), "sales known from an earlier import") == 2


def test_where_members_are_made_a_card_still_leads_to_its_member(run, cast, in_english):
    cards.issue(programme=cast.bakery, member=cast.anna, number=OTHER, by=BY, at=AT)
    before = Member.objects.count()
    run(row("P1", member=OTHER), row("K", member=OTHER, date="05.03.2026", quantity="-1"))
    assert Member.objects.count() == before
    assert Purchase.objects.get(kind="sale").member == Purchase.objects.get(kind="return").member == cast.anna


def test_only_numbers_are_members_where_the_profile_says_so(run, cast, in_english):
    cards.issue(programme=cast.bakery, member=cast.anna, number=OTHER, by=BY, at=AT)
    said = run(row("P1", member=OTHER), text=TILL.replace("create = false", 'create = false\nby = "number"'))
    assert counted(said, "sales refused by the programme") == 1


def test_one_person_with_two_cards_is_one_person(run, cast, in_english):
    for number in (OTHER, "2900714000021"):
        cards.issue(programme=cast.bakery, member=cast.anna, number=number, by=BY, at=AT)
    run(row("K", member="2900714000021", date="05.03.2026", quantity="-1"), row("P1", member=OTHER), text=TILL)
    assert Parked.objects.get().state == "applied"


def test_a_discount_line_lowers_its_receipt(run, in_english):
    discount = row("D1", product="RABAT", price="-5,00")
    run(row("D1", product="TORT", price="50,00"), discount)
    assert points("77") == 90, "forty-five, twice in this shop"
    run(
        row("K", date="03.03.2026", product="TORT", price="50,00", quantity="-1"),
        row("K", date="03.03.2026", product="RABAT", price="-5,00", quantity="-1"),
    )
    assert points("77") == 0
    assert Parked.objects.get().state == "applied"


def test_a_receipt_below_zero_is_refused_whole(run, in_english):
    said = run(row("1", product="RABAT", price="-5,00"), row("1", price="4,00"), row("2"))
    assert "Row 2, receipt 1: The receipt comes to less than zero" in said
    assert counted(said, "sales recorded") == 1


def test_a_changed_file_is_told_before_anything_is_written(run, in_english):
    rows = [row("P1", quantity="2"), row("P2"), row("P3", member="99")]
    run(*rows)
    said = run(row("P1", quantity="2", price="9,00"), *rows[1:], dry_run=True)
    assert counted(said, "sales known from an earlier import") == 2
    assert counted(said, "sales recorded before with other content, left as they were") == 1
    assert counted(said, "sales recorded") == counted(said, "sales refused by the programme") == 0
