"""What a till can ring up: put on sale, changed, retired, brought back, and never another programme's."""

import pytest
from django.db import IntegrityError, transaction

from passage.audit.models import Event
from passage.engine.basket import LineKind
from passage.products import actions, queries
from passage.products.models import Product
from passage.products.tests.conftest import AT, LATER, PIOTR
from passage.programme.errors import Refused
from passage.programme.models import Programme


def put(programme: Programme, code: str, **details: object) -> Product:
    return actions.put(programme=programme, code=code, by=PIOTR, at=LATER, **details)


def verbs(programme: Programme) -> list[str]:
    events = Event.objects.of(programme).filter(verb__startswith="product.")
    return list(events.order_by("id").values_list("verb", flat=True))


def codes(programme: Programme) -> list[str]:
    return [product.code for product in queries.on_sale(programme=programme)]


def test_a_product_is_put_on_sale_with_what_was_said_of_it(bakery, bread):
    bread.refresh_from_db()
    assert (bread.name, bread.price, bread.category, bread.vat_bp) == ("Chleb", 1290, "pieczywo", 500)
    assert (bread.kind, bread.deposit, bread.weighed, bread.position) == (LineKind.PRODUCT, 0, False, 0)
    assert (bread.changed_at, bread.retired_at) == (AT, None)
    assert verbs(bakery) == ["product.put"]


def test_a_price_is_changed_and_the_rest_stays(bakery, bread):
    put(bakery, "chleb", price=1390)
    bread.refresh_from_db()
    assert (bread.price, bread.name, bread.vat_bp, bread.changed_at) == (1390, "Chleb", 500, LATER)
    assert Event.objects.of(bakery).filter(verb="product.put").latest("id").detail == {"fields": ["price"]}


def test_the_same_content_again_writes_nothing(bakery, bread):
    put(bakery, "chleb", name="  Chleb ", price=1290)
    bread.refresh_from_db()
    assert bread.changed_at == AT
    assert verbs(bakery) == ["product.put"]


def test_a_retired_product_is_gone_from_everything_a_till_reads(bakery, bread):
    actions.retire(product=bread, by=PIOTR, at=LATER)
    actions.retire(product=bread, by=PIOTR, at=LATER)
    assert queries.on_sale(programme=bakery) == []
    assert queries.by_codes(programme=bakery, codes=["chleb"]) == {}
    assert queries.matching(programme=bakery, codes=["chleb"], categories=["pieczywo"]) == []
    assert verbs(bakery) == ["product.put", "product.retired"]


def test_a_retired_code_that_is_put_again_comes_back_as_the_same_product(bakery, bread):
    actions.retire(product=bread, by=PIOTR, at=AT)
    back = put(bakery, "chleb")
    assert (back.pk, back.retired_at, back.price) == (bread.pk, None, 1290)
    assert queries.on_sale(programme=bakery) == [bread]
    assert verbs(bakery) == ["product.put", "product.retired", "product.put"]


def test_another_programmes_products_are_never_seen_and_its_codes_are_free(bakery, elsewhere, bread):
    theirs = put(elsewhere, "chleb", name="Pain", price=300, category="pieczywo", barcode=bread.barcode)
    before = queries.version(programme=bakery)
    put(elsewhere, "chleb", price=310)
    assert queries.version(programme=bakery) == before
    assert queries.on_sale(programme=bakery) == [bread]
    assert queries.by_codes(programme=bakery, codes=["chleb"]) == {"chleb": bread}
    assert queries.matching(programme=elsewhere, codes=[], categories=["pieczywo"]) == [theirs]


def test_a_till_shows_products_by_position_then_category_then_name(bakery):
    for code, name, category, position in [
        ("d", "A", "a", 2),
        ("c", "B", "b", 1),
        ("b", "B", "a", 1),
        ("a", "A", "b", 1),
    ]:
        put(bakery, code, name=name, price=1, category=category, position=position)
    assert codes(bakery) == ["b", "a", "c", "d"]


def test_what_a_reward_names_is_found_by_code_or_category_and_nothing_names_nothing(bakery, bread):
    coffee = put(bakery, "kawa", name="Kawa", price=900, category="napoje", position=1)
    put(bakery, "torba", name="Torba", price=100)
    assert queries.matching(programme=bakery, codes=["kawa"], categories=["pieczywo"]) == [bread, coffee]
    assert queries.matching(programme=bakery, codes=[], categories=[]) == []
    assert queries.matching(programme=bakery, codes=[], categories=[""]) == []


