"""A basket, a member, a moment: what it would earn and why, by the rules that hold then; nothing is written (B-27)."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

from django import forms
from django.http import HttpRequest, HttpResponse
from django.utils import timezone
from django.utils.translation import gettext as _
from django.utils.translation import gettext_lazy
from django.views.decorators.http import require_safe

from passage.engine.basket import Basket, Line
from passage.ledger.queries import units
from passage.office.forms import PLAIN, AmountField, MomentField
from passage.office.found import one_member
from passage.products import queries as products
from passage.programme import queries as programmes
from passage.programme.actions import add_source
from passage.programme.errors import Refused
from passage.programme.gate import staff_page, staff_render
from passage.programme.models import Programme, Source, Staff
from passage.purchases.queries import quote
from passage.purchases.values import MemberRef, Sale
from passage.ui.refusals import sentence_of

SOURCE = "playground"


class PlayForm(forms.Form):
    """Products by their codes, an amount besides, and for whom, where and when."""

    goods = forms.CharField(
        label=gettext_lazy("Products, by their codes"),
        required=False,
        max_length=400,
        help_text=gettext_lazy("Parted by commas; the same one twice is two pieces."),
        widget=forms.TextInput(attrs=PLAIN),
    )
    member = forms.CharField(
        label=gettext_lazy("Member: card, phone or e-mail (optional)"),
        required=False,
        max_length=254,
        widget=forms.TextInput(attrs=PLAIN),
    )
    shop = forms.ChoiceField(label=gettext_lazy("Shop"), required=False)

    def __init__(self, asked: Any, *, programme: Programme) -> None:
        super().__init__(asked)
        self.programme = programme
        self.fields["amount"] = AmountField(
            label=gettext_lazy("Or an amount"), currency=programme.currency, required=False
        )
        self.fields["moment"] = MomentField(
            label=gettext_lazy("When (empty: now)"), zone=programme.zone, required=False
        )
        shops = [(shop.code, shop.name) for shop in programmes.shops(programme=programme)]
        self.fields["shop"].choices = [("", _("none in particular")), *shops]  # type: ignore[attr-defined]
        self.order_fields(["goods", "amount", "member", "shop", "moment"])

    def clean(self) -> dict[str, Any]:
        typed = super().clean() or {}
        codes = [code.strip() for code in (typed.get("goods") or "").split(",") if code.strip()]
        known = products.by_codes(programme=self.programme, codes=codes)
        if unknown := [code for code in codes if code not in known]:
            said = _("There is no product with the code %(code)s.") % {"code": unknown[0]}
            self.add_error("goods", said)
        rows = [known[code] for code in codes if code in known]
        lines = [
            Line(
                id=str(number),
                amount=row.price,
                product=row.code,
                name=row.name,
                categories=(row.category,) if row.category else (),
                vat_bp=row.vat_bp,
            )
            for number, row in enumerate(rows, start=1)
        ]
        if typed.get("amount"):
            lines.append(Line(id=str(len(lines) + 1), amount=typed["amount"]))
        if not lines and not self.errors:
            self.add_error("goods", _("Put something into the basket, or type an amount."))
        return {**typed, "lines": lines}


@require_safe
@staff_page(verb="rules.see")
def playground(request: HttpRequest, staff: Staff) -> HttpResponse:
    """Asked by its address alone, so that an answer can be sent to somebody."""
    form = PlayForm(request.GET or None, programme=staff.programme)
    page: dict[str, object] = {"form": form}
    if form.is_bound and form.is_valid():
        try:
            page |= _tried(staff, form.cleaned_data)
        except Refused as refused:
            said = sentence_of(refused)
            form.add_error("member" if refused.field in {"member", "card"} else None, said)
    return staff_render(request, "office/playground.html", page, staff=staff, status=422 if form.errors else 200)


def _tried(staff: Staff, typed: Mapping[str, Any]) -> dict[str, object]:
    programme, now = staff.programme, timezone.now()
    at = typed["moment"] or now
    text = typed["member"].strip()
    whom = MemberRef(public_id=one_member(staff, text=text, at=now).public_id) if text else MemberRef()
    basket = Basket(programme.currency, tuple(typed["lines"]))
    sale = Sale(client_id=SOURCE, occurred_at=at, basket=basket, member=whom, shop=typed["shop"])
    told = quote(programme=programme, source=_source(programme), sale=sale, at=at)
    kinds = {unit.code: unit.kind for unit in units(programme)}
    earned = [
        {"points": each["points"], "kind": kinds[each["unit"]], "rules": each["rules"]}
        for each in told.settlement["earned"]
        if each["points"]
    ]
    return {"total": basket.total, "earned": earned, "why_not": told.settlement["why_not"], "has_member": bool(text)}


def _source(programme: Programme) -> Source:
    known = programmes.source_by_code(programme=programme, code=SOURCE)
    return known or add_source(programme=programme, code=SOURCE, name="Playground")
