"""The owner sets the levels from a day on, sees who would be where, and gives one by hand until a day."""

from datetime import timedelta

import pytest
from django.utils import timezone

from passage.earning import actions as earning
from passage.earning import queries
from passage.earning.models import TierScheme
from passage.engine.tiers import TierPolicy, Window
from tests.cast import AT, BY, a_bakery, signed_in

pytestmark = pytest.mark.django_db
TYPED = {
    "name_0": "Srebrny",
    "threshold_0": "150",
    "name_1": "Złoty",
    "threshold_1": "500",
    "name_2": "Platynowy",
    "threshold_2": "2000",
    "window": "rolling_months",
    "months": "6",
    "grace_days": "14",
    "downgrade": "one_step",
    "revoke_on_return": "on",
}


@pytest.fixture
def cast():
    return a_bakery()


@pytest.fixture
def office(cast):
    return signed_in(cast.maria.login)


def tiers_now(cast):
    return queries.tier_history(cast.bakery, members=[], at=timezone.now())


def test_the_levels_as_they_are_with_how_many_hold_each(office, cast):
    earning.give_tier(member=cast.anna, code="gold", until=None, reason="VIP", by=BY, at=AT)
    page = office.get("/office/tiers").context
    assert [(step.name, step.threshold, step.now) for step in page["levels"]] == [
        ("Srebrny", 100, 0),
        ("Złoty", 500, 1),
    ]
    assert page["said"][0] == "Everything ever earned counts."


def test_new_levels_count_at_once_and_old_ones_keep_their_code(office, cast):
    assert office.post("/office/tiers", TYPED).status_code == 302
    tier_history = tiers_now(cast)
    assert [(tier.code, tier.threshold) for tier in tier_history.tiers] == [
        ("silver", 150),
        ("gold", 500),
        ("platynowy", 2000),
    ]
    assert (tier_history.policy.window, tier_history.policy.months, tier_history.policy.grace_days) == (
        Window.ROLLING_MONTHS,
        6,
        14,
    )
    assert office.get("/office/tiers").context["said"] == [
        "What was earned in the last 6 months counts.",
        "Who did not earn enough in the period goes down by one level.",
        "That happens 14 days after the period has ended.",
        "A return takes away the level that the purchase had reached.",
    ]


def test_from_a_day_on_today_stays_as_it_is(office, cast):
    day = (timezone.now() + timedelta(days=9)).date().isoformat()
    assert office.post("/office/tiers", {**TYPED, "since": day}).status_code == 302
    assert tiers_now(cast).tiers[0].threshold == 100
    page = office.get("/office/tiers").context
    assert [coming for _scheme, coming, _known in page["schemes"]] == [True, False]
    assert page["form"]["threshold_0"].value() == 150


def test_who_would_be_where_is_shown_and_nothing_is_saved(office, cast):
    ledger_entry(cast, 700)
    answer = office.post("/office/tiers", {**TYPED, "window": "lifetime", "look": "1"})
    assert answer.status_code == 200
    assert [(step.name, step.then) for step in answer.context["steps"]] == [
        ("Srebrny", 0),
        ("Złoty", 1),
        ("Platynowy", 0),
    ]
    assert TierScheme.objects.of(cast.bakery).count() == 1


def ledger_entry(cast, amount):
    """Anna buys for so many zloty at the station, where a zloty is a point."""
    clerk = signed_in(cast.maria.login)
    ticket = clerk.get("/till/points").context["ticket"]
    typed = {"card": cast.card.number, "amount": str(amount), "shop": "dworzec", "ticket": ticket, "do": "save"}
    assert clerk.post("/till/points", typed).status_code == 302


def test_an_emptied_row_takes_its_level_away(office, cast):
    assert office.post("/office/tiers", {**TYPED, "name_0": "", "threshold_0": ""}).status_code == 302
    assert [tier.code for tier in tiers_now(cast).tiers] == ["gold", "platynowy"]


@pytest.mark.parametrize(
    ("typed", "field"),
    [
        ({"threshold_1": "150"}, "threshold_1"),
        ({"name_1": ""}, "name_1"),
        ({"threshold_2": ""}, "threshold_2"),
        ({"threshold_0": "0"}, "threshold_0"),
        ({"months": ""}, "months"),
        ({"since": "2020-01-01"}, "since"),
        ({"window": "weekly"}, "window"),
    ],
)
def test_what_cannot_be_is_refused_at_its_field(office, cast, typed, field):
    refused = office.post("/office/tiers", {**TYPED, **typed})
    assert refused.status_code == 422
    assert field in refused.context["form"].errors
    assert TierScheme.objects.of(cast.bakery).count() == 1


def test_a_programme_without_levels_gets_its_first_ones(cast):
    owner = signed_in(cast.stranger.login)
    first = {"name_0": "Stammgast", "threshold_0": "50", "window": "lifetime", "downgrade": "recomputed"}
    assert owner.post("/office/tiers", first).status_code == 302
    assert [step.name for step in owner.get("/office/tiers").context["levels"]] == ["Stammgast"]
    assert owner.get("/office/tiers").context["counted"] == []


def test_a_level_is_given_until_a_day_and_the_member_reads_it(office, cast):
    page = f"/office/members/{cast.anna.public_id}/level"
    day = (timezone.now() + timedelta(days=30)).date()
    given = {"tier": "gold", "until": day.isoformat(), "reason": "Wygrana w loterii"}
    assert office.post(page, given).status_code == 302
    standing = office.get(f"/office/members/{cast.anna.public_id}").context["statement"].standing
    assert (standing.name, standing.is_given) == ("Złoty", True)
    assert standing.until - timezone.now() > timedelta(days=30)
    assert office.post(page, {"tier": "", "reason": "Pomyłka"}).status_code == 302
    standing = office.get(f"/office/members/{cast.anna.public_id}").context["statement"].standing
    assert (standing.name, standing.is_given) == ("", False)


@pytest.mark.parametrize(
    ("typed", "field"), [({"reason": ""}, "reason"), ({"until": "2020-01-01"}, "until"), ({"tier": ""}, "tier")]
)
def test_a_level_that_cannot_be_given_is_refused_at_its_field(office, cast, typed, field):
    refused = office.post(
        f"/office/members/{cast.anna.public_id}/level", {"tier": "gold", "until": "", "reason": "Bo tak", **typed}
    )
    assert refused.status_code == 422
    assert field in refused.context["form"].errors


def test_what_is_missing_to_keep_a_level_stands_on_the_members_page(office, cast):
    tiers = [("silver", "Srebrny", 100), ("gold", "Złoty", 500)]
    policy = TierPolicy(window=Window.ROLLING_MONTHS, months=6)
    earning.set_tiers(programme=cast.bakery, tiers=tiers, policy=policy, by=BY, at=timezone.now())
    ledger_entry(cast, 120)
    said = office.get(f"/office/members/{cast.anna.public_id}").content.decode()
    assert "enough is earned to keep it" in said
