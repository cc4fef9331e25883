"""A person is forgotten: nothing in any table names them any more, and everything that counts is still there."""

from __future__ import annotations

import json
import uuid
from collections.abc import Iterator
from dataclasses import replace
from datetime import timedelta
from io import StringIO
from pathlib import Path
from typing import Any

import pytest
from django.core.management import call_command
from django.db import connection

from passage.audit.models import Event
from passage.cards import actions as cards
from passage.cards import queries as card_queries
from passage.config import erasures
from passage.config.verification import verify
from passage.config.worker import Worker
from passage.earning import actions as earning
from passage.imports import actions as imports
from passage.imports.models import Import
from passage.journal.tests.shop import Device, a_device
from passage.ledger import actions as ledger
from passage.ledger import queries as balances
from passage.logins import actions as logging_in
from passage.members import actions as members
from passage.members import queries
from passage.members.models import Consent, Member
from passage.outbox import actions as outbox
from passage.outbox.models import Job
from passage.privacy import actions as privacy
from passage.privacy.models import Erasure
from passage.programme import actions as programmes
from passage.programme.errors import Refused
from passage.programme.models import Login
from passage.purchases import actions as purchases
from passage.purchases.actions import claiming
from passage.purchases.models import Purchase
from passage.purchases.values import MemberRef
from passage.rewards import actions as rewards
from passage.rewards.models import Redemption
from tests.cast import AT, BY, CARD, Cast, a_bakery
from tests.importing import ANNAS, LATER, NEW, a_list, applied, checked, received, undone, work

pytestmark = pytest.mark.django_db
TWIN_CARD = "2900000000018"
# Whatever leads to Anna, or to the second record that turned out to be hers.
NEEDLES = (
    *("Świętek", "Anusia", "Świętecka"),
    *("anna@example.org", "anusia@example.org", "600100200", "601700800", "600 100 200"),
    *(CARD, TWIN_CARD, "KL-17850", "02-29", "vipowna"),
)


def written() -> Iterator[tuple[str, str]]:
    """Every value of every column of every table, as people would read it."""
    with connection.cursor() as cursor:
        for table in connection.introspection.table_names(cursor):
            cursor.execute(f'SELECT * FROM "{table}"')
            columns = [column[0] for column in cursor.description]
            for row in cursor.fetchall():
                for column, value in zip(columns, row, strict=True):
                    yield f"{table}.{column}", readable(value)


def readable(value: object) -> str:
    """Without the escapes in which JSON may hide a letter."""
    text = value if isinstance(value, str) else str(value)
    if text.startswith(("{", "[", '"')):
        try:
            return json.dumps(json.loads(text), ensure_ascii=False)
        except ValueError:
            return text
    return text


def found() -> dict[str, set[str]]:
    """By what names her, the columns where it stands."""
    places: dict[str, set[str]] = {}
    for place, text in written():
        for needle in NEEDLES:
            if needle.casefold() in text.casefold():
                places.setdefault(needle, set()).add(place)
    return places


@pytest.fixture
def cast() -> Cast:
    return a_bakery()


@pytest.fixture
def device(cast: Cast) -> Device:
    """A year in the life of Anna, who left her name wherever one can."""
    anna, device = cast.anna, a_device(cast)
    definition = {"unit": "points", "earns": {"kind": "fixed", "points": 5}, "when": {"birthday_days": 30}}
    earning.create_rule(programme=cast.bakery, name="Urodziny", definition=definition, effective_from=AT, by=BY, at=AT)
    members.edit(member=anna, by=BY, at=AT, birthday="02-29", external_id="KL-17850", tags=["vipowna"])
    members.record_consents(member=anna, given={"email": True}, source="till:rynek/1", by=BY, at=AT)
    members.block(member=anna, reason="Pani Świętek (600 100 200) się kłóci", by=BY, at=AT)
    members.unblock(member=anna, by=BY, at=AT)
    sold = device.sale(2000)
    device.wait(hours=1)
    device.sale(3000)
    device.back(sold, reason="Pani Świętek nie chciała")
    device.sale(1500, card="NOBODYS1")
    device.sale(700, card="grabowska 0010 0001 x")
    device.deliver()
    ledger.adjust(member=anna, unit="points", points=25, reason="Prezent dla pani Świętek", by=BY, at=device.now)
    twin = members.enrol(
        programme=cast.bakery,
        first_name="Anusia",
        last_name="Świętecka",
        phone="601 700 800",
        email="anusia@example.org",
        by=BY,
        at=AT,
    )
    cards.issue(programme=cast.bakery, member=twin, number=TWIN_CARD, by=BY, at=AT)
    device.sale(900, card=TWIN_CARD)
    device.deliver()
    told = dict.fromkeys(("first_name", "last_name", "phone", "email"), "kept")
    reason = "Świętecka to nazwisko panieńskie"
    purchases.merge(gone=twin, kept=anna, choices=told, reason=reason, by=BY, at=device.now)
    reserve(device)
    payload = {"to": "anna@example.org", "text": "Dzień dobry, Świętek!"}
    order = outbox.Order(kind="mail", key="mail:1", run_at=device.now, programme=cast.bakery, payload=payload)
    outbox.queue(orders=[order])
    Job.objects.filter(key="mail:1").update(error="SMTPError: 550 <anna@example.org> unknown")
    logging_in.ask_reset(address="anna@example.org", language="pl", at=device.now)
    corrected(device)
    imported(cast)
    return device


