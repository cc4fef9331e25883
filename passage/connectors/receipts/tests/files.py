"""Small files as tills write them, and the profile that reads them: semicolons, commas in numbers, dots in dates."""

import tomllib
from pathlib import Path

from passage.connectors.receipts.profile import Profile
from passage.connectors.receipts.refusals import Refusal
from passage.connectors.receipts.rows import Row, Sheet

HEADINGS = "Paragon;Karta;Data;Godzina;Kod;Nazwa;Ilość;Cena;Dział"
POLISH = """
name = "Kasa"
source = "kasa"
currency = "PLN"
shop = "rynek"

[file]
encoding = "cp1250"
delimiter = ";"
decimal = ","
thousands = " "

[columns]
receipt = "Paragon"
member = "Karta"
date = "Data"
time = "Godzina"
product = "Kod"
name = "Nazwa"
quantity = "Ilość"
price = "Cena"
category = "Dział"

[date]
format = "%d.%m.%Y %H:%M"
zone = "Europe/Warsaw"

[members]
create = true

[returns]
negative_quantity = true

[kinds]
deposit = ["KAUCJA*"]
"""


def polish(**changes: object) -> Profile:
    """The profile, with the words of some tables changed: ``members={"create": False}``."""
    tables = tomllib.loads(POLISH)
    for name, change in changes.items():
        tables[name] = {**tables.get(name, {}), **change} if isinstance(change, dict) else change
    return Profile.model_validate(tables)


def a_file(folder: Path, *rows: str, encoding: str = "cp1250") -> Path:
    path = folder / "sales.csv"
    path.write_bytes("".join(f"{row}\r\n" for row in (HEADINGS, *rows)).encode(encoding))
    return path


def row(receipt: str = "1", member: str = "77", **cells: str) -> str:
    """One line of the file; every cell can be said."""
    line = {
        "date": "02.03.2026",
        "time": "09:30",
        "product": "CHLEB",
        "name": "Chleb żytni",
        "quantity": "1",
        "price": "7,90",
        "category": "Pieczywo",
    }
    return ";".join([receipt, member, *(line | cells).values()])


def read(path: Path, profile: Profile | None = None) -> tuple[list[Row], list[Refusal]]:
    sheet = Sheet(path=path, profile=profile or polish(), minor=2)
    items = list(sheet.rows())
    return [item for item in items if isinstance(item, Row)], [item for item in items if isinstance(item, Refusal)]
