"""The till's journal is the server's second backup: what an older backup lacks comes again, in order, once."""

import json
import uuid
from datetime import timedelta
from io import StringIO
from types import SimpleNamespace

import pytest
from django.core.management import call_command
from django.db import transaction

from passage.api.tests.world import Till
from passage.cards import actions as cards
from passage.cards.models import Card
from passage.config import erasures
from passage.config.verification import verify
from passage.journal import actions, queries
from passage.journal.models import TillOperation
from passage.journal.tests.shop import Device, a_device, points
from passage.ledger import actions as ledger
from passage.ledger.models import Account, Allocation, Entry, Lot
from passage.members import actions as members
from passage.members.models import Member
from passage.privacy import actions as privacy
from passage.programme import actions as programmes
from passage.programme.errors import Refused
from passage.purchases.models import Purchase
from passage.rewards import actions as rewards
from passage.rewards.models import Redemption, Reward
from tests.cast import AT, BY, CARD, a_bakery
from tests.journeys.hours import a_tablet, books, now
from tests.plugin import defences_asleep

pytestmark = pytest.mark.django_db


@pytest.fixture
def till() -> Device:
    return a_device()


def test_a_server_restored_from_an_older_backup_gets_everything_again_in_order(till):
    """What the backup did not have comes again from the journal of the till: nothing lost, nothing twice."""
    for _ in range(4):
        till.sale()
        till.wait(minutes=15)
    before = till.deliver()
    at_backup = points(till)
    # The backup held the first two: the others and their effects are gone.
    lost = [result.row for result in before.results[2:]]
    fresh = a_copy_without(till, lost)
    assert queries.last_seq(till.key) == 2
    received = till.deliver(*till.written[2:])
    assert ([each.status for each in received.results], received.last_seq) == (["recorded", "recorded"], 4)
    assert (points(till), fresh) == (at_backup, 44)
    assert list(verify(programme=till.cast.bakery)) == []


def a_copy_without(till, rows):

    with defences_asleep():
        causes = [row.purchase.public_id for row in rows]
        entries = Entry.objects.filter(cause__in=causes)
        gone = sum(entry.points for entry in entries)
        Allocation.objects.filter(entry__in=entries).delete()
        Lot.objects.filter(entry__in=entries).delete()
        account = entries.first().account
        Entry.objects.filter(pk__in=[entry.pk for entry in entries]).delete()
        TillOperation.objects.filter(pk__in=[row.pk for row in rows]).delete()
        Purchase.objects.filter(public_id__in=causes).delete()
        Account.objects.filter(pk=account.pk).update(balance=account.balance - gone)
    return points(till)


def test_after_a_restore_the_installation_shows_another_epoch(till):
    before = programmes.epoch(at=till.now)
    assert programmes.epoch(at=till.now) == before
    after = programmes.begin_epoch(at=till.now + timedelta(days=1))
    assert after != before
    assert programmes.epoch(at=till.now) == after


BLANK, OTHER_BLANK = "2900000000018", "2900000000025"


@pytest.fixture
def shop():
    """Two tills in two shops, a member with points, rewards of which some are counted, and blank cards."""
    cast = a_bakery()
    first = programmes.add_till(shop=cast.rynek, code="1")
    second = programmes.add_till(shop=cast.dworzec, code="2")
    cards.make_blank(programme=cast.bakery, numbers=[BLANK, OTHER_BLANK], at=AT, by=BY)
    ledger.adjust(member=cast.anna, unit="points", points=300, reason="gift", by=BY, at=now())
    return SimpleNamespace(
        cast=cast,
        one=a_tablet(first, cast.piotr),
        two=a_tablet(second, cast.maria, pin="2580"),
        off=a_reward(cast, "5 off", {"kind": "value_off", "amount": 500}),
        mug=a_reward(cast, "Mug", {"kind": "free_product", "products": {"products": ["mug"]}}, stock=5),
    )


def a_reward(cast, name, gives, **more):
    definition = {"unit": "points", "cost": 30, "gives": gives}
    return rewards.create_reward(
        programme=cast.bakery, name=name, definition=definition, effective_from=AT, by=BY, at=AT, **more
    )


