"""The owner writes rules and rewards in forms, reads them as sentences, and changes nothing that was earned."""

from datetime import timedelta

import pytest
from django.test import Client
from django.utils import timezone

from passage.earning import actions as earning
from passage.earning.models import Rule, RuleVersion
from passage.earning.queries import rule_set
from passage.products import actions as products
from passage.programme import actions as programmes
from passage.programme.models import Role
from passage.rewards import queries as rewards
from passage.rewards.models import Reward
from tests.cast import AT, BY, PASSWORD, a_bakery

pytestmark = pytest.mark.django_db


@pytest.fixture
def cast():
    cast = a_bakery()
    for code, category in (("bread", "pieczywo"), ("coffee", "kawa")):
        products.put(programme=cast.bakery, code=code, name=code, price=100, category=category, by=BY, at=AT)
    return cast


@pytest.fixture
def office(cast):
    client = Client(headers={"accept-language": "en"})
    client.force_login(cast.maria.login)
    return client


TUESDAYS = {
    "name": "Double Tuesdays",
    "kind": "multiplier",
    "unit": "points",
    "times": "2",
    "weekdays": ["2"],
    "hours_from": "14:00",
    "hours_to": "18:00",
    "exclude": "bread",
    "shops": ["rynek"],
    "minimum": "10",
}


def in_force(cast, name):
    return next(rule for rule in rule_set(cast.bakery).at(timezone.now()) if rule.name == name)


def said(office, name, address="/office/promotions"):
    return next(row.sentences for row in office.get(address).context["rows"] if row.name == name)


def test_a_rule_is_written_in_a_form_and_read_as_sentences(office, cast):
    assert office.post("/office/promotions/new", TUESDAYS).status_code == 302
    rule = in_force(cast, "Double Tuesdays")
    assert (rule.earns.num, rule.earns.den, rule.when.weekdays, rule.when.hours) == (2, 1, (2,), ((840, 1080),))
    assert said(office, "Double Tuesdays") == [
        "All points of the purchase × 2.",
        "Leaves out: bread.",
        "Only on: Tuesday.",
        "Only from 14:00 to 18:00.",
        "Only in: Rynek.",
        "From a purchase of PLN10.00.",
    ]


KINDS = [
    ({"kind": "per_amount", "points": "3", "step": "2"}, "3 points for every PLN2.00."),
    ({"kind": "per_visit", "points": "1"}, "1 point for every visit."),
    ({"kind": "per_unit", "points": "2", "only": "kawa, bread"}, "2 points for every piece of: bread and kawa."),
    ({"kind": "fixed", "points": "50"}, "50 points once for the purchase."),
    ({"kind": "multiplier", "times": "1.5"}, "All points of the purchase × 1.5."),
    (
        {"kind": "event", "points": "30", "occasion": "birthday"},
        "30 points on the birthday, once a year, without a purchase.",
    ),
    ({"kind": "event", "points": "5", "occasion": "joined"}, "5 points once for joining, without a purchase."),
]


@pytest.mark.parametrize(("typed", "sentence"), KINDS)
def test_every_kind_of_rule_says_what_it_gives(office, cast, typed, sentence):
    assert office.post("/office/promotions/new", {"name": "N", "unit": "points", **typed}).status_code == 302
    assert said(office, "N")[0].replace("\u00a0", " ") == sentence


WRONG = [
    ("points", {"kind": "per_amount", "points": "", "step": "1"}),
    ("step", {"kind": "per_amount", "points": "1", "step": "0"}),
    ("times", {"kind": "multiplier", "times": "1"}),
    ("only", {"kind": "fixed", "points": "1", "only": "nothing-like-it"}),
    ("hours_to", {"kind": "fixed", "points": "1", "hours_from": "14:00", "hours_to": "13:00"}),
    ("ends", {"kind": "fixed", "points": "1", "starts": "2026-05-02", "ends": "2026-05-01"}),
    ("kind", {"points": "1"}),
    ("occasion", {"kind": "event", "points": "1"}),
    ("minimum", {"kind": "event", "points": "1", "occasion": "joined", "minimum": "10"}),
    ("name", {"kind": "fixed", "points": "1", "name": " "}),
]


@pytest.mark.parametrize(("field", "typed"), WRONG)
def test_what_cannot_be_is_refused_at_its_field(office, cast, field, typed):
    before = Rule.objects.of(cast.bakery).count()
    refused = office.post("/office/promotions/new", {"name": "N", "unit": "points", **typed})
    assert refused.status_code == 422
    assert field in refused.context["form"].errors
    assert Rule.objects.of(cast.bakery).count() == before


