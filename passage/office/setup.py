"""Setting a programme up: what is still to do, in order, and the two things that everything else stands on."""

from __future__ import annotations

from dataclasses import dataclass

from django.contrib import messages
from django.core.exceptions import PermissionDenied
from django.http import HttpRequest, HttpResponse
from django.shortcuts import redirect
from django.utils import timezone
from django.utils.functional import Promise
from django.utils.translation import gettext as _
from django.utils.translation import gettext_lazy
from django.views.decorators.http import require_http_methods, require_safe

from passage.cards.queries import any_blank
from passage.earning.queries import rule_set
from passage.ledger.queries import units as all_units
from passage.members.queries import any_member
from passage.office.corrections import waiting_for
from passage.office.forms import ShopForm
from passage.office.guide import done
from passage.office.safekeeping import line
from passage.products.queries import on_sale
from passage.programme import actions, queries
from passage.programme.access import can, has_second_factor
from passage.programme.errors import Refused
from passage.programme.gate import staff_page, staff_render
from passage.programme.models import Programme, Staff
from passage.rewards.queries import catalogue
from passage.ui.refusals import sentence_of

# What there is to set up, in the order in which a new shop sees to it: what for, where, and the right it takes.
STEPS: tuple[tuple[str, str | Promise, str | Promise, str, str], ...] = (
    (
        "units",
        gettext_lazy("Say what members collect"),
        gettext_lazy("Points or stamps, and how long they live."),
        "office:units",
        "rules.edit",
    ),
    (
        "rules",
        gettext_lazy("Say what a purchase earns"),
        gettext_lazy("The first rule: such as a point for every 1.00."),
        "office:promotions",
        "rules.edit",
    ),
    (
        "rewards",
        gettext_lazy("Say what members get for it"),
        gettext_lazy("The first reward: a product, an amount, a percentage, or points that pay."),
        "office:rewards",
        "rewards.edit",
    ),
    ("shops", gettext_lazy("Name your shops"), gettext_lazy("One is enough to begin."), "office:shops", "shops.edit"),
    (
        "products",
        gettext_lazy("Put products on sale"),
        gettext_lazy("They become the buttons of the tills. Without them amounts are rung up."),
        "office:products",
        "products.edit",
    ),
    (
        "tills",
        gettext_lazy("Connect a till"),
        gettext_lazy("Any tablet, computer or telephone with a browser can be one."),
        "office:tills",
        "tills.pair",
    ),
    (
        "pins",
        gettext_lazy("Give your staff PINs"),
        gettext_lazy("With them they sign in at the tills."),
        "office:people",
        "pins.edit",
    ),
    (
        "members",
        gettext_lazy("Add your first member"),
        gettext_lazy("Here or at the till, with a card or without one."),
        "office:members",
        "members.edit",
    ),
)


@dataclass(frozen=True, slots=True)
class Step:
    """One thing to set up: whether it is done, what it is for, and where."""

    is_done: bool
    title: str | Promise
    why: str | Promise
    page: str
    verb: str


def steps(programme: Programme) -> list[Step]:
    at = timezone.now()
    facts = {
        "units": bool(all_units(programme)),
        "rules": bool(rule_set(programme).at(at)),
        "rewards": bool(catalogue(programme, at=at)),
        "shops": bool(queries.shops(programme=programme)),
        "products": bool(on_sale(programme=programme)),
        "tills": bool(queries.pairings(programme=programme)),
        "pins": any(person.pin_hash for person in queries.all_staff(programme=programme)),
        "members": any_member(programme) or any_blank(programme),
    }
    return [Step(facts[name], title, why, page, verb) for name, title, why, page, verb in STEPS]


@require_safe
@staff_page(verb="members.see")
def start(request: HttpRequest, staff: Staff) -> HttpResponse:
    """Whoever sets things up sees what is still to do; others go straight to the members."""
    found = [step for step in steps(staff.programme) if can(staff, step.verb)]
    if not can(staff, "rules.edit"):
        return redirect("office:members")
    page: dict[str, object] = {"steps": found, "left": sum(not step.is_done for step in found)}
    page["waiting"] = waiting_for(staff, at=timezone.now())
    page["unprotected"] = not has_second_factor(staff.login)
    page["unasked"] = can(staff, "settings.edit") and not staff.programme.second_factor
    if can(staff, "settings.edit"):
        page["guided"] = len(done(staff.programme))
    page["may_leave"] = can(staff, "programme.export")
    page["backup"] = line(at=timezone.now()) if can(staff, "programme.export") else None
    return staff_render(request, "office/start.html", page, staff=staff)


@require_http_methods(["GET", "HEAD", "POST"])
@staff_page(verb="rules.see")
def shops(request: HttpRequest, staff: Staff) -> HttpResponse:
    """The shops of the programme; the owner opens new ones."""
    form = ShopForm(request.POST if request.method == "POST" else None)
    may_open = can(staff, "shops.edit")
    if request.method == "POST":
        if not may_open:
            raise PermissionDenied
        if form.is_valid() and _opened(staff, form):
            messages.success(request, _("The shop is there. Give it a till."))
            return redirect("office:shops")
    page: dict[str, object] = {"form": form if may_open else None, "shops": queries.shops(programme=staff.programme)}
    return staff_render(request, "office/shops.html", page, staff=staff, status=422 if form.errors else 200)


def _opened(staff: Staff, form: ShopForm) -> bool:
    typed = form.cleaned_data
    try:
        actions.open_shop(
            programme=staff.programme,
            code=typed["code"],
            name=typed["name"],
            city=typed["city"],
            by=f"staff:{staff.pk}",
            at=timezone.now(),
        )
    except Refused as refused:
        taken = _("There is a shop with this code already.")
        said = taken if refused.code == "taken" else sentence_of(refused)
        form.add_error(refused.field if refused.field in form.fields else None, said)
        return False
    return True
