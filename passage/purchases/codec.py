"""How a settlement is kept: values to JSON and back. What is written here is read for ever.

Keys are part of the API (docs/api/sales.md); money is minor units, quantities thousandths, rates basis points.
"""

from __future__ import annotations

import hashlib
import json
from collections.abc import Mapping, Sequence
from dataclasses import asdict
from datetime import datetime
from fractions import Fraction
from typing import Any

from pydantic import TypeAdapter

from passage.engine.basket import PIECE, Basket, Line, LineKind, Returned
from passage.engine.claims import Applied
from passage.engine.earning import Earned, Earning
from passage.engine.facts import Facts, Terms
from passage.engine.rewards import FreeProduct
from passage.engine.settle import Settled
from passage.engine.settled import SettledLine
from passage.engine.vat import by_rate
from passage.purchases.values import Return, Sale, SaleRef

BASKET: TypeAdapter[Basket] = TypeAdapter(Basket)
FACTS: TypeAdapter[Facts] = TypeAdapter(Facts)
TERMS: TypeAdapter[Terms] = TypeAdapter(Terms)
RETURN: TypeAdapter[Return] = TypeAdapter(Return)


def basket(value: Basket) -> dict[str, Any]:
    """A basket without what is empty: receipts are many."""
    kept: dict[str, Any] = {"currency": value.currency, "lines": [_line(line) for line in value.lines]}
    if value.tenders:
        kept["tenders"] = [{"kind": tender.kind.value, "amount": tender.amount} for tender in value.tenders]
    if value.covers:
        kept["covers"] = value.covers
    return kept


def _line(line: Line) -> dict[str, Any]:
    kept: dict[str, Any] = {"id": line.id, "amount": line.amount}
    if line.quantity != PIECE:
        kept["quantity"] = line.quantity
    if line.kind is not LineKind.PRODUCT:
        kept["kind"] = line.kind.value
    if line.categories:
        kept["categories"] = list(line.categories)
    for name in ("product", "name", "vat_bp", "discounted", "measured"):
        value = getattr(line, name)
        if value or (value == 0 and name == "vat_bp"):
            kept[name] = value
    return kept


def request(item: Sale | Return) -> dict[str, Any]:
    """What was asked, but for the id it was asked under: the same request has the same fingerprint."""
    if isinstance(item, Sale):
        return {
            "basket": basket(item.basket),
            "member": [item.member.card, str(item.member.public_id or ""), item.member.external_id],
            "occurred_at": item.occurred_at.isoformat(),
            "receipt": _place(item),
            "redemptions": [str(each) for each in item.redemptions],
        }
    return {
        "sale": _sale_ref(item.sale),
        "quantities": dict(sorted(item.quantities.items())),
        "amount": item.amount,
        "void": item.void,
        "occurred_at": item.occurred_at.isoformat(),
        "receipt": _place(item),
    }


def _place(item: Sale | Return | SaleRef) -> list[str]:
    day = item.business_date.isoformat() if item.business_date else ""
    return [item.shop, item.till, day, item.receipt]


def _sale_ref(ref: SaleRef) -> list[str]:
    return [str(ref.public_id or ""), ref.client_id, *_place(ref)]


def fingerprint(asked: Mapping[str, Any]) -> str:
    return hashlib.sha256(json.dumps(_compared(asked), sort_keys=True, ensure_ascii=False).encode()).hexdigest()


def diff(old: Mapping[str, Any], new: Mapping[str, Any]) -> list[str]:
    """The names of the parts of a request that differ."""
    old, new = _compared(old), _compared(new)
    return sorted(key for key in {*old, *new} if old.get(key) != new.get(key))


def _compared(asked: Mapping[str, Any]) -> Mapping[str, Any]:
    """Without what lines say of being measured: the same request was recorded before they could say it."""
    if "basket" not in asked:
        return asked
    lines = [{key: value for key, value in line.items() if key != "measured"} for line in asked["basket"]["lines"]]
    return {**asked, "basket": {**asked["basket"], "lines": lines}}


# -- the settlement of a sale --------------------------------------------------------------------


def settlement(settled: Settled, *, total: int, lives: Mapping[str, Mapping[str, Any]]) -> dict[str, Any]:
    """The engine's answer as kept and shown. ``lives``: by unit, from when until when its points are good."""
    taxed = [(line.net, line.line.vat_bp) for line in settled.lines if line.line.vat_bp is not None]
    return {
        "total": total,
        "price": settled.price,
        "payable": settled.payable,
        "vat": {str(rate): tax for rate, tax in by_rate(taxed).items()},
        "lines": [_settled_line(line) for line in settled.lines],
        "rewards": [_applied(each) for each in settled.applied],
        "earned": earned(settled.earning, lives=lives),
        "why_not": [step.as_json() for step in settled.earning.why_not],
    }