@pytest.mark.parametrize(
    "changed",
    [
        {"name": "Chleb duży"},
        {"price": 1},
        {"category": ""},
        {"vat_bp": None},
        {"kind": "service"},
        {"deposit": 50},
        {"barcode": ""},
        {"weighed": True},
        {"position": 3},
    ],
    ids=lambda changed: next(iter(changed)),
)
def test_the_version_changes_with_anything_on_sale_and_with_nothing_else(bakery, bread, changed):
    before = queries.version(programme=bakery)
    put(bakery, "chleb", name="Chleb")
    assert queries.version(programme=bakery) == before
    put(bakery, "chleb", **changed)
    assert queries.version(programme=bakery) != before


def test_the_version_changes_when_a_product_comes_and_goes(bakery, bread):
    alone = queries.version(programme=bakery)
    other = put(bakery, "kawa", name="Kawa", price=900)
    assert queries.version(programme=bakery) != alone
    actions.retire(product=other, by=PIOTR, at=LATER)
    assert queries.version(programme=bakery) == alone


@pytest.mark.parametrize(
    ("code", "details", "refusal", "field"),
    [
        ("", {"name": "A", "price": 1}, "missing", "code"),
        ("chleb żytni", {"name": "A", "price": 1}, "invalid", "code"),
        ("c" * 41, {"name": "A", "price": 1}, "too_long", "code"),
        ("a", {"price": 1}, "missing", "name"),
        ("a", {"name": " ", "price": 1}, "missing", "name"),
        ("a", {"name": "A"}, "missing", "price"),
        ("a", {"name": "A" * 81, "price": 1}, "too_long", "name"),
        ("a", {"name": "A\u202eB", "price": 1}, "invalid", "name"),
        ("a", {"name": 5, "price": 1}, "invalid", "name"),
        ("a", {"name": "A", "price": -1}, "invalid", "price"),
        ("a", {"name": "A", "price": 10**9 + 1}, "invalid", "price"),
        ("a", {"name": "A", "price": True}, "invalid", "price"),
        ("a", {"name": "A", "price": 1.5}, "invalid", "price"),
        ("a", {"name": "A", "price": None}, "invalid", "price"),
        ("a", {"name": "A", "price": 1, "vat_bp": 10_001}, "invalid", "vat_bp"),
        ("a", {"name": "A", "price": 1, "kind": "bread"}, "invalid", "kind"),
        ("a", {"name": "A", "price": 1, "deposit": -1}, "invalid", "deposit"),
        ("a", {"name": "A", "price": 1, "weighed": 1}, "invalid", "weighed"),
        ("a", {"name": "A", "price": 1, "position": -1}, "invalid", "position"),
        ("a", {"name": "A", "price": 1, "category": "c" * 41}, "too_long", "category"),
        ("a", {"name": "A", "price": 1, "colour": "red"}, "unknown_field", "colour"),
        ("a", {"name": "A", "price": 1, "retired_at": None}, "unknown_field", "retired_at"),
    ],
)
def test_what_a_till_could_not_ring_up_is_refused_and_nothing_is_written(bakery, code, details, refusal, field):
    with pytest.raises(Refused) as refused:
        put(bakery, code, **details)
    assert (refused.value.code, refused.value.field) == (refusal, field)
    assert codes(bakery) == verbs(bakery) == []


def test_a_barcode_leads_to_one_product(bakery, bread):
    put(bakery, "kawa", name="Kawa", price=900)
    put(bakery, "woda", name="Woda", price=490)
    for code, details in (("kawa", {}), ("nowa", {"name": "Nowa", "price": 1})):
        with pytest.raises(Refused) as refused:
            put(bakery, code, barcode=bread.barcode, **details)
        assert (refused.value.code, refused.value.field) == ("taken", "barcode")
        assert refused.value.params == {"code": "chleb"}
    assert queries.by_codes(programme=bakery, codes=["kawa"])["kawa"].barcode == ""


@pytest.mark.parametrize("bent", [{"price": -1}, {"price": 10**9 + 1}, {"vat_bp": 10_001}, {"deposit": -1}], ids=str)
def test_the_database_itself_refuses_what_no_till_can_ring_up(bakery, bread, bent):
    with pytest.raises(IntegrityError), transaction.atomic():
        Product.objects.of(bakery).filter(pk=bread.pk).update(**bent)
