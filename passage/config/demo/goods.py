"""What is on the shelves, and what goes into a basket at which hour. Prices in grosze, tax included."""

from __future__ import annotations

from dataclasses import dataclass
from random import Random

from passage.engine.basket import PIECE, Line, LineKind

BREAD, DRINK = 500, 2300  # basis points of tax: bakery goods, drinks and the rest


@dataclass(frozen=True, slots=True)
class Good:
    """``morning`` and ``afternoon`` say how often it is picked, ``most`` how many of it at once; ``grams`` if weighed."""

    code: str
    name: str
    price: int
    category: str
    morning: int
    afternoon: int
    most: int = 1
    vat_bp: int = BREAD
    grams: tuple[int, int] | None = None
    deposit: int = 0


SHELF = (
    Good("chleb-wiejski", "Chleb wiejski na zakwasie", 1290, "pieczywo", 22, 14),
    Good("chleb-zytni", "Chleb żytni razowy", 1190, "pieczywo", 14, 10),
    Good("bochen-3", "Trzy bochny w koszyku", 3490, "pieczywo", 3, 4),
    Good("bagietka", "Bagietka", 590, "pieczywo", 9, 10, most=3),
    Good("kajzerka", "Kajzerka", 110, "pieczywo", 26, 8, most=12),
    Good("grahamka", "Grahamka", 160, "pieczywo", 14, 5, most=8),
    Good("obwarzanek", "Obwarzanek krakowski", 450, "pieczywo", 12, 10, most=4),
    Good("chalka", "Chałka z kruszonką", 1090, "pieczywo", 8, 9),
    Good("bulka-maslana", "Bułka maślana", 420, "drożdżowe", 12, 9, most=5),
    Good("drozdzowka", "Drożdżówka z serem", 690, "drożdżowe", 14, 14, most=4),
    Good("jagodzianka", "Jagodzianka", 950, "drożdżowe", 8, 12, most=4),
    Good("paczek", "Pączek z różą", 590, "drożdżowe", 10, 16, most=8),
    Good("sernik", "Sernik krakowski", 6900, "ciasta", 1, 12, grams=(280, 1400)),
    Good("szarlotka", "Szarlotka", 5900, "ciasta", 1, 12, grams=(250, 1200)),
    Good("makowiec", "Makowiec", 3890, "ciasta", 1, 6),
    Good("tort-orzechowy", "Tort orzechowy", 14900, "torty", 0, 2),
    Good("tort-malinowy", "Tort malinowy", 15900, "torty", 0, 2),
    Good("ciasteczka", "Ciasteczka maślane, torebka", 1890, "ciasta", 2, 8, most=2),
    Good("espresso", "Espresso", 900, "kawa", 12, 8, most=2, vat_bp=DRINK),
    Good("cappuccino", "Cappuccino", 1390, "kawa", 20, 18, most=3, vat_bp=DRINK),
    Good("latte", "Latte", 1590, "kawa", 12, 14, most=2, vat_bp=DRINK),
    Good("herbata", "Herbata zimowa", 1290, "napoje", 5, 8, most=2, vat_bp=DRINK),
    Good("woda", "Woda mineralna 0,5 l", 490, "napoje", 4, 6, most=2, vat_bp=DRINK, deposit=50),
    Good("kanapka", "Kanapka z twarożkiem", 1690, "kanapki", 12, 9, most=2, vat_bp=DRINK),
    Good("torba", "Torba papierowa", 100, "torby", 9, 9, vat_bp=DRINK),
    Good("kubek", "Kubek Trzech Bochnów", 3900, "pamiątki", 0, 1, vat_bp=DRINK),
    Good("fartuch", "Fartuch piekarza", 8900, "pamiątki", 0, 0, vat_bp=DRINK),
)
BY_CODE = {good.code: good for good in SHELF}
NOON = 12
HOW_MANY_KINDS = (30, 32, 20, 12, 6)  # baskets of a hundred with one kind of goods, two, ...


def fill(rng: Random, *, hour: int, extra: tuple[str, ...] = ()) -> tuple[Line, ...]:
    """A basket for the hour; ``extra`` goods are in it whatever the hour."""
    weights = [good.morning if hour < NOON else good.afternoon for good in SHELF]
    kinds = rng.choices(range(1, len(HOW_MANY_KINDS) + 1), HOW_MANY_KINDS)[0]
    chosen = dict.fromkeys([*extra, *(good.code for good in rng.choices(SHELF, weights, k=kinds))])
    return ring_up([(code, _how_much(rng, BY_CODE[code])) for code in chosen])


def ring_up(wanted: list[tuple[str, int]]) -> tuple[Line, ...]:
    """Lines for (code, thousandths), each bottle with its deposit."""
    lines: list[Line] = []
    for code, quantity in wanted:
        good = BY_CODE[code]
        line = Line(
            id=str(len(lines) + 1),
            amount=good.price * quantity // PIECE,
            quantity=quantity,
            product=good.code,
            name=good.name,
            categories=(good.category,),
            vat_bp=good.vat_bp,
            measured=good.grams is not None,
        )
        lines.append(line)
        if good.deposit:
            lines.append(_deposit(good, str(len(lines) + 1), quantity))
    return tuple(lines)


def _deposit(good: Good, line: str, quantity: int) -> Line:
    amount = good.deposit * quantity // PIECE
    return Line(id=line, amount=amount, quantity=quantity, name="Kaucja za butelkę", kind=LineKind.DEPOSIT)


def _how_much(rng: Random, good: Good) -> int:
    if good.grams:
        return rng.randrange(*good.grams, 5)
    # Mostly one, sometimes a bag full.
    return PIECE * min(rng.randint(1, good.most), rng.randint(1, good.most))