def an_hour(shop):
    """Whatever a till can do."""
    one, two, anna = shop.one, shop.two, str(shop.cast.anna.public_id)
    one.sale(5000, member={"card": CARD})
    jan = one.ask("POST", "/members", enrolment("Jan", card=BLANK))["id"]
    first = one.sale(12_000, member={"card": BLANK})
    taken = one.reserve(anna, shop.off, "o-1")
    gift = one.reserve(anna, shop.mug, "o-2")
    one.sale(3000, member={"id": anna}, redemptions=[taken])
    one.ask("POST", f"/redemptions/{gift}/capture", {})
    let_go = one.reserve(anna, shop.mug, "o-3")
    one.ask("POST", f"/redemptions/{let_go}/release", {})
    one.reserve(anna, shop.mug, "o-4")
    one.tell("return", {"sale": {"id": first["result"]["id"]}, "lines": [{"id": "1", "quantity": 1000}]})
    two.ask("PATCH", f"/members/{jan}", {"phone": "600 100 300"})
    mine = two.reserve(jan, shop.off, "o-5")
    sold = two.sale(4000, member={"card": BLANK}, redemptions=[mine])
    two.tell("return", {"sale": {"op": sold["id"]}})
    eva = two.ask("POST", "/members", enrolment("Eva", phone="600 100 400"))["id"]
    nobodys = two.sale(7000)
    move = {"sale": {"id": nobodys["result"]["id"]}, "member": {"id": eva}}
    two.tell("move", move, approval=agreed(shop, two, "move", move))
    void = {"sale": {"op": two.sale(100, member={"id": eva})["id"]}, "reason": "a slip"}
    two.tell("void", void, approval=agreed(shop, two, "void", void))
    back = two.reserve(anna, shop.mug, "o-6")
    two.ask("POST", f"/redemptions/{back}/capture", {})
    two.ask("POST", f"/redemptions/{back}/reverse", {"points": 10})


def enrolment(name, **more):
    return {
        "first_name": name,
        "email": f"{name}@example.org",
        "consents": [{"purpose": "email", "given": True}],
        **more,
    }


def agreed(shop, tablet, kind, payload):
    asked = {"kind": kind, "sale": payload["sale"], "clerk": shop.cast.maria.pk, "pin": "2580"}
    return tablet.key.post("/till/approvals", asked).json()["approval"]


def test_all_that_tills_did_in_an_hour_comes_back_after_an_older_backup(shop):
    """Balances, lots, members, cards, rewards and stock are as before the loss, under the same ids; once for ever."""
    programme = shop.cast.bakery
    backup = transaction.savepoint()
    an_hour(shop)
    before = books(programme)
    assert list(verify(programme=programme)) == []
    transaction.savepoint_rollback(backup)
    assert books(programme) != before
    for tablet in (shop.one, shop.two):
        assert {each["status"] for each in tablet.again()} == {"recorded"}
    assert books(programme) == before
    assert list(verify(programme=programme)) == []
    for tablet in (shop.two, shop.one):
        assert {each["status"] for each in tablet.again(everything=True)} == {"replayed"}
    assert books(programme) == before


def test_whichever_till_comes_back_first_nothing_is_put_aside(shop):
    """The second till sold to a member whom the first enrolled, on a card that the first gave out, and comes first.

    Which of two lots a reward was paid from follows the order of arrival, as it does without a restore; nothing else does.
    """
    programme = shop.cast.bakery
    backup = transaction.savepoint()
    an_hour(shop)
    before = books(programme)
    transaction.savepoint_rollback(backup)
    for tablet in (shop.two, shop.one):
        assert {each["status"] for each in tablet.again()} == {"recorded"}
    after = books(programme)
    for name in before.keys() - {"lots", "sales"}:
        assert after[name] == before[name], name
    assert list(verify(programme=programme)) == []


def test_a_sale_on_a_card_that_the_back_office_gave_out_since_comes_back_with_member_and_card(shop):
    """Nobody but the till's answers knows of them any more: the member, and the card of one who was there."""
    one, programme = shop.one, shop.cast.bakery
    backup = transaction.savepoint()
    ola = members.enrol(programme=programme, by=BY, at=now(), first_name="Ola", phone="600 100 500")
    cards.issue(programme=programme, member=ola, number=BLANK, by=BY, at=now())
    cards.issue(programme=programme, member=shop.cast.anna, number=OTHER_BLANK, by=BY, at=now())
    one.sale(5000, member={"card": BLANK})
    one.sale(7000, member={"card": OTHER_BLANK})
    text = json.dumps([*one.journal, *one.answers.values()])
    assert not any(secret in text for secret in ("600100500", "Ola"))
    before = books(programme)
    transaction.savepoint_rollback(backup)
    assert [each["status"] for each in one.again()] == ["recorded", "recorded"]
    assert books(programme) == before
    assert list(verify(programme=programme)) == []


def test_a_sale_goes_to_whom_it_was_of_when_the_card_is_somebody_elses_by_now(shop):
    one, programme = shop.one, shop.cast.bakery
    backup = transaction.savepoint()
    ola = members.enrol(programme=programme, by=BY, at=now(), first_name="Ola")
    cards.issue(programme=programme, member=ola, number=BLANK, by=BY, at=now())
    one.sale(5000, member={"card": BLANK})
    transaction.savepoint_rollback(backup)
    cards.issue(programme=programme, member=shop.cast.anna, number=BLANK, by=BY, at=now())
    (sold,) = one.again()
    assert (sold["status"], str(sold["result"]["member"])) == ("recorded", str(ola.public_id))
    assert list(verify(programme=programme)) == []


