"""What the forms of rules and rewards offer to choose from."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import Any

from passage.earning.models import Tier
from passage.programme.models import Programme, Shop


@dataclass(frozen=True, slots=True)
class Shelf:
    """What a form offers to choose from."""

    programme: Programme
    units: Sequence[Any]  # of `ledger.queries.units`
    shops: Sequence[Shop]
    tiers: Sequence[Tier]
    products: Mapping[str, str]  # names by code
    categories: frozenset[str]

    def selection(self, text: str) -> dict[str, list[str]] | None:
        """Codes of products and names of categories, parted by commas; None when one of them is neither."""
        found: dict[str, list[str]] = {"products": [], "categories": []}
        for word in (each.strip() for each in text.split(",")):
            if word in self.categories:
                found["categories"].append(word)
            elif word in self.products:
                found["products"].append(word)
            elif word:
                return None
        return found
