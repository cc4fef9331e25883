"""`passage import-sales` on small files: what goes in, what is said, and that nothing is done twice or by half."""

import csv
from pathlib import Path

import pytest
from django.core.management import CommandError

from passage.audit.models import Event
from passage.connectors.receipts.refusals import Report
from passage.connectors.receipts.tests.files import POLISH, row
from passage.connectors.receipts.tests.said import counted, points
from passage.ledger import queries as ledger
from passage.members import actions as members
from passage.members.models import Member
from passage.programme.models import Source
from passage.purchases.models import Parked, Purchase
from tests.cast import AT, BY

pytestmark = pytest.mark.django_db


def test_sales_become_points_and_cancellations_take_them_back(run, in_english):
    said = run(
        row("1", quantity="10"),
        row("1", product="KAUCJA-PET", price="0,50"),
        row("2", member="78", price="12,00"),
        row("K", date="03.03.2026", quantity="-4"),
    )
    assert [counted(said, label) for label in ("members enrolled", "sales recorded", "returns recorded")] == [2, 2, 1]
    assert points("77") == 2 * 47, (
        "7.90 for each of the six that stay, double on the market square, nothing for the deposit"
    )
    assert points("78") == 24
    sale = Purchase.objects.get(receipt="1")
    assert (sale.client_id, sale.shop.code, sale.total, sale.source.code) == ("1", "rynek", 7950, "kasa")
    assert Purchase.objects.get(kind="return").client_id == "K/1"


def test_a_second_run_changes_nothing(run, in_english):
    rows = [
        row("1", quantity="10"),
        row("2", member="78"),
        row("K", quantity="-4"),
        row("K", product="TORT", quantity="-1"),
    ]
    run(*rows)

    def state():
        rows = [model.objects.count() for model in (Member, Purchase, Parked, Event)]
        return rows, [
            (points(member.external_id), ledger.history(member)) for member in Member.objects.exclude(external_id="")
        ]

    before = state()
    said = run(*rows)
    assert state() == before
    assert counted(said, "sales known from an earlier import") == 2
    assert counted(said, "returns known from an earlier import") == 1


def test_a_longer_file_brings_what_is_new_and_leaves_the_rest(run, in_english):
    run(row("1"), row("2"))
    said = run(row("1"), row("2"), row("3"))
    assert (counted(said, "sales known from an earlier import"), counted(said, "sales recorded")) == (2, 1)


def test_a_rehearsal_says_the_same_and_writes_nothing(run, in_english):
    rows = [row("1"), row("2", member=""), row("3", price="?"), row("K", date="03.03.2026", quantity="-1")]
    said = run(*rows, dry_run=True)
    assert "Nothing was written." in said
    for model in (Purchase, Parked, Source):
        assert not model.objects.exists()
    assert not Member.objects.filter(external_id="77").exists()
    real = run(*rows)
    assert real.splitlines() == said.splitlines()[1:]


def test_every_refused_row_stands_in_the_report_and_no_cell_of_it_is_a_formula(run, tmp_path, in_english):
    report = tmp_path / "refused.csv"
    said = run(row("1"), row("=1+1", price="?"), "broken", row("K", product="TORT", quantity="-1"), report=report)
    with report.open(encoding="utf-8-sig", newline="") as lines:
        rows = list(csv.DictReader(lines))
    assert [(each["row"], each["receipt"], each["field"], each["outcome"]) for each in rows] == [
        ("3", "'=1+1", "Cena", "refused"),
        ("4", "broken", "", "refused"),
        ("5", "K", "", "waiting"),
    ]
    assert all(each["reason"] and each["remedy"] for each in rows)
    assert "Row 3, receipt =1+1: “?” is not a number" in said
    assert counted(said, "sales recorded") == 1


def test_a_long_report_is_shortened_on_the_screen(run, in_english):
    said = run(*[row(str(number), price="?") for number in range(Report.SHOWN + 5)])
    assert "… and 5 more" in said
    assert counted(said, "lines in the report") == Report.SHOWN + 5


def test_a_cancelled_line_without_its_sale_is_parked_with_what_a_person_needs_to_find_it(run, in_english):
    said = run(row("1", price="8,00"), row("K", date="03.03.2026", quantity="-1"))
    assert counted(said, "cancelled lines that wait for their sale") == 1
    parked = Parked.objects.get()
    assert (parked.client_id, parked.member.external_id, parked.state) == ("K/unmatched", "77", "waiting")
    [line] = parked.request["lines"]
    assert line["price"] == "79/100"
    assert {name: line[name] for name in ("product", "name", "quantity", "amount", "left")} == {
        "product": "CHLEB",
        "name": "Chleb żytni",
        "quantity": 1000,
        "amount": 790,
        "left": 1000,
    }
    assert points("77") == 16, "and takes no points"


def test_only_known_members_where_the_profile_creates_none(run, cast, in_english):
    members.enrol(programme=cast.bakery, external_id="77", by=BY, at=AT)
    text = POLISH.replace("create = true", "create = false")
    rows = [row("1"), row("2", member="78"), row("K", member="78", date="03.03.2026", quantity="-1")]
    rehearsed, said = run(*rows, text=text, dry_run=True), run(*rows, text=text)
    for each in (rehearsed, said):
        assert counted(each, "sales recorded") == 1
        assert counted(each, "sales refused by the programme") == 1
        assert "Row 3, receipt 2: There is no such member in this programme." in each
        assert counted(each, "cancelled lines that wait for their sale") == 1
    later = run(*rows)
    assert counted(later, "sales recorded") == 1
    assert points("78") == 0, "the return that waited was applied"
    assert Parked.objects.get().state == "applied"


def test_a_receipt_that_says_something_else_now_is_a_conflict_and_stays_as_it_was(run, in_english):
    run(row("1"))
    said = run(row("1", price="79,00"))
    assert "A receipt with this number is recorded, and says something else." in said
    assert points("77") == 14


def test_a_shop_that_the_programme_does_not_have_is_said(run, in_english):
    said = run(row("1"), text=POLISH.replace('shop = "rynek"', 'shop = "plac"'))
    assert "There is no such shop in this programme." in said
    assert not Purchase.objects.exists()


def test_the_report_speaks_the_language_of_the_programme(run):
    said = run(row("1"), row("2", price="?"))
    assert "Wiersz 3, paragon 2" in said
    assert "rows in the file" not in said


def test_another_programme_sees_nothing_of_it(run, cast):
    run(row("1"))
    assert not Purchase.objects.filter(programme=cast.stranger.programme).exists()
    assert not Member.objects.filter(programme=cast.stranger.programme).exists()


@pytest.mark.parametrize(
    ("options", "why"),
    [
        ({"programme": "nowhere"}, "no programme"),
        ({"programme": "elsewhere"}, "counts in EUR"),
        ({"profile": "nothing"}, "online-retail"),
        ({"report": Path("/nowhere/refused.csv")}, "refused.csv"),
    ],
)
def test_what_was_asked_wrongly_is_said_before_anything_is_read(run, options, why):
    with pytest.raises(CommandError, match=why):
        run(row("1"), **options)
    assert not Purchase.objects.exists()