def _settled_line(line: SettledLine) -> dict[str, Any]:
    return {
        "id": line.line.id,
        "amount": line.line.amount,
        "discount": line.discount,
        "tendered": line.tendered,
        "gift_paid": line.gift_paid,
        "net": line.net,
        "paid": line.paid,
        "vat": line.vat,
    }


def _applied(each: Applied) -> dict[str, Any]:
    reward = each.claim.reward
    style = reward.gives.style.value if isinstance(reward.gives, FreeProduct) else ""
    return {
        "redemption": each.claim.key,
        "reward": reward.name,
        "version": reward.version,
        "kind": reward.gives.kind,
        "style": style,
        "settlement": reward.settlement.value,
        "unit": reward.unit,
        "points": each.points,
        "value": each.value,
        "per_line": list(each.per_line),
        "lost": each.lost,
    }


def earned(earning: Earning, *, lives: Mapping[str, Mapping[str, Any]]) -> list[dict[str, Any]]:
    """What a sale earns of each unit, rule by rule, with the reasons."""
    return [_earned(unit, earning, lives.get(unit, {})) for unit in earning.units()]


def _earned(unit: str, earning: Earning, life: Mapping[str, Any]) -> dict[str, Any]:
    mine = [each for each in earning.earned if each.rule.unit == unit]
    return {
        "unit": unit,
        "points": sum(each.points for each in mine),
        **life,
        "rules": [_rule(each) for each in mine],
    }


def _rule(each: Earned) -> dict[str, Any]:
    return {
        "rule": each.rule.name,
        "version": each.rule.version,
        "points": each.points,
        "because": [step.as_json() for step in each.steps],
    }


def lines_of(value: Basket, kept_settlement: Mapping[str, Any]) -> tuple[SettledLine, ...]:
    """The settled lines of a recorded sale."""
    return tuple(
        SettledLine(line, kept["discount"], kept["tendered"], kept["gift_paid"])
        for line, kept in zip(value.lines, kept_settlement["lines"], strict=True)
    )


def basket_of(kept: Mapping[str, Any]) -> Basket:
    return BASKET.validate_python(dict(kept))


# -- the context of a sale -----------------------------------------------------------------------


def context(
    *, asked: Mapping[str, Any], terms: Terms, facts: Facts | None, versions: Sequence[int], at: datetime
) -> dict[str, Any]:
    """What a return needs to settle the rest of the sale as the sale itself was settled."""
    return {
        # The basket has its own column.
        "request": {key: value for key, value in asked.items() if key != "basket"},
        "at": at.isoformat(),
        "terms": {**asdict(terms), "restore": terms.restore.value, "clawback": terms.clawback.value},
        "facts": None if facts is None else facts_kept(facts),
        "rules": list(versions),
    }


def facts_kept(facts: Facts) -> dict[str, Any]:
    """What the rules knew of the member, without what is empty."""
    kept: dict[str, Any] = {"first_purchase": facts.first_purchase}
    for name in ("tier", "tags", "birthday", "name_day", "minutes_since_visit"):
        value = getattr(facts, name)
        if value or value == 0:
            kept[name] = list(value) if isinstance(value, tuple) else value
    if facts.used:
        kept["used"] = {str(family): asdict(used) for family, used in facts.used.items()}
    return kept


def facts_of(kept: Mapping[str, Any]) -> Facts:
    return FACTS.validate_python(dict(kept))


def terms_of(kept: Mapping[str, Any]) -> Terms:
    return TERMS.validate_python(dict(kept))


# -- returns -------------------------------------------------------------------------------------


def parts(returned: Returned) -> dict[str, list[int]]:
    return {line: [part.numerator, part.denominator] for line, part in sorted(returned.items())}


def parts_of(kept: Mapping[str, Sequence[int]]) -> Returned:
    return {line: Fraction(part[0], part[1]) for line, part in kept.items()}


def parked(item: Return) -> dict[str, Any]:
    kept: dict[str, Any] = RETURN.dump_python(item, mode="json")
    return kept


def return_of(kept: Mapping[str, Any]) -> Return:
    return RETURN.validate_python(dict(kept))
