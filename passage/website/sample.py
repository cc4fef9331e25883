"""The example on the start page: a made-up purchase, explained by the same sentences as a real one."""

from dataclasses import dataclass

from django.utils.translation import get_language
from django.utils.translation import gettext as _

from passage.engine.reasons import Because, because


@dataclass(frozen=True, slots=True)
class Sample:
    amount: int
    currency: str
    zone: str
    points: int
    steps: list[dict[str, int | str]]


def sample_purchase() -> Sample:
    currency = "PLN" if (get_language() or "").startswith("pl") else "EUR"
    base = because(
        Because.PER_AMOUNT,
        rule=_("Loyalty points"),
        basis=3850,
        left_out=2000,
        points_per=1,
        step=100,
        carried_in=0,
        carried_out=50,
        points=38,
    )
    double = because(Because.MULTIPLIER, rule=_("Double Tuesday"), times_num=2, times_den=1, base=38, points=38)
    expiry = because(Because.EXPIRES, on="2028-03-31T22:00:00+00:00")
    steps = [step.as_json() for step in (base, double, expiry)]
    return Sample(amount=5850, currency=currency, zone="Europe/Paris", points=76, steps=steps)
