"""We are nobody's relay: what strangers typed leaves as no link, and so many letters a day are enough."""

from datetime import UTC, datetime, timedelta

import pytest

from passage.config.worker import Worker
from passage.outbox import actions
from passage.outbox.models import Mail
from passage.programme import actions as programmes
from passage.programme import throttle
from passage.programme.errors import Refused
from passage.programme.links import broken, looks_like_link
from passage.programme.models import Programme
from tests.cast import BY, a_bakery
from tests.post import a_mail_server

AT = datetime(2026, 3, 2, 9, 30, tzinfo=UTC)
pytestmark = pytest.mark.django_db
LINKS = (
    "Win at https://evil.example/x",
    "hxxps:\\\\evil",
    "www.evil.example",
    "evil.example now",
    "Bakery\uff0ecom",
    "Łódź\u3002pl",
    "t.co",
    "a.example/b",
    "https://passage.example.evil.example",
)
NAMES = (
    "Piekarnia Grabowska",
    "Anna Świętek-Nowak",
    "J. R. R. Tolkien",
    "J.R.R. Tolkien",
    "J.Nowak",
    "Nowak Sp. z o.o.",
    "Sp.z o.o.",
    "Dr. Oetker",
    "No.1 Café",
    "Bistro 1.5",
    "Chez Nous: bar & grill",
    "24/7",
)


@pytest.mark.parametrize("name", LINKS)
def test_a_name_like_a_link_is_refused_wherever_it_is_given(name):
    cast = a_bakery()
    terms = {"currency": "PLN", "by": BY, "at": AT}
    for give in (
        lambda: programmes.create_programme(name=name, slug="evil", **terms),
        lambda: programmes.change_settings(programme=cast.bakery, name=name, **terms),
        lambda: programmes.open_shop(programme=cast.bakery, code="evil", name=name),
        lambda: programmes.open_shop(programme=cast.bakery, code="evil", name="Rynek", city=name),
        lambda: programmes.create_login(email="jean@example.org", password="", name=name),
    ):
        with pytest.raises(Refused, match="like_a_link"):
            give()


@pytest.mark.parametrize("name", NAMES)
def test_a_name_as_people_and_shops_have_them_is_one(name):
    assert not looks_like_link(name)
    assert broken(name) == name


def test_a_link_that_is_there_already_leaves_as_none_and_ours_does(settings):
    settings.PASSAGE_URL = "https://passage.example"
    bakery = a_bakery().bakery
    Programme.objects.filter(pk=bakery.pk).update(name="www.evil.example")
    bakery.refresh_from_db()
    ours = "https://passage.example/join/abc.def-ghi:1"
    text = f"Hello http://evil.example/x,\n\n{ours}\n\nhttps://passage.example.evil.example/x jean@example.org"
    with a_mail_server() as server:
        actions.send_mail(
            programme=bakery, to="jean@example.org", subject="evil.example invites you", text=text, key="k", at=AT
        )
        Worker(clock=lambda: AT).run_once()
        [mail] = server.mails
        said = server.text()
    for part in (
        mail["From"].partition("<")[0],
        mail["Subject"],
        said.replace(ours, "").replace("jean@example.org", ""),
    ):
        assert not looks_like_link(part), part
    assert ours in said
    assert "jean@example.org" in said
    assert "evil. example" in said, "it can still be read"


def test_a_long_text_costs_no_more_than_its_length():
    for part in ("a", "a.", "a@", ":/", "https://passage.example", "1-"):
        assert len(broken((part * 20_000)[:20_000], own="https://passage.example")) < 60_000


def write(number, to, *, programme=None, at=AT, is_unasked=True):
    return actions.send_mail(
        programme=programme, to=to, subject="x", text="x", key=f"{number}:{to}", at=at, is_unasked=is_unasked
    )


def test_one_mailbox_gets_so_many_letters_a_day_that_it_did_not_ask_for():
    for number in range(throttle.LETTERS_TO.most):
        assert write(number, "Jean@Example.org" if number % 2 else "jean@example.org")
    with pytest.raises(Refused, match="too_many_letters"):
        write(99, "jean@example.org")
    assert Mail.objects.count() == throttle.LETTERS_TO.most, "the one too many is not there"
    assert write(99, "jean@example.org", is_unasked=False), "what concerns their own log-in is always told"
    assert write(100, "jean@example.org", at=AT + timedelta(days=1))


def test_one_programme_writes_so_many_letters_a_day_to_people_who_did_not_ask():
    cast = a_bakery()
    for number in range(throttle.LETTERS_OF.most):
        write(number, f"{number}@example.org", programme=cast.bakery)
    with pytest.raises(Refused, match="too_many_letters"):
        write(0, "jean@example.org", programme=cast.bakery)
    other = programmes.create_programme(name="Bistro", slug="bistro", currency="EUR", at=AT, by=BY)
    assert write(0, "jean@example.org", programme=other)


def test_a_letter_that_is_queued_twice_counts_once():
    for _ in range(throttle.LETTERS_TO.most + 1):
        write(1, "jean@example.org")
    assert write(2, "jean@example.org")
