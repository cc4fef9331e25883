"""The menu of the staff: sections, the pages of each, and to which of them a page belongs that is in no menu itself."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass

from django.urls import reverse
from django.utils.functional import Promise
from django.utils.translation import gettext_lazy as _
from django.utils.translation import pgettext_lazy

from passage.programme.access import can
from passage.programme.models import Staff

Entry = tuple[str, str | Promise, str]

# Section by section: its name, then its pages as page, name, the right it takes. The first that somebody may open
# is where the section leads to them.
SECTIONS: tuple[tuple[str | Promise, tuple[Entry, ...]], ...] = (
    (_("Till"), (("till:app", _("Till"), "points.add"),)),
    (_("Add points"), (("till:points", _("Add points"), "points.add"),)),
    (_("Overview"), (("office:start", _("Overview"), "rules.edit"),)),
    (
        _("Members"),
        (
            ("office:members", _("Members"), "members.see"),
            ("office:cards", _("Blank cards"), "cards.make"),
            ("office:twins", _("Perhaps the same person"), "members.merge"),
            ("office:privacy", _("Personal data"), "retention.see"),
        ),
    ),
    (
        _("Visits"),
        (
            ("office:visits", _("Visits"), "visits.mend"),
            ("office:parked_returns", _("Returns that wait"), "visits.mend"),
            ("office:match", _("Give a sale to its member"), "purchases.move"),
        ),
    ),
    (
        _("Promotions"),
        (
            ("office:promotions", _("Promotions"), "rules.see"),
            ("office:tiers", _("Levels"), "rules.edit"),
            ("office:playground", _("Try a basket"), "rules.see"),
            ("office:units", _("What members collect"), "rules.edit"),
        ),
    ),
    (
        _("Rewards"),
        (
            ("office:rewards", _("Rewards"), "rewards.see"),
            ("office:handovers", _("Prizes to hand over"), "rewards.give"),
        ),
    ),
    (
        pgettext_lazy("menu", "Set-up"),
        (
            ("office:products", _("Products"), "products.see"),
            ("office:shops", _("Shops"), "shops.edit"),
            ("office:tills", _("Tills"), "tills.pair"),
            ("office:people", _("Staff"), "pins.edit"),
            ("office:keys", _("Keys"), "keys.edit"),
            ("office:settings", _("Settings"), "settings.edit"),
            ("office:outbox", _("Sent mail"), "settings.edit"),
        ),
    ),
    (
        pgettext_lazy("menu", "Control"),
        (
            ("office:log", _("Log"), "audit.see"),
            ("office:integrity", _("Integrity board"), "integrity.see"),
            ("office:corrections", _("Corrections"), "points.adjust"),
        ),
    ),
)
# Pages that are not in the menu themselves, and the entry that they belong to.
BELONGS = {
    "till:added": "till:points",
    "office:member": "office:members",
    "office:new_member": "office:members",
    "office:imports": "office:members",
    "office:import": "office:members",
    "office:import_columns": "office:members",
    "office:edit_member": "office:members",
    "office:adjust": "office:members",
    "office:give_tier": "office:members",
    "office:merge": "office:members",
    "office:erase": "office:members",
    "office:print_cards": "office:cards",
    "office:print_card": "office:members",
    "office:give_prize": "office:members",
    "office:visit": "office:visits",
    "office:enter": "office:visits",
    "office:parked_return": "office:parked_returns",
    "office:promotion": "office:promotions",
    "office:new_promotion": "office:promotions",
    "office:trial": "office:promotions",
    "office:publish": "office:promotions",
    "office:date_back": "office:promotions",
    "office:backdating": "office:promotions",
    "office:confirm_past": "office:promotions",
    "office:unit": "office:units",
    "office:reward": "office:rewards",
    "office:new_reward": "office:rewards",
    "office:prizes": "office:rewards",
    "office:product": "office:products",
    "office:new_product": "office:products",
    "office:everything": "office:settings",
    "office:begin_clerks": "office:start",
    "office:begin_members": "office:start",
    "office:begin_points": "office:start",
    "office:begin_ready": "office:start",
    "office:invite": "office:people",
    "office:link": "office:people",
    "office:new_password": "office:people",
    "office:connect": "office:tills",
    "office:pin": "office:people",
    "office:own_cards": "office:people",
    "office:integrity_rows": "office:integrity",
    "office:control": "office:corrections",
}


@dataclass(frozen=True, slots=True)
class MenuItem:
    """``pages`` of a section are shown while one is in it, if it has more than one for this person."""

    address: str
    label: str | Promise
    current: bool
    pages: tuple[MenuItem, ...] = ()


def menu(staff: Staff, *, view_name: str) -> list[MenuItem]:
    """What this person may open, as seen from the page ``view_name``."""
    return list(_items(staff, here=BELONGS.get(view_name, view_name)))


def _items(staff: Staff, *, here: str) -> Iterator[MenuItem]:
    for name, entries in SECTIONS:
        pages = tuple(
            MenuItem(reverse(page), label, page == here) for page, label, verb in entries if can(staff=staff, verb=verb)
        )
        if pages:
            alone = len(pages) == 1
            current = any(page.current for page in pages)
            yield MenuItem(pages[0].address, pages[0].label if alone else name, current, () if alone else pages)
