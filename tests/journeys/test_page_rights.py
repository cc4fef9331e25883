"""Every page against everybody who may knock: nobody, the member, the clerk, the chain manager,
the manager of one shop, the auditor, the developer, a stranger.

A page that is missing from the table fails, and so does a row for a page that is gone.
"""

import io
import uuid
from collections.abc import Iterator
from datetime import timedelta

import pytest
from django.test import Client
from django.urls import URLPattern, URLResolver, get_resolver

from passage.cards import actions as cards
from passage.config.worker import Worker
from passage.earning.models import Rule
from passage.imports import actions as imports
from passage.journal.tests.shop import a_device
from passage.products import actions as products
from passage.programme import actions as programmes
from passage.programme.models import Login, Role, Shop
from passage.purchases import actions as purchases
from passage.purchases.models import Parked
from passage.purchases.values import Return, SaleRef
from passage.rewards import actions as rewards
from passage.rewards.pictures import drawn
from passage.rewards.tests.test_pictures import a_picture
from passage.trials import actions as trials
from tests.cast import AT, BY, CARD, PASSWORD, Cast, a_bakery

pytestmark = pytest.mark.django_db
DOORS = {"website", "till", "office", "portal"}
PEOPLE = ("nobody", "anna", "piotr", "maria", "boss", "auditor", "coder", "stranger")
# Seen, sent on, forbidden, not there, only by a button, no longer good.
IN, GO, NO, NONE, POST, GONE = 200, 302, 403, 404, 405, 410

