"""The owner's settings: each is checked at its field, written down, and holds from then on and not before."""

import pytest
from django.test import Client

from passage.audit.models import Event
from passage.engine.facts import Clawback, Restore
from passage.programme import actions as programmes
from passage.programme import queries
from passage.programme.models import Role
from passage.purchases.models import Purchase
from tests.cast import AT, BY, CARD, PASSWORD, a_bakery, signed_in

pytestmark = pytest.mark.django_db


@pytest.fixture
def cast():
    return a_bakery()


@pytest.fixture
def owner(cast):
    login = programmes.create_login(email="owner@example.org", password=PASSWORD, name="Lucja")
    programmes.hire(programme=cast.bakery, login=login, role=Role.OWNER, by=BY, at=AT)
    return signed_in(login)


def as_shown(owner: Client):
    """What the form would send if nothing was touched."""
    form = owner.get("/office/settings").context["form"]
    return {bound.html_name: bound.value() for bound in form if bound.value() is not None}


def change(owner, **typed):
    return owner.post("/office/settings", as_shown(owner) | typed)


def bought(clerk, amount="50"):
    ticket = clerk.get("/till/points").context["ticket"]
    typed = {"card": CARD, "amount": amount, "shop": "rynek", "ticket": ticket, "do": "save"}
    assert clerk.post("/till/points", typed).status_code == 302


def test_a_page_sent_back_untouched_changes_nothing(owner, cast):
    before = queries.terms(cast.bakery)
    assert change(owner).status_code == 302
    cast.bakery.refresh_from_db()
    assert queries.terms(cast.bakery) == before
    assert not Event.objects.filter(verb="programme.changed").exists()


def test_every_setting_is_kept_and_the_log_says_what_was_before(owner, cast):
    typed = {
        "name": "Piekarnia  Nowa",
        "language": "fr",
        "region": "FR",
        "zone": "Europe/Paris",
        "currency": "EUR",
        "support_email": "pomoc@Example.org",
        "support_phone": "01 23 45 67 89",
        "support_page": "example.org/pomoc",
        "basis_with_tax": "0",
        "delivery_earns": "0",
        "points_paid_earns": "1",
        "gift_card_paid_earns": "0",
        "leap_day_on_28th": "0",
        "clawback": "within_balance",
        "restore": "none",
        "restored_days": "0",
        "reservation_minutes": "20",
        "late_days": "7",
    }
    assert change(owner, **typed).status_code == 302
    cast.bakery.refresh_from_db()
    terms = queries.terms(cast.bakery)
    assert (terms.basis_with_tax, terms.delivery_earns, terms.points_paid_earns) == (False, False, True)
    assert (terms.gift_card_paid_earns, terms.leap_day_on_28th, terms.restored_days) == (False, False, 0)
    assert (terms.clawback, terms.restore) == (Clawback.WITHIN_BALANCE, Restore.NONE)
    assert (terms.currency, terms.zone) == ("EUR", "Europe/Paris")
    programme = cast.bakery
    assert (programme.name, programme.language, programme.late_days) == ("Piekarnia Nowa", "fr", 7)
    assert (programme.support_phone, programme.support_email) == ("+33123456789", "pomoc@example.org")
    assert programme.support_page == "https://example.org/pomoc"
    event = Event.objects.get(verb="programme.changed")
    assert event.detail["changed"]["basis_with_tax"] == [True, False]
    assert event.detail["changed"]["name"] == ["Piekarnia Grabowska", "Piekarnia Nowa"]
    told = owner.get("/office/log", headers={"accept-language": "en"}).context["rows"][0]
    assert str(told.what) == "Settings of the programme changed"
    assert "Name: Piekarnia Grabowska → Piekarnia Nowa" in told.detail
    assert "Points are counted from: the price with tax, as on the receipt → the price without tax" in told.detail
    assert "E-mail for questions: – → pomoc@example.org" in told.detail


def test_what_was_bought_keeps_its_terms_and_what_is_bought_next_has_the_new_ones(owner, cast):
    clerk = signed_in(cast.piotr.login)
    bought(clerk)
    assert change(owner, clawback="pending_only").status_code == 302
    bought(clerk)
    first, second = Purchase.objects.order_by("id")
    assert [row.context["terms"]["clawback"] for row in (first, second)] == ["debt", "pending_only"]


def test_the_currency_stays_once_something_was_bought(owner, cast):
    bought(signed_in(cast.piotr.login))
    assert change(owner, currency="EUR").status_code == 302
    cast.bakery.refresh_from_db()
    assert cast.bakery.currency == "PLN"


@pytest.mark.parametrize(
    ("field", "value"),
    [
        ("name", ""),
        ("name", "a" * 81),
        ("zone", "Europe/Nowhere"),
        ("region", "XX"),
        ("language", "de"),
        ("currency", "QQQ"),
        ("support_email", "nobody"),
        ("support_email", "a@example.org\nBcc: b@example.org"),
        ("support_phone", "12"),
        ("support_page", "javascript:alert(1)"),
        ("clawback", "never"),
        ("restored_days", "-1"),
        ("late_days", "0"),
        ("reservation_minutes", "0"),
    ],
)
def test_what_cannot_be_is_refused_at_its_field_and_nothing_is_kept(owner, cast, field, value):
    answer = change(owner, **{"late_days": "9", field: value})
    assert answer.status_code == 422
    assert field in answer.context["form"].errors
    cast.bakery.refresh_from_db()
    assert cast.bakery.late_days == 30


def test_the_owner_alone_sets_and_reads_the_mails(owner, cast):
    for login in (cast.maria.login, cast.piotr.login, cast.anna.login):
        for address in ("/office/settings", "/office/outbox"):
            assert signed_in(login).get(address).status_code == 403
        assert signed_in(login).post("/office/settings", {}).status_code == 403