def corrected(device: Device) -> None:
    """One booked, one refused with words, one that still waits: each says her name."""
    programmes.set_control(programme=device.cast.bakery, alone=50, by=BY, at=AT)
    maria, at = f"staff:{device.cast.maria.pk}", device.now
    for reason in ("Zwrot dla pani Świętek", "Świętek prosiła"):
        told = {"member": device.cast.anna, "unit": "points", "by": maria, "at": at}
        ledger.correct(points=5, reason=reason, **told)
        asked = ledger.correct(points=500, reason=reason, **told)
    ledger.refuse(correction=asked, answer="Pani Świętek nie ma racji", by=BY, at=at)


def imported(cast: Cast) -> None:
    """She stands in a list that was taken in, in a row of it that stayed out, and in lists that still wait."""
    aside = "2900002;Zły;Świętek;600 100 200;anna@example.org;99.99.99;;;"
    applied(cast, a_list(ANNAS, aside, NEW))
    checked(cast, a_list(ANNAS, NEW))
    received(cast, a_list(ANNAS))


def reserve(device: Device) -> Redemption:
    gives = {"unit": "points", "cost": 5, "gives": {"kind": "value_off", "amount": 100}}
    reward = rewards.create_reward(
        programme=device.cast.bakery, name="1 zł", definition=gives, effective_from=AT, by=BY, at=AT
    )
    wish = rewards.Wish(client_id="wish-1", reward=reward, order="stolik Świętek")
    return claiming.reserve(source=device.key.source, member=device.cast.anna, wish=wish, by=BY, at=device.now)[0]


def forgotten(device: Device) -> Erasure:
    member = device.cast.anna
    return privacy.erase(member=member, why=Erasure.Why.ASKED, by=BY, at=device.now)


def test_no_table_names_her_any_more(device: Device) -> None:
    before = found()
    assert set(before) == set(NEEDLES), "the search finds what was planted"
    places = set().union(*before.values())
    assert {
        "members_member.last_name",
        "members_merge.before",
        "members_merge.reason",
        "cards_card.number",
        "ledger_entry.because",
        "purchases_purchase.context",
        "purchases_purchase.reason",
        "journal_tilloperation.payload",
        "journal_tilloperation.item",
        "rewards_redemption.order",
        "audit_event.detail",
        "outbox_job.payload",
        "outbox_job.error",
        "programme_login.email",
        "ledger_correction.reason",
        "ledger_correction.answer",
        "imports_row.cells",
        "imports_row.said",
        "imports_row.card",
        "imports_deed.after",
    } <= places
    facts = [row.context.get("facts") or {} for row in Purchase.objects.exclude(member=None)]
    assert [fact for fact in facts if fact.get("birthday") or fact.get("tags")], "sales knew her birthday"
    forgotten(device)
    assert found() == {}
    facts = [row.context.get("facts") or {} for row in Purchase.objects.exclude(member=None)]
    assert [fact for fact in facts if fact.get("birthday") or fact.get("tags")] == []