# What a GET of each page answers to each of PEOPLE, in their order.
PAGES: dict[str, tuple[str, tuple[int, ...]]] = {
    "website:start": ("/", (IN, IN, IN, IN, IN, IN, IN, IN)),
    "website:sign_in": ("/sign-in", (IN, GO, GO, GO, GO, GO, GO, GO)),
    "website:second": ("/sign-in/second", (GO, GO, GO, GO, GO, GO, GO, GO)),
    "website:passkey": ("/sign-in/passkey", (POST, POST, POST, POST, POST, POST, POST, POST)),
    "website:passkey_options": ("/sign-in/passkey/options", (POST, POST, POST, POST, POST, POST, POST, POST)),
    "website:forgotten": ("/forgotten", (IN, IN, IN, IN, IN, IN, IN, IN)),
    "website:new_password": ("/new-password/over", (GONE, GONE, GONE, GONE, GONE, GONE, GONE, GONE)),
    "website:account": ("/account/", (GO, IN, IN, IN, IN, IN, IN, IN)),
    "website:prove": ("/account/prove", (GO, IN, IN, IN, IN, IN, IN, IN)),
    "website:language": ("/account/language", (POST, POST, POST, POST, POST, POST, POST, POST)),
    "website:password": ("/account/password", (GO, IN, IN, IN, IN, IN, IN, IN)),
    # Nobody of the table has just proved who they are: that is asked first.
    "website:app": ("/account/app", (GO, GO, GO, GO, GO, GO, GO, GO)),
    "website:app_off": ("/account/app/off", (POST, POST, POST, POST, POST, POST, POST, POST)),
    "website:recovery": ("/account/codes", (POST, POST, POST, POST, POST, POST, POST, POST)),
    "website:add_passkey": ("/account/passkeys", (POST, POST, POST, POST, POST, POST, POST, POST)),
    "website:new_passkey": ("/account/passkeys/options", (POST, POST, POST, POST, POST, POST, POST, POST)),
    "website:change_passkey": ("/account/passkeys/1", (POST, POST, POST, POST, POST, POST, POST, POST)),
    "website:end_sessions": ("/account/sessions/end", (POST, POST, POST, POST, POST, POST, POST, POST)),
    "website:end_session": ("/account/sessions/1/end", (POST, POST, POST, POST, POST, POST, POST, POST)),
    "website:sign_out": ("/sign-out", (POST, POST, POST, POST, POST, POST, POST, POST)),
    "website:join": ("/join/over", (GONE, GONE, GONE, GONE, GONE, GONE, GONE, GONE)),
    "website:offer": ("/invitation/over", (GONE, GONE, GONE, GONE, GONE, GONE, GONE, GONE)),
    "website:invitations": ("/invitations", (GO, IN, IN, IN, IN, IN, IN, IN)),
    "website:answer": (
        "/invitations/00000000-0000-4000-8000-000000000000",
        (POST, POST, POST, POST, POST, POST, POST, POST),
    ),
    "website:sign_up": ("/sign-up", (NONE, NONE, NONE, NONE, NONE, NONE, NONE, NONE)),
    "website:confirm": ("/sign-up/over", (GONE, GONE, GONE, GONE, GONE, GONE, GONE, GONE)),
    "website:begin": ("/begin", (GO, NO, NO, NO, NO, NO, NO, NO)),
    "website:contact": ("/contact", (IN, IN, IN, IN, IN, IN, IN, IN)),
    "website:mail": ("/mail", (NONE, NONE, NONE, NONE, NONE, NONE, NONE, NONE)),
    "website:help_index": ("/help/", (IN, IN, IN, IN, IN, IN, IN, IN)),
    "website:home": ("/home", (GO, GO, GO, GO, GO, GO, GO, GO)),
    "website:guides": ("/guides", (IN, IN, IN, IN, IN, IN, IN, IN)),
    "website:guide": ("/guides/add-points", (IN, IN, IN, IN, IN, IN, IN, IN)),
    "website:guide_picture": ("/guides/add-points/1.pl.webp", (IN, IN, IN, IN, IN, IN, IN, IN)),
    "website:help": ("/help/till-points", (IN, IN, IN, IN, IN, IN, IN, IN)),
    "website:picture": ("/pictures/{picture}/small.webp", (IN, IN, IN, IN, IN, IN, IN, NONE)),
    "till:app": ("/till/", (IN, IN, IN, IN, IN, IN, IN, IN)),
    "till:worker": ("/till/sw.js", (IN, IN, IN, IN, IN, IN, IN, IN)),
    "till:manifest": ("/till/manifest.webmanifest", (IN, IN, IN, IN, IN, IN, IN, IN)),
    "till:points": ("/till/points", (GO, NO, IN, IN, IN, NO, NO, IN)),
    "till:added": ("/till/points/{sale}", (GO, NO, IN, IN, IN, NO, NO, NONE)),
    "office:start": ("/office/", (GO, NO, GO, IN, GO, GO, NO, IN)),
    "office:begin": ("/office/begin", (GO, NO, NO, NO, NO, NO, NO, GO)),
    "office:begin_clerks": ("/office/begin/clerks", (GO, NO, NO, NO, NO, NO, NO, IN)),
    "office:begin_members": ("/office/begin/members", (GO, NO, NO, NO, NO, NO, NO, IN)),
    "office:begin_points": ("/office/begin/points", (GO, NO, NO, NO, NO, NO, NO, IN)),
    "office:begin_ready": ("/office/begin/ready", (GO, NO, NO, NO, NO, NO, NO, IN)),
    "office:settings": ("/office/settings", (GO, NO, NO, NO, NO, NO, NO, IN)),
    "office:outbox": ("/office/outbox", (GO, NO, NO, NO, NO, NO, NO, IN)),
    "office:send_again": ("/office/outbox/1/again", (POST, POST, POST, POST, POST, POST, POST, POST)),
    "office:units": ("/office/units", (GO, NO, NO, IN, NO, NO, NO, IN)),
    "office:shops": ("/office/shops", (GO, NO, NO, IN, IN, IN, NO, IN)),
    "office:new_member": ("/office/members/new", (GO, NO, IN, IN, IN, NO, NO, IN)),
    "office:edit_member": ("/office/members/{member}/edit", (GO, NO, IN, IN, IN, NO, NO, NONE)),
    "office:adjust": ("/office/members/{member}/adjust", (GO, NO, NO, IN, IN, NO, NO, NONE)),
    "office:block_member": ("/office/members/{member}/block", (POST, POST, POST, POST, POST, POST, POST, POST)),
    "office:give_card": ("/office/members/{member}/cards", (POST, POST, POST, POST, POST, POST, POST, POST)),
    "office:turn_card": ("/office/members/{member}/cards/1", (POST, POST, POST, POST, POST, POST, POST, POST)),
    "office:twins": ("/office/members/twins", (GO, NO, NO, IN, IN, NO, NO, IN)),
    "office:merge": ("/office/members/{member}/merge", (GO, NO, NO, IN, IN, NO, NO, NONE)),
    "office:erase": ("/office/members/{member}/erase", (GO, NO, NO, IN, IN, NO, NO, NONE)),
    "office:privacy": ("/office/privacy", (GO, NO, NO, IN, IN, IN, NO, IN)),
    "office:export": ("/office/members/{member}/export", (POST, POST, POST, POST, POST, POST, POST, POST)),
    "office:unmerge": ("/office/members/{member}/merges/1/undo", (POST, POST, POST, POST, POST, POST, POST, POST)),
    "office:cards": ("/office/members/cards", (GO, NO, NO, IN, IN, NO, NO, IN)),
    "office:card_list": ("/office/members/cards/{blank}.csv", (GO, NO, NO, IN, IN, NO, NO, NONE)),
    "office:print_cards": ("/office/members/cards/{blank}/print", (GO, NO, NO, IN, IN, NO, NO, NONE)),
    "office:print_card": ("/office/members/{member}/cards/{card}/print", (GO, NO, IN, IN, IN, NO, NO, NONE)),
    "office:members": ("/office/members", (GO, NO, IN, IN, IN, IN, NO, IN)),
    "office:member": ("/office/members/{member}", (GO, NO, IN, IN, IN, IN, NO, NONE)),
    "office:give_prize": ("/office/members/{member}/prize", (GO, NO, IN, IN, IN, NO, NO, NONE)),
    "office:handovers": ("/office/handovers", (GO, NO, IN, IN, IN, NO, NO, IN)),
    "office:hand_out": ("/office/handovers/{member}/out", (POST, POST, POST, POST, POST, POST, POST, POST)),
    "office:cancel_prize": ("/office/handovers/{member}/cancel", (POST, POST, POST, POST, POST, POST, POST, POST)),
    "office:prizes": ("/office/prizes", (GO, NO, NO, IN, IN, IN, NO, IN)),
    "office:prizes_file": ("/office/prizes/2026.csv", (GO, NO, NO, IN, IN, IN, NO, IN)),
    "office:visits": ("/office/visits", (GO, NO, NO, IN, IN, NO, NO, IN)),
    "office:parked_returns": ("/office/visits/returns", (GO, NO, NO, IN, IN, NO, NO, IN)),
    "office:parked_return": ("/office/visits/returns/{parked}", (GO, NO, NO, IN, IN, NO, NO, NONE)),
    "office:enter": ("/office/visits/enter", (GO, NO, NO, IN, IN, NO, NO, IN)),
    "office:visit": ("/office/visits/{aside}", (GO, NO, NO, IN, IN, NO, NO, NONE)),
    "office:promotions": ("/office/promotions", (GO, NO, NO, IN, IN, IN, NO, IN)),
    "office:new_promotion": ("/office/promotions/new", (GO, NO, NO, IN, NO, NO, NO, IN)),
    "office:promotion": ("/office/promotions/{rule}", (GO, NO, NO, IN, NO, NO, NO, NONE)),
    "office:playground": ("/office/promotions/try", (GO, NO, NO, IN, IN, IN, NO, IN)),
    "office:end_promotion": ("/office/promotions/{rule}/end", (POST, POST, POST, POST, POST, POST, POST, POST)),
    "office:trial": ("/office/promotions/trials/{trial}", (GO, NO, NO, IN, IN, IN, NO, NONE)),
    "office:publish": ("/office/promotions/trials/{trial}/publish", (POST, POST, POST, POST, POST, POST, POST, POST)),
    "office:date_back": ("/office/promotions/{rule}/past", (GO, NO, NO, NO, NO, NO, NO, NONE)),
    "office:backdating": ("/office/promotions/past/{backdating}", (GO, NO, NO, NO, NO, NO, NO, NONE)),
    "office:confirm_past": (
        "/office/promotions/past/{backdating}/confirm",
        (POST, POST, POST, POST, POST, POST, POST, POST),
    ),
    "office:tiers": ("/office/tiers", (GO, NO, NO, IN, NO, NO, NO, IN)),
    "office:give_tier": ("/office/members/{member}/level", (GO, NO, NO, IN, IN, NO, NO, NONE)),
    "office:unit": ("/office/units/points", (GO, NO, NO, IN, NO, NO, NO, NONE)),
    "office:rewards": ("/office/rewards", (GO, NO, NO, IN, IN, IN, NO, IN)),
    "office:new_reward": ("/office/rewards/new", (GO, NO, NO, IN, NO, NO, NO, IN)),
    "office:reward": ("/office/rewards/{reward}", (GO, NO, NO, IN, NO, NO, NO, NONE)),
    "office:end_reward": ("/office/rewards/{reward}/end", (POST, POST, POST, POST, POST, POST, POST, POST)),
    "office:restock": ("/office/rewards/{reward}/stock", (POST, POST, POST, POST, POST, POST, POST, POST)),
    "office:products": ("/office/products", (GO, NO, NO, IN, IN, IN, IN, IN)),
    "office:new_product": ("/office/products/new", (GO, NO, NO, IN, NO, NO, NO, IN)),
    "office:product": ("/office/products/bread", (GO, NO, NO, IN, NO, NO, NO, NONE)),
    "office:retire": ("/office/products/bread/retire", (POST, POST, POST, POST, POST, POST, POST, POST)),
    "office:tills": ("/office/tills", (GO, NO, NO, IN, IN, NO, NO, IN)),
    "office:connect": ("/office/tills/{till}/connect", (POST, POST, POST, POST, POST, POST, POST, POST)),
    "office:disconnect": ("/office/tills/{till}/disconnect", (POST, POST, POST, POST, POST, POST, POST, POST)),
    "office:log": ("/office/log", (GO, NO, NO, IN, IN, IN, IN, IN)),
    "office:people": ("/office/staff", (GO, NO, NO, IN, IN, NO, NO, IN)),
    "office:invite": ("/office/staff/invite", (POST, POST, POST, POST, POST, POST, POST, POST)),
    "office:link": ("/office/staff/{piotr}/link", (POST, POST, POST, POST, POST, POST, POST, POST)),
    "office:offer_again": (
        "/office/staff/invitations/00000000-0000-4000-8000-000000000000/again",
        (POST, POST, POST, POST, POST, POST, POST, POST),
    ),
    "office:withdraw": (
        "/office/staff/invitations/00000000-0000-4000-8000-000000000000/withdraw",
        (POST, POST, POST, POST, POST, POST, POST, POST),
    ),
    "office:leave": ("/office/staff/{piotr}/leave", (POST, POST, POST, POST, POST, POST, POST, POST)),
    "office:ask_factor": ("/office/staff/second-factor", (POST, POST, POST, POST, POST, POST, POST, POST)),
    "office:take_factor": ("/office/staff/{piotr}/second-factor", (POST, POST, POST, POST, POST, POST, POST, POST)),
    "office:new_password": ("/office/staff/{piotr}/password", (POST, POST, POST, POST, POST, POST, POST, POST)),
    "office:pin": ("/office/staff/{piotr}/pin", (POST, POST, POST, POST, POST, POST, POST, POST)),
    "office:corrections": ("/office/corrections", (GO, NO, NO, IN, IN, NO, NO, IN)),
    "office:decide": ("/office/corrections/1/decide", (POST, POST, POST, POST, POST, POST, POST, POST)),
    "office:control": ("/office/control", (GO, NO, NO, NO, NO, NO, NO, IN)),
    "office:match": ("/office/visits/match", (GO, NO, NO, IN, IN, NO, NO, IN)),
    "office:keys": ("/office/keys", (GO, NO, NO, NO, NO, NO, IN, IN)),
    "office:revoke_key": ("/office/keys/1/revoke", (POST, POST, POST, POST, POST, POST, POST, POST)),
    "office:integrity": ("/office/integrity", (GO, NO, NO, IN, IN, IN, NO, IN)),
    "office:integrity_rows": ("/office/integrity/{piotr}/often", (GO, NO, NO, IN, IN, IN, NO, NONE)),
    "office:own_cards": ("/office/staff/{piotr}/own", (GO, NO, IN, IN, IN, NO, NO, NONE)),
    "office:end_own": ("/office/staff/{piotr}/own/1/end", (POST, POST, POST, POST, POST, POST, POST, POST)),
    "portal:me": ("/me/", (GO, IN, NO, NO, NO, NO, NO, NO)),
    "office:everything": ("/office/leave", (GO, NO, NO, NO, NO, NO, NO, IN)),
    "office:download": ("/office/leave/00000000-0000-4000-8000-000000000000.zip", (GO, NO, NO, NO, NO, NO, NO, NONE)),
    "office:imports": ("/office/members/import", (GO, NO, NO, IN, IN, NO, NO, IN)),
    "office:import": ("/office/members/import/{upload}", (GO, NO, NO, IN, IN, NO, NO, NONE)),
    "office:import_columns": ("/office/members/import/{upload}/columns", (GO, NO, NO, IN, IN, NO, NO, NONE)),
    "office:import_do": ("/office/members/import/{upload}/do", (POST, POST, POST, POST, POST, POST, POST, POST)),
    "office:import_report": ("/office/members/import/{upload}/rows.csv", (GO, NO, NO, IN, IN, NO, NO, NONE)),
}


