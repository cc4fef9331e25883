"""What of the reference and of the product must be the same after every deed."""

from datetime import UTC
from typing import Any

from tests.model.reference import Reference

# What is held against each other. Hunting begins with few of them and widens.
COMPARISONS = ("balances", "lots", "tiers", "usage", "remainders", "visits", "exchanged", "stock")


def answers(model: Reference) -> dict[str, Any]:
    """The reference's answers in the form that `Product` gives them in."""
    return {
        "balances": balances(model),
        "lots": lots(model),
        "tiers": {name: held for name in model.everybody() if (held := model.tier(name, model.now))},
        "usage": usage(model),
        "remainders": remainders(model),
        "visits": {
            name: at.astimezone(UTC).isoformat() for name in model.everybody() if (at := model.last_visit(name))
        },
        "exchanged": {each.id: (each.state, each.spent, each.back) for each in model.exchanges.values()},
        "stock": dict(model.stock),
    }


def balances(model: Reference) -> dict[str, Any]:
    found = {f"{name} {unit}": (a.balance, a.debt, a.held) for (name, unit), a in model.accounts.items()}
    return {key: value for key, value in found.items() if any(value)}


def lots(model: Reference) -> dict[str, Any]:
    found = {f"{name} {unit}": account.picture() for (name, unit), account in model.accounts.items()}
    return {key: value for key, value in found.items() if value}


def usage(model: Reference) -> dict[str, Any]:
    """Points and times by rule, where a limit asks for them."""
    found: dict[str, tuple[int, int]] = {}
    for person, sales in model.given.items():
        for sale, given in sales.items():
            for rule, each in given.items():
                if "limits" in model.sales[sale].rules[rule]:
                    key = f"{person} {rule}"
                    points, times = found.get(key, (0, 0))
                    found[key] = (points + each.points, times + 1)
    return found


def remainders(model: Reference) -> dict[str, Any]:
    return {f"{name} {rule}": str(worth % 1) for (name, rule), worth in model.remainders().items() if worth % 1}


def differences(product: Any, model: Reference, *, comparisons: tuple[str, ...] = COMPARISONS) -> list[str]:
    """One line for each answer that is not the same."""
    told, found = answers(model), []
    for name in comparisons:
        theirs = getattr(product, name)()
        if theirs != told[name]:
            keys = sorted({*theirs, *told[name]}, key=str)
            differing = [key for key in keys if theirs.get(key) != told[name].get(key)]
            found += [
                f"{name} of {key}: the product says {theirs.get(key)}, right is {told[name].get(key)}"
                for key in differing
            ]
    return found