def test_no_import_brings_her_back(device: Device) -> None:
    """One that is being taken in leaves her out, those that wait are put away, and one can still be undone."""
    cast, later = device.cast, LATER + timedelta(hours=2)
    ewa = "2900003;Ewa;Nowak;602 100 200;ewa@example.org;;;;"
    busy = checked(cast, a_list(ANNAS, ewa), at=later)
    imports.apply(upload=busy, choice="overwrite", by=BY, at=later)
    forgotten(device)
    work(later)
    busy.refresh_from_db()
    assert (busy.state, busy.done, busy.found["wrong"]) == ("applied", {"member": 1}, 1)
    assert [row.full_name for row in queries.find(programme=cast.bakery, text="602100200")] == ["Ewa Nowak"]
    assert sorted(Import.objects.values_list("state", flat=True)) == ["applied", "applied", "dropped", "dropped"]
    undone(Import.objects.order_by("id").first(), at=later)
    cast.anna.refresh_from_db()
    assert (cast.anna.status, cast.anna.full_name) == (Member.Status.ERASED, "")
    assert found() == {}
    assert list(verify(programme=cast.bakery)) == []


def test_everything_that_counts_is_still_there_and_the_books_are_right(device: Device) -> None:
    anna = device.cast.anna
    sums = list(Purchase.objects.order_by("id").values_list("kind", "total"))
    settled = list(Purchase.objects.order_by("id").values_list("settlement", flat=True))
    held = balances.balances(anna, at=device.now)[0].balance
    told = len(balances.history(anna, limit=1000))
    assert held > 0
    forgotten(device)
    assert list(Purchase.objects.order_by("id").values_list("kind", "total")) == sums
    assert list(Purchase.objects.order_by("id").values_list("settlement", flat=True)) == settled
    history = balances.history(anna, limit=1000)
    assert len(history) == told + 1
    last = history[0]
    assert (last.kind, last.points) == ("expire", -held)
    assert [step["code"] for step in last.because] == ["erased"]
    balance = balances.balances(anna, at=device.now)[0]
    assert (balance.balance, balance.available, balance.reserved, balance.debt) == (0, 0, 0, 0)
    assert Redemption.objects.get().state == Redemption.State.RELEASED
    assert [row.given for row in Consent.objects.filter(member=anna)] == [True]
    assert list(verify(programme=device.cast.bakery)) == []


def test_she_is_found_by_nothing_and_can_be_enrolled_anew(device: Device) -> None:
    cast = device.cast
    forgotten(device)
    cast.anna.refresh_from_db()
    assert cast.anna.status == Member.Status.ERASED
    for text in ("anna@example.org", "600 100 200", "601700800", "KL-17850"):
        assert queries.find(programme=cast.bakery, text=text) == []
    assert queries.search(programme=cast.bakery, text="").members == []
    assert queries.search(programme=cast.bakery, text="świętek").members == []
    assert queries.candidates(programme=cast.bakery, text="0200", by_parts=True) == []
    assert card_queries.find(programme=cast.bakery, code=CARD) is None
    with pytest.raises(Refused, match="unknown_member"):
        queries.usable(cast.anna)
    with pytest.raises(Refused, match="member_erased"):
        members.edit(member=cast.anna, first_name="Anna", by=BY, at=device.now)
    again = members.enrol(programme=cast.bakery, email="anna@example.org", phone="600 100 200", by=BY, at=device.now)
    cards.issue(programme=cast.bakery, member=again, number=CARD, by=BY, at=device.now)
    assert queries.find(programme=cast.bakery, text="600100200") == [again]


def test_what_she_bought_can_still_be_returned_and_hits_the_number_alone(device: Device) -> None:
    forgotten(device)
    sale = next(sent for sent in device.written if sent.kind == "sale" and sent.item.basket.total == 3100)
    device.wait(minutes=20)
    [result] = device.deliver(device.back(sale)).results
    assert result.status == "recorded", result.problem
    row = Purchase.objects.get(kind="return", sale__client_id=str(sale.op_id))
    assert (row.total, row.member) == (-3100, device.cast.anna)
    assert list(verify(programme=device.cast.bakery)) == []
    assert found() == {}


def test_her_log_in_is_closed_unless_she_works_here_too(device: Device) -> None:
    login = device.cast.anna.login
    forgotten(device)
    login.refresh_from_db()
    assert (login.is_active, login.has_usable_password(), login.name) == (False, False, "")
    piotr = members.enrol(programme=device.cast.bakery, first_name="Piotr", by=BY, at=AT)
    members.attach_login(member=piotr, login=device.cast.piotr.login, by=BY, at=AT)
    privacy.erase(member=piotr, why=Erasure.Why.ASKED, by=BY, at=device.now)
    assert Login.objects.get(pk=device.cast.piotr.login_id).is_active
    piotr.refresh_from_db()
    assert piotr.login is None


