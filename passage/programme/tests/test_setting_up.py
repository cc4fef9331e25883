"""A programme with its shops, tills and sources, each written down."""

from datetime import UTC, date, datetime

import pytest

from passage.audit.models import Event
from passage.engine.facts import Clawback, Restore
from passage.programme import actions, queries, witness
from passage.programme.errors import Refused
from passage.programme.models import Shop
from passage.programme.tests.conftest import AT, BY


def test_a_new_programme_tells_the_engine_its_terms(db):
    made = actions.create_programme(
        name=" Le  Fournil ",
        slug="fournil",
        currency="EUR",
        at=AT,
        by=BY,
        basis_with_tax=False,
        restore="none",
        clawback="within_balance",
        restored_days=0,
    )
    terms = queries.terms(made)
    assert made.name == "Le Fournil"
    assert (terms.currency, terms.zone, terms.basis_with_tax) == ("EUR", "Europe/Paris", False)
    assert (terms.restore, terms.clawback, terms.restored_days) == (Restore.NONE, Clawback.WITHIN_BALANCE, 0)
    assert queries.terms(queries.programme_by_slug(slug="fournil")) == terms


@pytest.mark.parametrize(
    ("field", "value"),
    [
        ("currency", "ZZZ"),
        ("currency", "eur"),
        ("zone", "Mars/Olympus"),
        ("language", "tlh"),
        ("region", "XX"),
        ("slug", "Two Words"),
        ("slug", "x" * 51),
        ("restore", "maybe"),
        ("clawback", "never"),
        ("name", "  "),
        ("name", "tab\u202ename"),
    ],
)
def test_what_a_programme_cannot_be_is_refused_with_its_field(db, field, value):
    given = {"name": "X", "slug": "x", "currency": "EUR", field: value}
    with pytest.raises(Refused) as refused:
        actions.create_programme(at=AT, by=BY, **given)
    assert (refused.value.code, refused.value.field) == ("invalid", field)


def test_a_name_of_eighty_characters_fits_and_one_more_does_not(db, bakery):
    assert actions.open_shop(programme=bakery, code="a", name="n" * 80)
    with pytest.raises(Refused) as refused:
        actions.open_shop(programme=bakery, code="b", name="n" * 81)
    assert (refused.value.code, refused.value.field, refused.value.params) == ("too_long", "name", {"limit": 80})


def test_a_slug_a_shop_code_a_till_code_and_a_source_code_are_taken_once(bakery, rynek, dworzec, till_source):
    actions.add_till(shop=rynek, code="1")
    actions.add_till(shop=dworzec, code="1")
    for again, field in (
        (lambda: actions.create_programme(name="X", slug=bakery.slug, currency="PLN", at=AT, by=BY), "slug"),
        (lambda: actions.open_shop(programme=bakery, code="rynek", name="X"), "code"),
        (lambda: actions.add_till(shop=rynek, code="1"), "code"),
        (lambda: actions.add_source(programme=bakery, code="till", name="X"), "code"),
    ):
        with pytest.raises(Refused) as refused:
            again()
        assert (refused.value.code, refused.value.field) == ("taken", field)


@pytest.mark.parametrize("code", ["", "two words", "-x", "x" * 41, "caf\u00e9", "a\x00b", "a/b"])
def test_a_code_is_short_and_plain(bakery, code):
    with pytest.raises(Refused):
        actions.open_shop(programme=bakery, code=code, name="Shop")


def test_the_same_codes_in_another_programme_lead_only_to_its_own_rows(bakery, elsewhere, rynek, till_source):
    theirs = actions.open_shop(programme=elsewhere, code="rynek", name="Market")
    actions.add_source(programme=elsewhere, code="till", name="Till")
    assert queries.shop_by_code(programme=bakery, code="rynek") == rynek
    assert queries.shop_by_code(programme=elsewhere, code="rynek") == theirs
    assert queries.shops_by_codes(programme=bakery, codes=["rynek", "unknown"]) == {"rynek": rynek}
    assert queries.source_by_code(programme=bakery, code="till") == till_source
    assert queries.shops(programme=elsewhere) == [theirs]
    assert queries.shop_by_code(programme=elsewhere, code="dworzec") is None