def pages(patterns: list[URLPattern | URLResolver] | None = None, *, door: str = "") -> Iterator[str]:
    for pattern in get_resolver().url_patterns if patterns is None else patterns:
        if isinstance(pattern, URLResolver):
            yield from pages(pattern.url_patterns, door=pattern.namespace or door)
        elif door in DOORS:
            yield f"{door}:{pattern.name}"


@pytest.fixture
def cast() -> Cast:
    return a_bakery()


@pytest.fixture
def clients(cast: Cast) -> dict[str, Client]:
    def somebody(name: str, role: Role, shop: Shop | None = None) -> Login:
        login = programmes.create_login(email=f"{name}@example.org", password=PASSWORD)
        programmes.hire(programme=cast.bakery, login=login, role=role, shop=shop, by=BY, at=AT)
        return login

    logins = {
        "anna": cast.anna.login,
        "piotr": cast.piotr.login,
        "maria": cast.maria.login,
        "boss": somebody("boss", Role.MANAGER, cast.rynek),
        "auditor": somebody("auditor", Role.AUDITOR),
        "coder": somebody("coder", Role.DEVELOPER),
        "stranger": cast.stranger.login,
    }
    clients = {name: Client() for name in PEOPLE}
    for name, login in logins.items():
        clients[name].force_login(login)
    return clients


