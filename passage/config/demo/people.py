"""Five hundred neighbours: names, days, habits. Invented, and unmistakably so where it could reach somebody."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass
from itertools import count
from random import Random

from passage.cards.numbers import ean_check_digit
from passage.members.canonical import folded

# First names with their name days; the calendar on the bakery's wall has no other.
HER = (
    "Agnieszka 01-21,Aleksandra 03-18,Barbara 12-04,Beata 03-08,Bożena 03-13,Cecylia 11-22,Dorota 02-06,Elżbieta 11-19,"
    "Ewa 12-24,Halina 07-01,Hanna 11-15,Helena 08-18,Irena 10-20,Jadwiga 10-15,Joanna 05-24,Julia 05-22,Karolina 11-04,"
    "Katarzyna 11-25,Lena 06-30,Łucja 12-13,Magdalena 07-22,Małgorzata 10-14,Monika 08-27,Natalia 07-27,Olga 07-11,"
    "Renata 11-12,Róża 08-30,Teresa 10-01,Weronika 02-04,Wiesława 05-22,Zofia 05-15,Zuzanna 08-11"
)
HIS = (
    "Adam 12-24,Aleksander 02-26,Andrzej 11-30,Antoni 06-13,Bartosz 08-24,Dominik 08-08,Franciszek 10-04,Grzegorz 03-12,"
    "Henryk 07-13,Ignacy 07-31,Jakub 07-25,Jan 06-24,Jerzy 04-23,Józef 03-19,Karol 11-04,Kazimierz 03-04,Krzysztof 07-25,"
    "Leon 06-28,Łukasz 10-18,Maciej 02-24,Marcin 11-11,Marek 04-25,Mateusz 09-21,Michał 09-29,Paweł 06-29,Rafał 10-24,"
    "Stanisław 05-08,Stefan 08-16,Szymon 10-28,Tadeusz 10-28,Tomasz 07-03,Wojciech 04-23"
)
FRENCH = (
    "Agathe 02-05,Benoît 07-11,Cécile 11-22,Claire 08-11,Denis 10-09,Élodie 10-22,Émile 05-22,Étienne 12-26,Hélène 08-18,"
    "Inès 09-10,Jules 04-12,Louis 08-25,Luc 10-18,Mathilde 03-14,Nicolas 12-06,Odile 12-14,Rémi 01-15,Sophie 05-25,"
    "Vincent 01-22,Yves 05-19"
)
# What a son and what a daughter is called.
SURNAMES = (
    "Nowak,Wójcik,Mazur,Krawczyk,Kaczmarek,Zając,Król,Wieczorek,Wróbel,Stępień,Dudek,Pawlak,Sikora,Baran,Szewczyk,Pietrzak,"
    "Michalak,Bąk,Duda,Szulc,Kubiak,Cieślak,Gołąb,Żak,Młynarz,Piekarczyk,Świątek,Łoś,Gąsior,Bednarz,Kowalski/Kowalska,"
    "Wiśniewski/Wiśniewska,Lewandowski/Lewandowska,Zieliński/Zielińska,Kozłowski/Kozłowska,Jabłoński/Jabłońska,"
    "Majewski/Majewska,Olszewski/Olszewska,Malinowski/Malinowska,Górski/Górska,Sadowski/Sadowska,Borkowski/Borkowska,"
    "Makowski/Makowska,Kasprowicz,Żytni/Żytnia,Ziarnecki/Ziarnecka,Mączyński/Mączyńska,Podgórski/Podgórska"
)
FRENCH_SURNAMES = "Aubry,Bonnet,Chevalier,Delorme,Faure,Garnier,Lambert,Meunier,Perrin,Roussel,Tessier,Vasseur"
# How much of the neighbourhood speaks what; the second number is how many of a thousand.
POLISH_OF_1000, FRENCH_OF_1000 = 890, 80
NO_ADDRESS, NO_NAME = 0.12, 0.04  # some leave only a phone, some only take a card
HABITS = ((0.1, 20), (0.25, 40), (0.6, 28), (1.4, 12))  # visits a week, and how many of a hundred keep that habit
CARD_RANGE = "2900714"  # the shops' own range of EAN-13
# Krakow's area code, and then a 0, with which no subscriber's number begins: these telephones cannot ring.
PHONE_RANGE = "+48120"


@dataclass(frozen=True, slots=True)
class Person:
    """A member to be: details as `members.actions.enrol` takes them, a card, and the habits of a regular."""

    details: dict[str, str]
    card: str
    tags: tuple[str, ...]
    shop: str
    visits_a_week: float


def neighbours(rng: Random, *, shops: tuple[str, ...], first: int) -> Iterator[Person]:
    """People without end, no two with the same e-mail, phone or card; ``first`` is the first one's number."""
    taken: set[str] = set()
    for number in count(first):
        person = _person(rng, number, shops)
        email = person.details.get("email", "")
        if email and email in taken:
            name, _, place = email.partition("@")
            person.details["email"] = f"{name}{number}@{place}"
        taken.add(email)
        yield person


def card_number(number: int) -> str:
    body = f"{CARD_RANGE}{number:05d}"
    return body + ean_check_digit(body)


def phone_number(number: int) -> str:
    return f"{PHONE_RANGE}{number:06d}"


def _person(rng: Random, number: int, shops: tuple[str, ...]) -> Person:
    where = rng.randrange(1000)
    language = "pl" if where < POLISH_OF_1000 else "fr" if where < POLISH_OF_1000 + FRENCH_OF_1000 else "en"
    first, name_day, last = _name(rng, language)
    details = {"language": language, "phone": phone_number(number)}
    if rng.random() >= NO_NAME:
        details |= {"first_name": first, "last_name": last, "name_day": name_day}
        details["birthday"] = f"{rng.randint(1, 12):02d}-{rng.randint(1, 28):02d}"
        if rng.random() >= NO_ADDRESS:
            details["email"] = f"{folded(first)}.{folded(last)}@example.com"
    tags = ("student",) if rng.random() < 0.15 else ()
    visits = rng.choices([each for each, _ in HABITS], [share for _, share in HABITS])[0]
    home = rng.choices(shops, [5, 3, 2][: len(shops)])[0]
    return Person(details, card_number(number), tags, home, visits * rng.uniform(0.6, 1.5))


def _name(rng: Random, language: str) -> tuple[str, str, str]:
    """First name, name day, surname."""
    if language == "fr":
        first, _, day = rng.choice(FRENCH.split(",")).partition(" ")
        return first, day, rng.choice(FRENCH_SURNAMES.split(","))
    is_woman = rng.random() < 0.56
    first, _, day = rng.choice((HER if is_woman else HIS).split(",")).partition(" ")
    his, _, hers = rng.choice(SURNAMES.split(",")).partition("/")
    return first, day, (hers or his) if is_woman else his