def test_that_a_number_was_forgotten_is_kept_and_twice_is_once(device: Device) -> None:
    row = forgotten(device)
    assert (row.public_id, row.at) == (device.cast.anna.public_id, device.now)
    assert forgotten(device) == row
    assert Event.objects.filter(verb="member.erased").count() == 1
    [job] = Job.objects.filter(kind=privacy.KEEP)
    twin = Member.objects.get(merged_into=device.cast.anna)
    assert job.payload == {
        "members": [str(row.public_id), str(twin.public_id)],
        "at": device.now.isoformat(),
    }


def test_a_backup_that_is_put_back_forgets_her_again(device: Device, tmp_path: Path, settings: Any) -> None:
    """The file lies beside the database; here the backup is older than the day the two records were joined."""
    settings.DATA = tmp_path
    cast = device.cast
    stranger = members.enrol(programme=cast.bakery, first_name="Ewa", last_name="Nowak", by=BY, at=AT)
    joined = Member.objects.get(merged_into=cast.anna)
    line = {"members": [str(cast.anna.public_id), str(joined.public_id), str(uuid.uuid4())], "at": AT.isoformat()}
    for _twice in range(2):
        erasures.keep(programme=cast.bakery, payload=line, at=AT)
    out = StringIO()
    call_command("restored", stdout=out)
    assert "Forgotten again: 2" in out.getvalue()
    assert found() == {}
    assert {each.why for each in Erasure.objects.all()} == {Erasure.Why.AGAIN}
    stranger.refresh_from_db()
    assert stranger.full_name == "Ewa Nowak"
    again = StringIO()
    call_command("restored", stdout=again)
    assert "Forgotten" not in again.getvalue()


def test_the_worker_keeps_who_was_forgotten_beside_the_database(device: Device, tmp_path: Path, settings: Any) -> None:
    settings.DATA = tmp_path
    forgotten(device)
    Job.objects.exclude(kind=privacy.KEEP).delete()
    Worker(clock=lambda: device.now).run_once()
    kept = [json.loads(text) for text in erasures.kept_in().read_text().splitlines()]
    assert [line["programme"] for line in kept] == ["grabowska", "grabowska"]
    assert kept[0]["member"] == str(device.cast.anna.public_id)
    assert not [needle for needle in NEEDLES if needle in erasures.kept_in().read_text()]


def test_the_others_keep_all_they_are_called(device: Device) -> None:
    ewa = members.enrol(
        programme=device.cast.bakery, first_name="Anna", last_name="Nowak", phone="602 100 200", by=BY, at=AT
    )
    members.block(member=ewa, reason="Anna Nowak była niemiła", by=BY, at=AT)
    ledger.adjust(member=ewa, unit="points", points=3, reason="Dla Anny", by=BY, at=AT)
    device.wait(days=1)
    device.sale(1200, card="ANNA2ANNA2")
    device.deliver()
    aside = device.deliver().results[-1].row
    kept = (aside.payload, aside.item)
    forgotten(device)
    ewa.refresh_from_db()
    aside.refresh_from_db()
    assert (ewa.full_name, ewa.phone, ewa.status) == ("Anna Nowak", "+48602100200", "blocked")
    assert (aside.payload, aside.item) == kept
    assert Event.objects.get(verb="member.blocked", subject=f"member:{ewa.public_id}").detail == {
        "reason": "Anna Nowak była niemiła"
    }
    assert balances.history(ewa)[0].because[0]["reason"] == "Dla Anny"


def test_a_sale_that_names_her_number_is_refused_and_breaks_nothing(device: Device) -> None:
    forgotten(device)
    sale = device.sale(1100, card="")
    named = replace(sale.item, client_id="s-1", member=MemberRef(public_id=device.cast.anna.public_id))
    [answer] = purchases.record(
        programme=device.cast.bakery, source=device.key.source, batch=[named], by=BY, at=device.now
    )
    assert (answer.status, answer.problem.code) == ("refused", "unknown_member")
    with pytest.raises(Refused):
        reserve(device)


def test_a_till_that_did_not_know_yet_is_told_and_nothing_is_lost(device: Device) -> None:
    forgotten(device)
    device.wait(minutes=5)
    [result] = device.deliver(device.sale(1100)).results
    assert (result.status, result.problem.field) == ("put_aside", "card")