@pytest.mark.parametrize("code", ["\x00", "\ud800", "x" * 5000])
def test_a_code_that_no_database_takes_is_simply_unknown(bakery, rynek, code):
    assert queries.shop_by_code(programme=bakery, code=code) is None
    assert queries.till_by_code(shop=rynek, code=code) is None
    assert queries.source_by_code(programme=bakery, code=code) is None
    assert queries.programme_by_slug(slug=code) is None


def test_shops_are_found_in_one_statement_however_many(bakery, django_assert_num_queries):
    for number in range(5):
        actions.open_shop(programme=bakery, code=f"s{number}", name=f"Shop {number}")
    with django_assert_num_queries(1):
        assert len(queries.shops_by_codes(programme=bakery, codes=[f"s{number}" for number in range(5)])) == 5


def test_the_day_of_business_is_the_day_in_the_shop(bakery):
    assert queries.business_date(at=datetime(2026, 11, 2, 22, 59, tzinfo=UTC), programme=bakery) == date(2026, 11, 2)
    assert queries.business_date(at=datetime(2026, 11, 2, 23, 1, tzinfo=UTC), programme=bakery) == date(2026, 11, 3)
    assert queries.business_date(at=datetime(2026, 7, 2, 22, 1, tzinfo=UTC), programme=bakery) == date(2026, 7, 3)


def test_setting_up_is_written_down_and_dated_with_the_programme(bakery, rynek, till_source):
    written = list(Event.objects.of(bakery).order_by("id").values_list("verb", "subject", "at"))
    assert written == [
        ("programme.created", "programme:piekarnia", AT),
        ("shop.opened", "shop:rynek", AT),
        ("source.added", "source:till", AT),
    ]


def test_what_nobody_would_write_down_is_not_done(bakery, monkeypatch):
    monkeypatch.setattr(witness, "_present", [])
    with pytest.raises(witness.Unwitnessed):
        actions.open_shop(programme=bakery, code="new", name="New")
    assert not Shop.objects.of(bakery).exists()


def test_who_begins_a_programme_is_its_owner_and_begins_one(db):
    login = actions.create_login(email="ewa@example.org", password="three warm loaves", name="Ewa")
    owner = actions.found_programme(
        login=login, name="Bistro", slug="bistro", currency="PLN", at=AT, region="PL", zone="Europe/Warsaw"
    )
    assert (owner.role, owner.shop, owner.programme.zone) == ("owner", None, "Europe/Warsaw")
    with pytest.raises(Refused) as refused:
        actions.found_programme(login=login, name="Bistro", slug="bistro-2", currency="PLN", at=AT)
    assert (refused.value.code, refused.value.field) == ("taken", "login")
    assert queries.programme_by_slug(slug="bistro-2") is None
    told = list(Event.objects.of(owner.programme).order_by("id").values_list("verb", "by"))
    assert told == [("programme.created", f"login:{login.pk}"), ("staff.hired", f"login:{login.pk}")]


def test_somebody_for_the_tills_alone_needs_a_name_and_no_address(db):
    olek, zofia = (actions.create_login(email="", password="", name=name) for name in ("Olek", "Zofia"))
    assert (olek.has_mailbox, str(olek), olek.email != zofia.email) == (False, "Olek", True)
    with pytest.raises(Refused, match="invalid_email"):
        actions.create_login(email="", password="", name=" ")


def test_settings_are_changed_as_a_whole_or_not_at_all(db):
    made = actions.create_programme(name="Le Fournil", slug="fournil", currency="EUR", at=AT, by=BY)
    with pytest.raises(Refused) as refused:
        actions.change_settings(
            programme=made, by=BY, at=AT, name="Other", currency="EUR", late_days=5, support_page="javascript:alert(1)"
        )
    assert refused.value.field == "support_page"
    made.refresh_from_db()
    assert (made.name, made.late_days) == ("Le Fournil", 30)
    assert not Event.objects.of(made).filter(verb="programme.changed").exists()
