"""Tills and who works at them: a device is connected by a code, disconnected at once, and people get their PINs."""

from __future__ import annotations

from dataclasses import dataclass

from django.contrib import messages
from django.core.exceptions import PermissionDenied
from django.http import Http404, HttpRequest, HttpResponse
from django.shortcuts import redirect
from django.utils import timezone
from django.utils.translation import gettext as _
from django.views.decorators.http import require_http_methods, require_POST

from passage.office.forms import TillForm
from passage.programme import actions, queries
from passage.programme.access import can
from passage.programme.errors import Refused
from passage.programme.gate import staff_page, staff_render
from passage.programme.models import Key, Shop, Staff, Till
from passage.ui.refusals import sentence_of
from passage.ui.squares import square


@dataclass(frozen=True, slots=True)
class Place:
    """A till, and the device that is connected with it now."""

    till: Till
    key: Key | None


@require_http_methods(["GET", "HEAD", "POST"])
@staff_page(verb="tills.pair")
def tills(request: HttpRequest, staff: Staff) -> HttpResponse:
    """Every till that this person may see to, with its device; whoever may open shops adds tills here, too."""
    open_shops = queries.shops(programme=staff.programme)
    may_add = can(staff, "shops.edit")
    form = TillForm(request.POST if request.method == "POST" else None, shops=open_shops)
    if request.method == "POST":
        if not may_add:
            raise PermissionDenied
        if form.is_valid() and _add(staff, form, open_shops):
            messages.success(request, _("The till is there. Connect a device with it."))
            return redirect("office:tills")
    paired = {key.till_id: key for key in queries.pairings(programme=staff.programme)}
    places = [
        Place(each, paired.get(each.pk))
        for each in queries.tills(programme=staff.programme)
        if can(staff, "tills.pair", shop=each.shop)
    ]
    page: dict[str, object] = {"places": places, "form": form if may_add else None, "now": timezone.now()}
    return staff_render(request, "office/tills.html", page, staff=staff, status=422 if form.errors else 200)


def _add(staff: Staff, form: TillForm, shops: list[Shop]) -> bool:
    shop = next(each for each in shops if each.code == form.cleaned_data["shop"])
    try:
        actions.add_till(shop=shop, code=form.cleaned_data["code"], by=f"staff:{staff.pk}", at=timezone.now())
    except Refused as refused:
        taken = _("There is a till with this number in this shop already.")
        form.add_error("code", taken if refused.code == "taken" else sentence_of(refused))
        return False
    return True


@require_POST
@staff_page(verb="tills.pair")
def connect(request: HttpRequest, staff: Staff, till: int) -> HttpResponse:
    """A code for one device, shown this once: to type, or as a QR code that opens the till with it filled in."""
    row = _till(staff, till)
    code, text = actions.make_pairing_code(till=row, by=f"staff:{staff.pk}", at=timezone.now())
    address = request.build_absolute_uri("/till/")
    page = {
        "till": row,
        "text": text,
        "until": code.expires_at,
        "address": address,
        "qr": square(f"{address}#{text}"),
    }
    return staff_render(request, "office/connect.html", page, staff=staff)


@require_POST
@staff_page(verb="tills.pair")
def disconnect(request: HttpRequest, staff: Staff, till: int) -> HttpResponse:
    """The till's device opens nothing from now on; what it still holds it can deliver, and a person looks at it."""
    row = _till(staff, till)
    actions.revoke_till(till=row, by=f"staff:{staff.pk}", at=timezone.now())
    messages.success(request, _("The device is disconnected."))
    return redirect("office:tills")


def _till(staff: Staff, pk: int) -> Till:
    row = next((each for each in queries.tills(programme=staff.programme) if each.pk == pk), None)
    if row is None:
        raise Http404
    if not can(staff, "tills.pair", shop=row.shop):
        raise PermissionDenied
    return row
