"""A recorded sale of nobody is given to the member it was of, from the receipt in the member's hand (F-10)."""

from __future__ import annotations

import uuid

from django import forms
from django.contrib import messages
from django.http import Http404, HttpRequest, HttpResponse
from django.shortcuts import redirect
from django.utils import timezone
from django.utils.translation import gettext as _
from django.utils.translation import gettext_lazy
from django.views.decorators.http import require_http_methods

from passage.journal import actions, queries
from passage.office.forms import PLAIN
from passage.office.found import one_member
from passage.programme import limits
from passage.programme.access import can
from passage.programme.errors import Refused
from passage.programme.gate import staff_page, staff_render
from passage.programme.models import Staff
from passage.purchases.models import Purchase
from passage.ui.refusals import sentence_of


class ReceiptForm(forms.Form):
    receipt = forms.CharField(
        label=gettext_lazy("Receipt number"), max_length=64, required=False, widget=forms.TextInput(attrs=PLAIN)
    )


class MatchForm(forms.Form):
    sale = forms.UUIDField(widget=forms.HiddenInput)
    member = forms.CharField(
        label=gettext_lazy("Member: card, phone or e-mail"),
        max_length=limits.EMAIL,
        widget=forms.TextInput(attrs=PLAIN),
    )


@require_http_methods(["GET", "HEAD", "POST"])
@staff_page(verb="purchases.move")
def match(request: HttpRequest, staff: Staff) -> HttpResponse:
    """The sales without a member that have this receipt number, in the shops this person may see to."""
    asked = ReceiptForm(request.POST if request.method == "POST" else request.GET)
    asked.is_valid()
    receipt = asked.cleaned_data.get("receipt", "").strip()
    found = _sales(staff, receipt)
    form = MatchForm(request.POST if request.method == "POST" else None)
    if request.method == "POST" and form.is_valid():
        sale = next((each for each in found if each.public_id == form.cleaned_data["sale"]), None)
        if sale is None:
            raise Http404
        if _matched(staff, sale, form):
            messages.success(request, _("The sale is the member’s now, with what it earns."))
            return redirect("office:match")
    page: dict[str, object] = {
        "asked": asked,
        "receipt": receipt,
        "sales": found,
        "form": form,
        "chosen": _chosen(form),
    }
    return staff_render(request, "office/match.html", page, staff=staff, status=422 if form.errors else 200)


def _sales(staff: Staff, receipt: str) -> list[Purchase]:
    if not receipt:
        return []
    rows = queries.without_member(staff.programme, receipt=receipt, at=timezone.now())
    return [row for row in rows if can(staff, "purchases.move", shop=row.shop)]


def _chosen(form: MatchForm) -> uuid.UUID | None:
    """The sale that a refused form was about."""
    return form.cleaned_data.get("sale") if form.is_bound else None


def _matched(staff: Staff, sale: Purchase, form: MatchForm) -> bool:
    try:
        member = one_member(staff, text=form.cleaned_data["member"], at=timezone.now())
        actions.match_by_hand(sale=sale, member=member, by=f"staff:{staff.pk}", at=timezone.now())
    except Refused as refused:
        form.add_error("member", sentence_of(refused))
        return False
    return True