def a_sale(clerk: Client) -> uuid.UUID:
    ticket = clerk.get("/till/points").context["ticket"]
    typed = {"card": CARD, "amount": "5", "shop": "rynek", "ticket": ticket, "do": "save"}
    return uuid.UUID(clerk.post("/till/points", typed)["Location"].rsplit("/", 1)[1])


def a_till_with_a_problem(cast: Cast) -> dict[str, object]:
    """A product, a till, and a sale that it told of a card nobody knows."""
    products.put(programme=cast.bakery, code="bread", name="Chleb", price=1290, by=BY, at=AT)
    device = a_device(cast)
    [result] = device.deliver(device.sale(card="NOBODYS1")).results
    assert device.key.till is not None
    gives = {"unit": "points", "cost": 5, "gives": {"kind": "value_off", "amount": 100}}
    reward = rewards.create_reward(
        programme=cast.bakery, name="1 zł", definition=gives, effective_from=AT, by=BY, at=AT
    )
    rule = Rule.objects.of(cast.bakery).first()
    [blank] = cards.make_blank(programme=cast.bakery, numbers=["2900000000018"], by=BY, at=AT)
    draft = trials.Wish("Tried", {"unit": "points", "earns": {"kind": "fixed", "points": 5}}, 4)
    trial = trials.begin(programme=cast.bakery, rule=None, wish=draft, by=BY, at=AT)
    back = trials.begin_back(rule=rule, since=AT - timedelta(days=9), by=BY, at=AT + timedelta(seconds=1))
    picture = rewards.put_picture(reward=reward, picture=drawn(a_picture()), by=BY, at=AT).address
    file = io.BytesIO(b"card\nA1\n")
    upload = imports.receive(programme=cast.bakery, name="cards.csv", file=file, by=BY, at=AT)
    reading = {"encoding": "utf-8", "separator": ";", "has_headings": True, "columns": ["card"]}
    imports.check(upload=upload, by=BY, at=AT, **reading)
    Worker(clock=lambda: AT).run_once()
    return {
        "aside": result.row.pk,
        "till": device.key.till.pk,
        "piotr": cast.piotr.pk,
        "reward": reward.public_id,
        "rule": rule.pk,
        "blank": blank.pk,
        "card": cast.card.pk,
        "trial": trial.pk,
        "backdating": back.pk,
        "picture": picture,
        "upload": upload.pk,
        "parked": a_return_that_waits(cast).pk,
    }