def test_points_that_were_spent_elsewhere_since_are_owed_and_the_sale_stands(shop):
    """The discount stays on the bill, nothing more is earned, the account says what is missing; a return lets it off."""
    one, two, anna = shop.one, shop.two, shop.cast.anna
    backup = transaction.savepoint()
    sold = one.sale(5000, member={"card": CARD}, redemptions=[one.reserve(str(anna.public_id), shop.off, "o-1")])
    transaction.savepoint_rollback(backup)
    ledger.adjust(member=anna, unit="points", points=-290, reason="spent elsewhere", by=BY, at=now())
    reserved, again = one.again()
    assert (reserved["status"], again["status"], again["warnings"]) == ("recorded", "recorded", ["reward_owed"])
    assert again["result"]["settlement"]["rewards"] == sold["result"]["settlement"]["rewards"]
    assert again["result"]["settlement"]["earned"] == sold["result"]["settlement"]["earned"]
    assert again["result"]["settlement"]["warnings"] == ["reward_owed"]
    earned = sold["result"]["settlement"]["earned"][0]["points"]
    # Ten were left and thirty were spent: twenty are owed, and repaid from what this very sale earns.
    assert again["accounts"][0]["balance"] == 10 - 30 + earned
    assert list(verify(programme=shop.cast.bakery)) == []
    two.tell("return", {"sale": {"id": sold["result"]["id"]}})
    (account,) = Account.objects.filter(member=anna)
    assert (account.balance, account.debt) == (10, 0)
    assert list(verify(programme=shop.cast.bakery)) == []


def test_a_reward_that_is_still_owed_is_let_off_when_its_sale_comes_back(shop):
    """It earned nothing that could repay it: what is returned is owed no more, and no more than was taken comes back."""
    one, anna = shop.one, shop.cast.anna
    backup = transaction.savepoint()
    sold = one.sale(100, member={"card": CARD}, redemptions=[one.reserve(str(anna.public_id), shop.off, "o-1")])
    transaction.savepoint_rollback(backup)
    ledger.adjust(member=anna, unit="points", points=-290, reason="spent elsewhere", by=BY, at=now())
    one.again()
    (account,) = Account.objects.filter(member=anna)
    assert (account.balance, account.debt) == (-20, 20)
    half = {"sale": {"id": sold["result"]["id"]}, "lines": [{"id": "1", "quantity": 1000}]}
    one.tell("return", half)
    assert list(verify(programme=shop.cast.bakery)) == []
    one.tell("return", {"sale": {"id": sold["result"]["id"]}})
    account.refresh_from_db()
    assert (account.balance, account.debt) == (10, 0)
    assert list(verify(programme=shop.cast.bakery)) == []


def test_a_gift_that_was_handed_over_stays_given_when_points_and_stock_are_gone(shop):
    one, anna = shop.one, shop.cast.anna
    backup = transaction.savepoint()
    gift = one.reserve(str(anna.public_id), shop.mug, "o-1")
    one.ask("POST", f"/redemptions/{gift}/capture", {})
    transaction.savepoint_rollback(backup)
    ledger.adjust(member=anna, unit="points", points=-300, reason="spent elsewhere", by=BY, at=now())
    Reward.objects.filter(pk=shop.mug.pk).update(stock=0)
    assert [each["warnings"] for each in one.again()] == [[], ["reward_owed"]]
    row = Redemption.objects.get(public_id=gift)
    assert (row.state, row.spent, row.handing, row.took_stock) == ("captured", 30, "handed_over", False)
    (account,) = Account.objects.filter(member=anna)
    assert (account.balance, account.debt) == (-30, 30)
    assert list(verify(programme=shop.cast.bakery)) == []


def test_an_address_that_somebody_else_got_since_costs_nobody_their_membership(shop):
    """They come back under their number without it; their card and their purchases find them."""
    one = shop.one
    backup = transaction.savepoint()
    jan = one.ask("POST", "/members", enrolment("Jan", card=BLANK, phone="600 100 300"))["id"]
    one.sale(5000, member={"card": BLANK})
    transaction.savepoint_rollback(backup)
    members.enrol(programme=shop.cast.bakery, by=BY, at=now(), phone="600 100 300")
    enrolled, sold = one.again()
    assert (enrolled["status"], enrolled["warnings"], sold["status"]) == ("recorded", ["detail_taken"], "recorded")
    back = Member.objects.get(public_id=jan)
    assert (back.first_name, back.phone, back.email) == ("Jan", "", "Jan@example.org")
    assert str(sold["result"]["member"]) == jan