def posted(form):
    """The form as a browser sends it back untouched."""
    return {
        bound.name: value for bound in form if (value := bound.value()) not in (None, "", []) and value is not False
    }


def test_a_rule_saved_untouched_says_the_same_and_keeps_what_the_form_does_not_ask(office, cast):
    definition = {
        "unit": "points",
        "earns": {"kind": "per_visit", "points": 2, "minutes_between": 45},
        "limits": {"member": 90},
        "priority": 7,
        "when": {"hours": [[60, 120], [180, 240]], "all_of": {"products": ["bread", "coffee"]}, "minimum": 500},
    }
    rule = earning.create_rule(
        programme=cast.bakery, name="Old", definition=definition, effective_from=AT, by=BY, at=AT
    )
    before = RuleVersion.objects.of(cast.bakery).get(rule=rule).definition
    form = office.get(f"/office/promotions/{rule.pk}").context["form"]
    assert office.post(f"/office/promotions/{rule.pk}", posted(form)).status_code == 302
    assert RuleVersion.objects.of(cast.bakery).filter(rule=rule).latest("number").definition == before


EVERYTHING = {
    "name": "All",
    "kind": "per_amount",
    "unit": "points",
    "points": "3",
    "step": "2",
    "rest": "half_up",
    "only": "pieczywo",
    "exclude": "coffee",
    "exclude_discounted": "on",
    "minimum": "5",
    "any_of": "bread",
    "all_of": "coffee, bread",
    "tags": "vip, stały",
    "first_purchase": "on",
    "birthday_days": "0",
    "name_day_days": "7",
    "per_sale": "9",
    "per_day": "8",
    "per_member": "70",
    "times_day": "2",
    "times_member": "6",
    "group": "g",
    "priority": "-3",
    "on_return": "proportional",
    "tiers": ["gold"],
}


def test_a_form_says_all_that_a_rule_can_say(office, cast):
    assert office.post("/office/promotions/new", EVERYTHING).status_code == 302
    rule = in_force(cast, "All")
    assert (rule.earns.carry, rule.earns.rounding, rule.priority, rule.on_return) == (
        False,
        "half_up",
        -3,
        "proportional",
    )
    assert (rule.exclude_discounted, rule.when.any_of.products, rule.when.all_of.products) == (
        True,
        ("bread",),
        ("coffee", "bread"),
    )
    assert (rule.when.birthday_days, rule.when.name_day_days, rule.when.tags) == (0, 7, ("vip", "stały"))
    assert (rule.limits.sale, rule.limits.day, rule.limits.member) == (9, 8, 70)
    assert (rule.limits.times_day, rule.limits.times_member) == (2, 6)
    assert "Only on the birthday, once a year." in said(office, "All")
    form = office.get(f"/office/promotions/{rule.family}").context["form"]
    before = RuleVersion.objects.of(cast.bakery).get(rule_id=rule.family).definition
    assert office.post(f"/office/promotions/{rule.family}", posted(form)).status_code == 302
    assert RuleVersion.objects.of(cast.bakery).filter(rule_id=rule.family).latest("number").definition == before


def test_a_visit_counts_again_after_so_many_minutes(office, cast):
    typed = {"name": "V", "kind": "per_visit", "unit": "points", "points": "1", "minutes_between": "45"}
    assert office.post("/office/promotions/new", typed).status_code == 302
    assert in_force(cast, "V").earns.minutes_between == 45


def test_a_change_from_a_day_on_leaves_today_as_it_is(office, cast):
    rule = Rule.objects.of(cast.bakery).get(name="Duże zakupy")
    day = (timezone.now() + timedelta(days=10)).date().isoformat()
    typed = {"kind": "fixed", "unit": "points", "points": "99", "minimum": "100", "since": day}
    assert office.post(f"/office/promotions/{rule.pk}", typed).status_code == 302
    assert in_force(cast, "Duże zakupy").earns.points == 10
    rows = [row for row in office.get("/office/promotions").context["rows"] if row.name == "Duże zakupy"]
    assert [row.is_coming for row in rows] == [False, True]