def a_return_that_waits(cast: Cast, *, shop: str = "rynek") -> Parked:
    """Of a sale that has not come, told by another program."""
    told = programmes.add_source(programme=cast.bakery, code=f"shop-{shop}", name="Web shop")
    back = Return(client_id=f"r-{shop}", occurred_at=AT, sale=SaleRef(client_id="not-here"), shop=shop)
    purchases.record(programme=cast.bakery, source=told, batch=[back], by=BY, at=AT)
    found: Parked = Parked.objects.of(cast.bakery).get(client_id=f"r-{shop}")
    return found


def test_every_page_stands_in_the_table_and_no_other():
    assert set(pages()) == set(PAGES)


def test_every_page_answers_everybody_as_the_table_says(cast, clients):
    known = {"sale": a_sale(clients["piotr"]), "member": cast.anna.public_id, **a_till_with_a_problem(cast)}
    wrong = [
        f"{page} for {person}: {got}, not {wanted}"
        for page, (address, answers) in PAGES.items()
        for person, wanted in zip(PEOPLE, answers, strict=True)
        if (got := clients[person].get(address.format(**known)).status_code) != wanted
    ]
    assert not wrong, "\n".join(wrong)


def test_what_is_of_another_shop_is_closed_to_the_manager_of_one(cast, clients):
    """The table above has everything at the Rynek; here the till, its problem and the clerk are at the Dworzec."""
    far = programmes.create_login(email="far@example.org", password=PASSWORD)
    person = programmes.hire(programme=cast.bakery, login=far, role=Role.CLERK, shop=cast.dworzec, by=BY, at=AT)
    device = a_device(cast, shop=cast.dworzec)
    [result] = device.deliver(device.sale(card="NOBODYS1")).results
    till, aside = device.key.till, result.row.pk
    assert till is not None
    boss, maria = clients["boss"], clients["maria"]
    assert boss.get("/office/visits").context["rows"] == []
    assert boss.get("/office/tills").context["places"] == []
    assert person not in [row.staff for row in boss.get("/office/staff").context["rows"]]
    assert len(maria.get("/office/visits").context["rows"]) == 1
    assert [place.till for place in maria.get("/office/tills").context["places"]] == [till]
    waits = a_return_that_waits(cast, shop="dworzec")
    assert boss.get("/office/visits/returns").context["rows"] == []
    assert [each.row for each in maria.get("/office/visits/returns").context["rows"]] == [waits]
    closed = {
        f"/office/visits/{aside}": {"do": "dismiss", "reason": "x"},
        f"/office/visits/returns/{waits.pk}": {"do": "dismiss", "reason": "x"},
        f"/office/tills/{till.pk}/connect": {},
        f"/office/tills/{till.pk}/disconnect": {},
        f"/office/staff/{person.pk}/pin": {"pin": "3690"},
        f"/office/staff/{person.pk}/link": {},
        f"/office/staff/{person.pk}/leave": {},
    }
    answers = {address: boss.post(address, typed).status_code for address, typed in closed.items()}
    assert set(answers.values()) <= {NO, NONE}, answers
    typed = {"till": str(till.pk), "receipt": "1", "moment": "2026-02-04T12:30", "amount": "5", "member": CARD}
    assert boss.post("/office/visits/enter", typed).status_code == 422
    assert boss.get("/till/points").context["form"].only_shop == "Rynek"


def test_who_has_left_comes_in_nowhere(cast, clients):
    type(cast.piotr).objects.filter(pk=cast.piotr.pk).update(left_at=AT)
    assert clients["piotr"].get("/till/points").status_code == NO
    assert clients["piotr"].get("/office/members").status_code == NO
