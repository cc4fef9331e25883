"""The gate of the pages for staff: signed in, at work here, and with the right to what the page does."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass
from functools import wraps
from typing import Any

from django.core.exceptions import PermissionDenied
from django.http import HttpRequest, HttpResponse
from django.http.response import HttpResponseBase
from django.shortcuts import redirect, render
from django.urls import reverse
from django.utils.functional import Promise
from django.utils.http import urlencode
from django.utils.translation import gettext_lazy as _
from django.views.decorators.cache import never_cache

from passage.programme.access import can, place
from passage.programme.models import Staff

# What the staff may open, in the order of the menu: page, its name, the right it takes.
MENU: tuple[tuple[str, str | Promise, str], ...] = (
    ("till:app", _("Till"), "points.add"),
    ("till:points", _("Add points"), "points.add"),
    ("office:start", _("Overview"), "rules.edit"),
    ("office:members", _("Members"), "members.see"),
    ("office:visits", _("Visits"), "visits.mend"),
    ("office:promotions", _("Promotions"), "rules.see"),
    ("office:rewards", _("Rewards"), "rewards.edit"),
    ("office:products", _("Products"), "products.edit"),
    ("office:shops", _("Shops"), "shops.edit"),
    ("office:tills", _("Tills"), "tills.pair"),
    ("office:people", _("Staff"), "pins.edit"),
    ("office:log", _("Log"), "audit.see"),
)
# Pages that are not in the menu themselves, and the entry that they belong to.
BELONGS = {
    "till:added": "till:points",
    "office:member": "office:members",
    "office:new_member": "office:members",
    "office:edit_member": "office:members",
    "office:adjust": "office:members",
    "office:cards": "office:members",
    "office:imports": "office:members",
    "office:import_columns": "office:members",
    "office:import": "office:members",
    "office:visit": "office:visits",
    "office:enter": "office:visits",
    "office:promotion": "office:promotions",
    "office:new_promotion": "office:promotions",
    "office:playground": "office:promotions",
    "office:reward": "office:rewards",
    "office:new_reward": "office:rewards",
    "office:product": "office:products",
    "office:new_product": "office:products",
    "office:units": "office:start",
    "office:invite": "office:people",
    "office:link": "office:people",
    "office:connect": "office:tills",
    "office:pin": "office:people",
}
# Any answer: a long file goes out as it is made.
StaffView = Callable[..., HttpResponseBase]


@dataclass(frozen=True, slots=True)
class MenuItem:
    address: str
    label: str | Promise
    current: bool


def staff_page(*, verb: str) -> Callable[[StaffView], StaffView]:
    """The view gets ``staff`` as its second argument. Signed out: to the sign-in page; no right: 403."""

    def decorate(view: StaffView) -> StaffView:
        @wraps(view)
        @never_cache
        def inner(request: HttpRequest, *args: Any, **kwargs: Any) -> HttpResponseBase:
            if not request.user.is_authenticated:
                return redirect(f"{reverse('website:sign_in')}?{urlencode({'next': request.get_full_path()})}")
            staff = place(login=request.user)
            if staff is None or not can(staff=staff, verb=verb):
                raise PermissionDenied
            return view(request, staff, *args, **kwargs)

        return inner

    return decorate


def staff_render(
    request: HttpRequest, template: str, context: dict[str, object], *, staff: Staff, status: int = 200
) -> HttpResponse:
    """A page in the frame of the staff: their programme, its currency and zone, and their menu."""
    match = request.resolver_match
    name_here = match.view_name if match else ""
    here = BELONGS.get(name_here, name_here)
    menu = [MenuItem(reverse(name), label, name == here) for name, label, verb in MENU if can(staff=staff, verb=verb)]
    frame = {
        "programme": staff.programme,
        "staff": staff,
        "menu": menu,
        "currency": staff.programme.currency,
        "zone": staff.programme.zone,
    }
    return render(request, template, frame | context, status=status)
