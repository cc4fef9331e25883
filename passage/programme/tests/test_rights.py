"""Who may do what, where, and until when."""

import pytest
from django.contrib.auth.models import AnonymousUser

from passage.audit.models import Event
from passage.programme import actions
from passage.programme.access import OF_SCOPES, RIGHTS, can, may_hire, place, scopes_of, stands_below
from passage.programme.errors import Refused
from passage.programme.models import Login, Rank, Role, Staff
from passage.programme.tests.conftest import AT, BY, login

CLERKS = {
    "points.add",
    "points.see",
    "members.see",
    "members.edit",
    "cards.bind",
    "cards.lose",
    "cards.replace",
    "purchases.see",
    "purchases.return",
    "rewards.give",
}


def test_a_clerk_serves_at_the_counter_and_no_more(piotr):
    assert {verb for verb in RIGHTS if can(piotr, verb)} == CLERKS


def test_a_chain_manager_does_all_but_open_shops_and_give_out_keys(maria):
    assert maria.rank == Rank.CHAIN
    assert RIGHTS.keys() - {verb for verb in RIGHTS if can(maria, verb)} == {
        "shops.edit",
        "keys.edit",
        "control.edit",
        "settings.edit",
        "programme.export",
        "retention.edit",
        "rules.date_back",
    }


def test_a_shop_manager_leads_the_shop_and_changes_nothing_for_the_others(bakery, rynek, dworzec):
    boss = actions.hire(programme=bakery, login=login("boss"), role=Role.MANAGER, shop=rynek, by=BY, at=AT)
    assert boss.rank == Rank.SHOP
    lacking = RIGHTS.keys() - {verb for verb in RIGHTS if can(boss, verb)}
    assert lacking == {
        "shops.edit",
        "keys.edit",
        "control.edit",
        "settings.edit",
        "programme.export",
        "retention.edit",
        "rules.date_back",
        "points.approve",
        "rules.edit",
        "rewards.edit",
        "products.edit",
    }
    assert can(boss, "tills.pair", shop=rynek)
    assert not any(can(boss, verb, shop=dworzec) for verb in RIGHTS)


def test_a_developer_sees_keys_products_and_the_log_and_neither_members_nor_points(bakery):
    coder = actions.hire(programme=bakery, login=login("coder"), role=Role.DEVELOPER, by=BY, at=AT)
    assert {verb for verb in RIGHTS if can(coder, verb)} == {"keys.edit", "products.see", "audit.see"}
    assert scopes_of(coder) == {"quotes"}


@pytest.mark.parametrize("giver", Rank)
def test_nobody_gives_a_place_or_a_key_that_may_more_than_they_may(bakery, rynek, dworzec, giver):
    staff = at_rank(bakery, giver, rynek)
    mine = {verb for verb in RIGHTS if can(staff, verb)}
    for rank in Rank:
        for shop in (None, rynek, dworzec):
            if may_hire(staff, rank, shop=shop):
                assert {verb for verb, ranks in RIGHTS.items() if rank in ranks} <= mine
                assert staff.shop_id in (None, getattr(shop, "pk", None))
    assert {OF_SCOPES[scope] for scope in scopes_of(staff)} <= mine


@pytest.mark.parametrize("giver", [rank for rank in Rank if rank != Rank.OWNER])
def test_only_an_owner_makes_an_equal(bakery, rynek, giver):
    staff = at_rank(bakery, giver, rynek)
    assert not may_hire(staff, giver, shop=staff.shop)
    assert not stands_below(staff, staff)
    assert not may_hire(staff, Rank.OWNER, shop=None)


def test_nobody_hires_across_the_border(stranger, maria, piotr):
    assert not stands_below(stranger, piotr)
    assert stands_below(maria, piotr)


def test_an_owner_or_a_developer_of_one_shop_cannot_be(bakery, rynek):
    for role in (Role.OWNER, Role.DEVELOPER):
        with pytest.raises(Refused, match="everywhere_only"):
            actions.hire(programme=bakery, login=login(role), role=role, shop=rynek, by=BY, at=AT)


def at_rank(programme, rank, shop):
    role = Role.MANAGER if rank in (Rank.CHAIN, Rank.SHOP) else Role(rank.value)
    where = shop if rank in (Rank.SHOP, Rank.CLERK) else None
    return actions.hire(programme=programme, login=login("somebody"), role=role, shop=where, by=BY, at=AT)


