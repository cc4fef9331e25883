"""Returns that wait for their sale: a person chooses the sale, or dismisses them with the reason."""

from __future__ import annotations

from django import forms
from django.contrib import messages
from django.core.exceptions import PermissionDenied
from django.http import Http404, HttpRequest, HttpResponse
from django.shortcuts import redirect
from django.utils import timezone
from django.utils.translation import gettext as _
from django.views.decorators.http import require_http_methods, require_safe

from passage.office.forms import PLAIN, DismissForm
from passage.office.matching import ReceiptForm
from passage.programme import queries as programmes
from passage.programme.access import can
from passage.programme.errors import Refused
from passage.programme.gate import staff_page, staff_render
from passage.programme.models import Staff
from passage.purchases import actions, waiting
from passage.purchases.described import described
from passage.purchases.models import Parked
from passage.ui.refusals import refusal
from passage.ui.typed import WholeNumber

PAGE = 25


class ChooseForm(forms.Form):
    sale = forms.UUIDField(widget=forms.HiddenInput)


class FromForm(forms.Form):
    after = WholeNumber(required=False, min_value=0, widget=forms.HiddenInput(attrs=PLAIN))


@require_safe
@staff_page(verb="visits.mend")
def parked_returns(request: HttpRequest, staff: Staff) -> HttpResponse:
    """Oldest first. Whoever works in one shop only sees what is said to be of that shop."""
    asked = FromForm(request.GET)
    after = asked.cleaned_data.get("after") or 0 if asked.is_valid() else 0
    rows, following = waiting.page(staff.programme, shop=staff.shop, after=after, limit=PAGE)
    page: dict[str, object] = {"rows": [described(row) for row in rows], "following": following or None}
    return staff_render(request, "office/parked_returns.html", page, staff=staff)


@require_http_methods(["GET", "HEAD", "POST"])
@staff_page(verb="visits.mend")
def parked_return(request: HttpRequest, staff: Staff, parked: int) -> HttpResponse:
    """One of them, with the sales it may be about."""
    row = _row(staff, parked)
    posted = request.POST if request.method == "POST" else None
    is_dismissal = posted is not None and posted.get("do") == "dismiss"
    dismiss = DismissForm(posted if is_dismissal else None)
    choose = ChooseForm(posted if posted is not None and not is_dismissal else None)
    asked = ReceiptForm(posted if posted is not None else request.GET)
    receipt = asked.cleaned_data["receipt"].strip() if asked.is_valid() else ""
    if posted is not None and (_dismiss(staff, row, dismiss) if is_dismissal else _match(staff, row, choose)):
        messages.success(request, _("Dismissed. Nothing was recorded.") if is_dismissal else _("Returned and closed."))
        return redirect("office:parked_returns")
    sales = [sale for sale in waiting.sales_for(row, receipt=receipt) if can(staff, "visits.mend", shop=sale.shop)]
    page = {
        "parked": described(row),
        "asked": asked,
        "receipt": receipt,
        "choices": [choice for choice in waiting.choices(row, sales) if choice.fits],
        "choose": choose,
        "dismiss": dismiss,
    }
    return staff_render(request, "office/parked_return.html", page, staff=staff, status=422 if posted else 200)


def _dismiss(staff: Staff, row: Parked, form: DismissForm) -> bool:
    if not form.is_valid():
        return False
    try:
        reason = form.cleaned_data["reason"]
        done = actions.dismiss(parked=row, reason=reason, by=f"staff:{staff.pk}", at=timezone.now())
        _be(done, Parked.State.DISMISSED)
    except Refused as refused:
        form.add_error("reason", refusal(refused.code, {"field": refused.field, **refused.params}))
    return not form.errors


def _match(staff: Staff, row: Parked, form: ChooseForm) -> bool:
    if not form.is_valid():
        raise Http404
    sale = waiting.sale_for(row, public_id=form.cleaned_data["sale"])
    if sale is None or not can(staff, "visits.mend", shop=sale.shop):
        raise Http404
    try:
        done = actions.match_by_hand(parked=row, sale=sale, by=f"staff:{staff.pk}", at=timezone.now())
        _be(done, Parked.State.APPLIED)
    except Refused as refused:
        form.add_error(None, refusal(refused.code, {"field": refused.field, **refused.params}))
    return not form.errors


def _be(row: Parked, state: str) -> None:
    if row.state != state:  # somebody else closed it the other way meanwhile
        raise Refused("decided")


def _row(staff: Staff, pk: int) -> Parked:
    row = waiting.by_pk(staff.programme, pk=pk)
    if row is None or row.state != Parked.State.WAITING:
        raise Http404
    if staff.shop is not None:
        shop = programmes.shops_by_codes(programme=staff.programme, codes={described(row).shop}).get(
            described(row).shop
        )
        if shop is None or not can(staff, "visits.mend", shop=shop):
            raise PermissionDenied
    return row
