import hashlib
import json
import uuid
from functools import cache
from http import HTTPStatus
from pathlib import Path

from django.contrib import messages
from django.http import Http404, HttpRequest, HttpResponse
from django.shortcuts import redirect, render
from django.templatetags.static import static
from django.utils import timezone
from django.utils.translation import gettext as _
from django.views.decorators.http import require_http_methods, require_safe

from passage.ledger.queries import balances
from passage.members.queries import masked
from passage.programme.errors import Refused
from passage.programme.gate import staff_page, staff_render
from passage.programme.models import Staff
from passage.till import counter
from passage.till.forms import PointsForm
from passage.till.tickets import BadTicket, Ticket, new_ticket, read_ticket
from passage.ui.assets import asset_name, asset_path
from passage.ui.csp import relaxed
from passage.ui.places import DIST
from passage.ui.refusals import sentence_of


@require_safe
@relaxed(script_src="'self' 'nonce-{nonce}' 'wasm-unsafe-eval'")
def app(request: HttpRequest) -> HttpResponse:
    """The till's own program. The same for everybody: what it shows it asks the API for, with the key of its pairing.

    The policy lets the camera's reader of codes, which is WebAssembly, be compiled.
    """
    return render(request, "till/app.html")


@require_safe
def worker(request: HttpRequest) -> HttpResponse:
    """The till's service worker, under an address that never changes. It also changes when only the page does."""
    text = f"// {page_mark()}\n{(DIST / asset_name(name='sw.js')).read_text()}"
    headers = {"Service-Worker-Allowed": "/till/", "Cache-Control": "no-cache"}
    return HttpResponse(text, content_type="text/javascript; charset=utf-8", headers=headers)


@require_safe
def manifest(request: HttpRequest) -> HttpResponse:
    """What a device needs to install the till."""
    mark = static(asset_path(name="mark.svg"))
    told = {
        "name": _("Passage till"),
        "short_name": _("Till"),
        "id": "/till/",
        "start_url": "/till/",
        "scope": "/till/",
        "display": "standalone",
        "background_color": "#f5f5ef",
        "theme_color": "#0d4a3b",
        "icons": [{"src": mark, "sizes": "any", "type": "image/svg+xml", "purpose": "any"}],
    }
    return HttpResponse(json.dumps(told, ensure_ascii=False), content_type="application/manifest+json")


@cache
def page_mark() -> str:
    """Which text of the till's page this is: the worker that keeps it is a newer one when this is another."""
    page = (Path(__file__).parent / "templates/till/app.html").read_bytes()
    return hashlib.sha256(page).hexdigest()[:16]


@require_http_methods(["GET", "HEAD", "POST"])
@staff_page(verb="points.add")
def points(request: HttpRequest, staff: Staff) -> HttpResponse:
    """One page for the whole way: whose card, what amount, what it gives, save."""
    if request.method != "POST":
        return _page(request, staff, form=_form(staff, request), ticket=new_ticket(at=timezone.now()))
    try:
        ticket = read_ticket(text=request.POST.get("ticket", ""))
    except BadTicket:
        form = _form(staff, request)
        fault = _("This page lay open too long. Nothing was saved: enter the purchase again.")
        return _page(request, staff, form=form, ticket=new_ticket(at=timezone.now()), fault=fault)
    return _answer(request, staff, form=_form(staff, request), ticket=ticket)


def _answer(request: HttpRequest, staff: Staff, *, form: PointsForm, ticket: Ticket) -> HttpResponse:
    if not form.is_valid():
        return _page(request, staff, form=form, ticket=ticket)
    try:
        if request.POST.get("do") == "save" and form.cleaned_data["amount"] is not None:
            return _save(request, staff, form, ticket)
        return _show(request, staff, form, ticket.at_moment(at=timezone.now()))
    except Refused as refused:
        form.add_error(refused.field if refused.field in ("amount", "receipt") else "card", sentence_of(refused))
        return _page(request, staff, form=form, ticket=ticket)


def _form(staff: Staff, request: HttpRequest) -> PointsForm:
    shops = counter.shops(staff=staff)
    remembered = shops[0].code if len(shops) == 1 else request.session.get("shop", "")
    return PointsForm(
        request.POST if request.method == "POST" else None,
        currency=staff.programme.currency,
        shops=shops,
        initial={"shop": remembered},
    )


def _show(request: HttpRequest, staff: Staff, form: PointsForm, ticket: Ticket) -> HttpResponse:
    """The member, and with an amount the points it would give: nothing is written."""
    request.session["shop"] = form.cleaned_data["shop"]
    whom = counter.served(staff=staff, text=form.cleaned_data["card"], at=timezone.now())
    context: dict[str, object] = {
        "member": masked(whom.member).name or _("Member without a name"),
        "balances": balances(whom.member, at=ticket.at),
    }
    if form.cleaned_data["amount"] is not None:
        sale = counter.sale_of(form.cleaned_data, whom=whom, ticket=ticket, currency=staff.programme.currency)
        context["quote"] = counter.preview(programme=staff.programme, whom=whom, sale=sale)
        context["typed"] = {name: request.POST.get(name, "") for name in ("card", "amount", "receipt", "shop")}
    return _page(request, staff, form=form, ticket=ticket, **context)


def _save(request: HttpRequest, staff: Staff, form: PointsForm, ticket: Ticket) -> HttpResponse:
    whom = counter.served(staff=staff, text=form.cleaned_data["card"], at=timezone.now())
    sale = counter.sale_of(form.cleaned_data, whom=whom, ticket=ticket, currency=staff.programme.currency)
    saved = counter.save(staff=staff, sale=sale, at=timezone.now())
    if saved is None:
        waits = _("This gives more than one person may alone. Somebody else has to agree; then the points are booked.")
        messages.info(request, waits)
        return redirect("till:points")
    return redirect("till:added", sale=saved)


def _page(request: HttpRequest, staff: Staff, *, form: PointsForm, ticket: Ticket, **context: object) -> HttpResponse:
    status = HTTPStatus.UNPROCESSABLE_ENTITY if form.is_bound and form.errors else HTTPStatus.OK
    form.focus(is_amount_next="member" in context and "quote" not in context, is_done="quote" in context)
    page = {"form": form, "ticket": ticket.text(), "shop_name": form.only_shop, **context}
    return staff_render(request, "till/points.html", page, staff=staff, status=status)


@require_safe
@staff_page(verb="points.add")
def added(request: HttpRequest, staff: Staff, sale: uuid.UUID) -> HttpResponse:
    """What a saved purchase gave, read back from the books."""
    outcome = counter.outcome(programme=staff.programme, sale=sale, at=timezone.now())
    if outcome is None:
        raise Http404
    return staff_render(request, "till/added.html", outcome, staff=staff)