def test_an_owner_may_do_everything(stranger):
    assert all(can(stranger, verb) for verb in RIGHTS)


def test_an_auditor_sees_and_changes_nothing(bakery):
    auditor = actions.hire(programme=bakery, login=login("audytor"), role=Role.AUDITOR, by=BY, at=AT)
    assert {verb.partition(".")[2] for verb in RIGHTS if can(auditor, verb)} == {"see"}


def test_nobody_may_do_nothing_and_an_unknown_verb_is_a_mistake():
    assert not any(can(None, verb) for verb in RIGHTS)
    with pytest.raises(KeyError):
        can(None, "members.sell")


def test_a_place_in_one_shop_gives_no_right_in_another(piotr, maria, rynek, dworzec):
    assert can(piotr, "points.add", shop=rynek)
    assert not can(piotr, "points.add", shop=dworzec)
    assert can(maria, "points.add", shop=dworzec)


def test_a_right_ends_at_the_border_of_the_programme(stranger, rynek):
    assert not can(stranger, "points.add", shop=rynek)


def test_whoever_left_has_no_place_and_no_right_and_may_be_hired_again(bakery, piotr):
    left = actions.leave(staff=piotr, by=BY, at=AT)
    assert not any(can(left, verb) for verb in RIGHTS)
    assert place(piotr.login) is None
    actions.leave(staff=piotr, by=BY, at=AT)
    again = actions.hire(programme=bakery, login=piotr.login, role=Role.CLERK, by=BY, at=AT)
    assert place(piotr.login) == again
    assert Event.objects.of(bakery).filter(verb="staff.left").count() == 1


def test_the_last_owner_stays(bakery, maria, stranger):
    with pytest.raises(Refused, match="last_owner"):
        actions.leave(staff=stranger, by=BY, at=AT)
    second = actions.hire(programme=stranger.programme, login=login("second"), role=Role.OWNER, by=BY, at=AT)
    assert actions.leave(staff=stranger, by=BY, at=AT).left_at == AT
    with pytest.raises(Refused, match="last_owner"):
        actions.leave(staff=second, by=BY, at=AT)


def test_the_place_of_somebody_unknown_or_switched_off_is_none(piotr, bakery, elsewhere):
    assert place(AnonymousUser()) is None
    assert place(piotr.login) == piotr
    assert place(piotr.login, programme=bakery) == piotr
    assert place(piotr.login, programme=elsewhere) is None
    piotr.login.is_active = False
    assert place(piotr.login) is None


def test_a_login_has_one_place_in_a_programme_and_none_in_a_foreign_shop(bakery, piotr, stranger, rynek):
    with pytest.raises(Refused, match="taken"):
        actions.hire(programme=bakery, login=piotr.login, role=Role.OWNER, by=BY, at=AT)
    with pytest.raises(Refused, match="unknown_shop"):
        actions.hire(programme=stranger.programme, login=piotr.login, role=Role.CLERK, shop=rynek, by=BY, at=AT)
    with pytest.raises(Refused, match="invalid"):
        actions.hire(programme=bakery, login=stranger.login, role="king", by=BY, at=AT)
    assert Staff.objects.count() == 2


def test_a_login_signs_in_by_its_address_in_any_case_and_is_there_once(db, client):
    made = actions.create_login(email=" Anna.Nowak@Example.ORG ", password="a long enough password", language="pl")
    assert made.email == "anna.nowak@example.org"
    assert made.check_password("a long enough password")
    with pytest.raises(Refused) as refused:
        actions.create_login(email="ANNA.nowak@example.org", password="another long password")
    assert (refused.value.code, refused.value.field) == ("taken", "email")


def test_a_login_without_a_password_opens_with_none(db):
    assert not actions.create_login(email="anna@example.org", password="").has_usable_password()
    assert not Login.objects.get().check_password("")


def test_an_endless_password_and_an_unknown_language_are_refused(db):
    with pytest.raises(Refused) as refused:
        actions.create_login(email="anna@example.org", password="x" * 257)
    assert (refused.value.code, refused.value.field) == ("too_long", "password")
    with pytest.raises(Refused) as refused:
        actions.create_login(email="anna@example.org", password="x" * 20, language="tlh")
    assert refused.value.field == "language"
