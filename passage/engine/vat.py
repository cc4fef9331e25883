"""Value added tax contained in a price. Rates are basis points: 5.5 % is 550, 23 % is 2300."""

from __future__ import annotations


def vat_in(gross: int, rate_bp: int) -> int:
    """The tax inside a tax-inclusive amount, in minor units, rounded half up."""
    whole = 10_000 + rate_bp
    tax = (2 * abs(gross) * rate_bp + whole) // (2 * whole)
    return tax if gross >= 0 else -tax


def by_rate(lines: list[tuple[int, int]]) -> dict[int, int]:
    """Tax per rate of ``(gross, rate_bp)`` lines: summed per rate first, then rounded once."""
    gross: dict[int, int] = {}
    for amount, rate in lines:
        gross[rate] = gross.get(rate, 0) + amount
    return {rate: vat_in(amount, rate) for rate, amount in sorted(gross.items())}
