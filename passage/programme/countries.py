"""What is usual in a country: its currency, its clock and its language. A proposal, never a rule."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from functools import cache
from zoneinfo import available_timezones

from babel import Locale
from babel.core import get_global
from babel.languages import get_official_languages
from babel.numbers import get_currency_name, get_territory_currencies, list_currencies
from django.conf import settings
from django.utils.translation import get_language
from phonenumbers import SUPPORTED_REGIONS

FIRST = ("FR", "PL")
# Where a country has several clocks, that of most of its people; Babel names them in no order.
CLOCKS = {"PT": "Europe/Lisbon", "ES": "Europe/Madrid", "DE": "Europe/Berlin"}
AREAS = ("Africa", "America", "Asia", "Atlantic", "Australia", "Europe", "Indian", "Pacific")


@dataclass(frozen=True, slots=True)
class Usual:
    currency: str
    zone: str
    language: str


def usual(region: str, /) -> Usual:
    """What a programme of the country most likely wants; Paris, euros and English where nothing is known."""
    spoken = [code for code in get_official_languages(region, de_facto=True) if code in dict(settings.LANGUAGES)]
    zones = get_global("territory_zones").get(region, [])
    money = get_territory_currencies(region) or ["EUR"]
    zone = CLOCKS.get(region) or next((zone for zone in zones if zone in known_zones()), "Europe/Paris")
    return Usual(currency=money[-1], zone=zone, language=spoken[0] if spoken else "en")


def countries() -> list[tuple[str, str]]:
    """The countries by their names in the reader's language, after those that most of our readers are in."""
    names = _locale().territories
    known = {code: str(names[code]) for code in SUPPORTED_REGIONS if code in names}
    others = sorted((name.casefold(), code) for code, name in known.items() if code not in FIRST)
    return [(code, known[code]) for code in (*FIRST, *(code for _name, code in others))]


def currencies(first: Sequence[str] = ("EUR", "PLN"), /) -> list[tuple[str, str]]:
    """The currencies that are somebody's money today, by code and name."""
    used = {code for region in SUPPORTED_REGIONS for code in get_territory_currencies(region)}
    rest = sorted((used & list_currencies()) - set(first))
    return [(code, f"{code} · {get_currency_name(code, locale=_locale())}") for code in (*first, *rest)]


@cache
def known_zones() -> frozenset[str]:
    """All that this machine knows. To look once is enough, and to look opens hundreds of files."""
    return frozenset(available_timezones())


def clocks() -> list[str]:
    """The time zones that are named after a place."""
    return sorted(zone for zone in known_zones() if zone.split("/")[0] in AREAS and "/" in zone)


def likely(language: str, /) -> str:
    """The country of a reader of whom nothing but the language is known."""
    return "PL" if language.startswith("pl") else "FR"


def _locale() -> Locale:
    return Locale.parse((get_language() or "en").split("-")[0])