def test_what_cannot_be_done_again_is_put_aside_and_the_queue_goes_on(shop):
    """The card went to somebody else meanwhile: a person looks at it, and what follows is recorded."""
    one, programme = shop.one, shop.cast.bakery
    backup = transaction.savepoint()
    jan = one.ask("POST", "/members", enrolment("Jan", card=BLANK))["id"]
    one.sale(5000, member={"card": CARD})
    transaction.savepoint_rollback(backup)
    somebody = cards.issue(programme=programme, member=shop.cast.anna, number=BLANK, by=BY, at=now())
    enrolled, sold = one.again()
    assert (enrolled["status"], enrolled["problem"]["code"], sold["status"]) == ("put_aside", "card_bound", "recorded")
    assert not Member.objects.filter(public_id=jan).exists()
    (row,) = queries.quarantined(programme)
    with pytest.raises(Refused, match="card_bound"):
        actions.resolve(operation=row, by=BY, at=now())
    Card.objects.filter(pk=somebody.pk).update(state="blank", member=None)
    mended = actions.resolve(operation=row, by=BY, at=now())
    assert (mended.state, mended.payload) == ("mended", {})
    assert str(Card.objects.get(number=BLANK).member.public_id) == jan


def test_only_what_the_server_itself_told_is_done_again(shop):
    """A seal is good for one operation, and an answer for the very operation that it answered."""
    one, anna = shop.one, str(shop.cast.anna.public_id)
    backup = transaction.savepoint()
    one.reserve(anna, shop.off, "o-1")
    sold = one.sale(5000, member={"card": CARD})
    transaction.savepoint_rollback(backup)
    told, sale = one.journal
    (elsewhere,) = one.send([{**told, "id": str(uuid.uuid4())}])
    assert (elsewhere["status"], elsewhere["problem"]["code"]) == ("put_aside", "unreadable")
    (forged,) = one.send([{**told, "id": str(uuid.uuid4()), "seq": 2, "payload": {"done": "gAAAAAB"}}])
    assert (forged["status"], forged["problem"]["code"]) == ("put_aside", "unreadable")
    dearer = {**sale, "seq": 3, "payload": {**sale["payload"], "redemptions": [str(uuid.uuid4())]}, "was": sold["was"]}
    (other,) = one.send([dearer])
    assert (other["status"], other["problem"]["code"]) == ("put_aside", "clerk_unproven")


def test_what_is_known_of_a_member_lies_nowhere_open_and_once_forgotten_nowhere(shop):
    """Under a seal on the device, and in the server's journal not at all; what waits there goes with the person."""
    one, programme = shop.one, shop.cast.bakery
    jan = one.ask("POST", "/members", enrolment("Jan", phone="600 100 300"))["id"]
    text = json.dumps([*one.journal, *one.answers.values()])
    assert not any(secret in text for secret in ("600", "Jan", "jan@"))
    row = TillOperation.objects.get(kind="done")
    assert (row.payload, row.item) == ({}, {"done": {"verb": "enrol", "member": jan}})
    TillOperation.objects.filter(pk=row.pk).update(state="aside", payload=one.journal[0]["payload"])
    privacy.erase(member=Member.objects.get(public_id=jan), why="asked", by=BY, at=now())
    row.refresh_from_db()
    assert row.payload == {}
    assert list(verify(programme=programme)) == []


def test_a_program_with_a_key_and_no_till_is_given_nothing_to_keep(shop):
    source = programmes.add_source(programme=shop.cast.bakery, code="web", name="Web shop")
    _, secret = programmes.issue_key(source=source, scopes=["members.write"], by=BY, at=now())
    told = Till(secret).post("/members", {"first_name": "Eva"})
    assert (told.status_code, "Passage-Done" in told.headers) == (201, False)


def test_whoever_was_forgotten_since_the_backup_is_not_brought_back_by_a_till(shop, settings, tmp_path):
    """Enrolled and forgotten after it: the number is known to be nobody's before a till can tell of them again."""
    settings.DATA = tmp_path
    one, programme = shop.one, shop.cast.bakery
    backup = transaction.savepoint()
    jan = one.ask("POST", "/members", enrolment("Jan", card=BLANK))["id"]
    one.ask("PATCH", f"/members/{jan}", {"phone": "600 100 300"})
    privacy.erase(member=Member.objects.get(public_id=jan), why="asked", by=BY, at=now())
    erasures.keep(programme=programme, payload={"members": [jan], "at": now().isoformat()}, at=now())
    transaction.savepoint_rollback(backup)
    call_command("restored", stdout=StringIO())
    assert {each["status"] for each in one.again()} == {"recorded"}
    row = Member.objects.get(public_id=jan)
    assert (row.status, row.first_name, row.email, row.phone) == ("erased", "", "", "")
    assert Card.objects.get(number=BLANK).state == "blank"
    assert list(verify(programme=programme)) == []
