"""The two members whose log-ins the demo prints. What Anna bought is told here, so that her page has it all:
points to spend, points that wait, points that end soon, a return, rewards, and a tier on the way to the next.
"""

from __future__ import annotations

from dataclasses import dataclass, field

from passage.config.demo.chain import Account
from passage.config.demo.people import Person, card_number, phone_number
from passage.engine.basket import PIECE

ANNA = Account("anna@example.org", "Anna Świętek", "pl", "member")
CAMILLE = Account("camille@example.org", "Camille Roussel", "fr", "member")


@dataclass(frozen=True, slots=True)
class Errand:
    """A visit that is told: (good, thousandths), a reward by name; ``returned`` is a line brought back the day after."""

    days_ago: int
    hour: int
    goods: tuple[tuple[str, int], ...]
    wish: str = ""
    returned: str = ""
    shop: str = "kazimierz"


def _pieces(*goods: str) -> tuple[tuple[str, int], ...]:
    """``"kajzerka:6"`` is six of them."""
    parts = (good.partition(":") for good in goods)
    return tuple((code, PIECE * int(number or 1)) for code, _, number in parts)


MORNING = _pieces("chleb-wiejski", "kajzerka:4", "cappuccino")
ERRANDS = (
    Errand(371, 9, _pieces("chleb-wiejski", "drozdzowka:2")),
    Errand(352, 11, _pieces("tort-malinowy", "cappuccino:2", "bagietka:2")),  # ends soon
    Errand(346, 16, _pieces("tort-orzechowy", "ciasteczka:2", "woda:2", "torba")),  # ends soon
    Errand(310, 8, MORNING),
    Errand(287, 15, _pieces("latte", "paczek:6"), shop="podgorze"),
    Errand(254, 8, MORNING),
    Errand(220, 10, (("sernik", 640), *_pieces("cappuccino:2"))),
    Errand(190, 16, _pieces("drozdzowka:2", "latte:2", "chleb-zytni"), wish="Drożdżówka gratis"),
    Errand(161, 9, _pieces("chalka", "cappuccino:2", "jagodzianka:3"), shop="nowa-huta"),
    Errand(120, 8, MORNING),
    Errand(95, 17, _pieces("szarlotka", "cappuccino:2", "bochen-3", "makowiec")),
    Errand(66, 8, MORNING),
    Errand(44, 10, _pieces("bulka-maslana:4", "latte:2"), shop="podgorze"),
    Errand(30, 15, _pieces("tort-malinowy", "cappuccino", "chleb-wiejski"), wish="10 zł mniej"),
    Errand(17, 16, (*_pieces("makowiec", "ciasteczka:2", "chleb-zytni"), ("szarlotka", 820)), returned="1"),
    Errand(9, 8, _pieces("cappuccino", "drozdzowka", "kajzerka:6"), wish="Dziesiąta kawa gratis"),
    Errand(4, 8, MORNING),
    Errand(1, 16, _pieces("bagietka:2", "jagodzianka:2", "latte")),  # waits
)


@dataclass(slots=True)
class Named:
    """A member of the cast: who they are, what they sign in with, and what is told of them."""

    account: Account
    person: Person
    errands: tuple[Errand, ...] = field(default=())


def cast() -> list[Named]:
    """Anna and Camille; theirs are the cards and telephones with the numbers 1 and 2."""
    return [
        Named(ANNA, _person(ANNA, number=1, birthday="03-08", name_day="07-26", visits=0), ERRANDS),
        Named(CAMILLE, _person(CAMILLE, number=2, birthday="09-14", name_day="07-14", visits=1.5)),
    ]


def _person(account: Account, *, number: int, birthday: str, name_day: str, visits: float) -> Person:
    first, _, last = account.name.partition(" ")
    details = {
        "first_name": first,
        "last_name": last,
        "email": account.email,
        "phone": phone_number(number),
        "birthday": birthday,
        "name_day": name_day,
        "language": account.language,
    }
    return Person(details, card_number(number), (), "kazimierz", visits)