def test_a_rule_is_ended_and_begun_again(office, cast):
    rule = Rule.objects.of(cast.bakery).get(name="Duże zakupy")
    office.post(f"/office/promotions/{rule.pk}/end")
    assert "Duże zakupy" not in [each.name for each in rule_set(cast.bakery).at(timezone.now())]
    assert office.get(f"/office/promotions/{rule.pk}").context["is_ended"]
    typed = {"kind": "fixed", "unit": "points", "points": "10"}
    assert office.post(f"/office/promotions/{rule.pk}", typed).status_code == 302
    assert in_force(cast, "Duże zakupy").earns.points == 10


REWARDS = [
    ({"kind": "free_product", "cost": "20", "products": "bread"}, "One of these for nothing: bread."),
    ({"kind": "value_off", "cost": "20", "off": "5"}, "PLN5.00 off the whole purchase."),
    ({"kind": "percent_off", "cost": "20", "percent": "10"}, "10 % off the whole purchase."),
    (
        {"kind": "percent_off", "cost": "20", "percent": "10", "cap": "7"},
        "10 % off the whole purchase, at most PLN7.00.",
    ),
    ({"kind": "product_discount", "cost": "20", "products": "kawa", "percent": "50"}, "50 % off: kawa."),
    ({"kind": "cashback", "worth": "0,04"}, "Pays the bill: each point is worth PLN0.04."),
]


@pytest.mark.parametrize(("typed", "sentence"), REWARDS)
def test_every_kind_of_reward_says_what_it_is(office, cast, typed, sentence):
    assert office.post("/office/rewards/new", {"name": "N", "unit": "points", **typed}).status_code == 302
    assert said(office, "N", "/office/rewards")[0].replace("\u00a0", " ") == sentence


def test_a_reward_has_stock_a_limit_a_level_and_an_end(office, cast):
    typed = {"name": "Mug", "kind": "value_off", "unit": "points", "cost": "20", "off": "5", "stock": "3"}
    more = {"per_member": "1", "tiers": ["gold"], "ends": "2030-01-31"}
    assert office.post("/office/rewards/new", {**typed, **more}).status_code == 302
    [row] = office.get("/office/rewards").context["rows"]
    assert row.stock == 3
    assert row.sentences[1:] == [
        "Costs 20\u00a0points.",
        "Until 31\u00a0January\u00a02030.",
        "Only at the level: Złoty.",
        "At most 1 time for each member.",
    ]
    reward = Reward.objects.of(cast.bakery).get()
    form = office.get(f"/office/rewards/{reward.public_id}").context["form"]
    assert office.post(f"/office/rewards/{reward.public_id}", {**posted(form), "cost": "25"}).status_code == 302
    [version] = rewards.catalogue(cast.bakery, at=timezone.now())
    assert (version.definition["cost"], version.definition["per_member"]) == (25, 1)
    office.post(f"/office/rewards/{reward.public_id}/end")
    assert rewards.catalogue(cast.bakery, at=timezone.now()) == []


REWARD_FAULTS = [
    ("cost", {"kind": "value_off", "off": "5"}),
    ("products", {"kind": "free_product", "cost": "5"}),
    ("percent", {"kind": "product_discount", "cost": "5", "products": "bread", "off": "1", "percent": "5"}),
    ("percent", {"kind": "percent_off", "cost": "5", "percent": "101"}),
    ("worth", {"kind": "cashback"}),
]


@pytest.mark.parametrize(("field", "typed"), REWARD_FAULTS)
def test_a_reward_that_cannot_be_is_refused_at_its_field(office, cast, field, typed):
    refused = office.post("/office/rewards/new", {"name": "N", "unit": "points", **typed})
    assert refused.status_code == 422
    assert field in refused.context["form"].errors
    assert not Reward.objects.of(cast.bakery).exists()


def test_an_auditor_reads_promotions_and_changes_none(cast):
    login = programmes.create_login(email="auditor@example.org", password=PASSWORD)
    programmes.hire(programme=cast.bakery, login=login, role=Role.AUDITOR, by=BY, at=AT)
    client = Client()
    client.force_login(login)
    assert client.get("/office/promotions").status_code == 200
    assert client.post("/office/promotions/new", TUESDAYS).status_code == 403
    assert client.get("/office/rewards").status_code == 200
    assert client.get("/office/rewards/new").status_code == 403


def test_what_belongs_to_another_programme_is_not_there(cast):
    client = Client()
    client.force_login(cast.stranger.login)
    rule = Rule.objects.of(cast.bakery).first()
    for address in (f"/office/promotions/{rule.pk}", f"/office/promotions/{rule.pk}/end"):
        assert client.post(address, TUESDAYS).status_code == 404
