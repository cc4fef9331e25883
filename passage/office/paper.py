"""Cards on paper: the blank ones of a batch, or one of a member's, as a PDF to print (S-25)."""

from __future__ import annotations

import uuid
from typing import Any

from django import forms
from django.http import Http404, HttpRequest, HttpResponse
from django.utils.translation import gettext_lazy
from django.views.decorators.http import require_safe

from passage.cards import printing, queries
from passage.cards.models import Card
from passage.cards.printing import Layout, Printed
from passage.members import queries as members
from passage.office.files import fault_of, status_of
from passage.programme.errors import Refused
from passage.programme.gate import staff_page, staff_render
from passage.programme.models import Staff

LAYOUTS = [
    (Layout.SHEET.value, gettext_lazy("Cards of bank-card size, ten on an A4 sheet, with marks for cutting")),
    (Layout.SINGLE.value, gettext_lazy("One card on each page, for a card printer")),
    (Layout.LABELS.value, gettext_lazy("Small labels with the number and its code, 65 on an A4 sheet")),
]


class PrintForm(forms.Form):
    """How the cards are to look. ``part`` only where there are more than one file takes."""

    layout = forms.ChoiceField(
        label=gettext_lazy("How they lie on the paper"), choices=LAYOUTS, widget=forms.RadioSelect
    )
    colour = forms.RegexField(
        label=gettext_lazy("Colour of the stripe with the programme's name"),
        regex=printing.COLOUR.pattern,
        required=False,
        widget=forms.TextInput(attrs={"type": "color"}),
    )
    part = forms.TypedChoiceField(label=gettext_lazy("Which of them"), coerce=int)
    with_name = forms.BooleanField(label=gettext_lazy("With the member's name on it"), required=False)

    def __init__(self, asked: Any, *, count: int, name: str = "") -> None:
        super().__init__(asked, initial={"layout": Layout.SHEET.value, "colour": printing.PLAIN_COLOUR})
        parts = [
            (start // printing.MOST + 1, f"{start + 1}–{min(start + printing.MOST, count)}")
            for start in range(0, count, printing.MOST)
        ]
        self.fields["part"].choices = parts  # type: ignore[attr-defined]
        if len(parts) == 1:
            del self.fields["part"]
        if not name:
            del self.fields["with_name"]

    def of_part(self, numbers: list[str]) -> list[str]:
        start = (self.cleaned_data.get("part", 1) - 1) * printing.MOST
        return numbers[start : start + printing.MOST]


@require_safe
@staff_page(verb="cards.make")
def print_cards(request: HttpRequest, staff: Staff, first: int) -> HttpResponse:
    """The cards of a batch that are still blank, on paper."""
    blank = queries.blank_numbers(programme=staff.programme, first=first)
    if not blank:
        raise Http404
    form = PrintForm(request.GET if "layout" in request.GET else None, count=len(blank))
    if form.is_valid():
        cards = [Printed(number) for number in form.of_part(blank)]
        if pdf := _pdf(staff, form, cards, name=f"cards-{first}-{form.cleaned_data.get('part', 1)}"):
            return pdf
    page: dict[str, object] = {"form": form, "count": len(blank)}
    return staff_render(request, "office/print_cards.html", page, staff=staff, status=status_of(form))


@require_safe
@staff_page(verb="cards.bind")
def print_card(request: HttpRequest, staff: Staff, member: uuid.UUID, card: int) -> HttpResponse:
    """One card of a member on paper. A card that no longer works is not printed again."""
    row = members.by_public_id(programme=staff.programme, public_id=member)
    held = [] if row is None else [each for each in queries.of_member(member=row) if each.pk == card]
    if row is None or not held or held[0].state != Card.State.ACTIVE:
        raise Http404
    form = PrintForm(request.GET if "layout" in request.GET else None, count=1, name=row.full_name)
    if form.is_valid():
        holder = row.full_name if form.cleaned_data.get("with_name") else ""
        if pdf := _pdf(staff, form, [Printed(held[0].number, holder)], name="card"):
            return pdf
    page: dict[str, object] = {"form": form, "count": 1, "member": row}
    return staff_render(request, "office/print_cards.html", page, staff=staff, status=status_of(form))


def _pdf(staff: Staff, form: PrintForm, cards: list[Printed], *, name: str) -> HttpResponse | None:
    """None where it could not be made: then the form says why."""
    typed = form.cleaned_data
    try:
        [pdf] = printing.sheets(
            cards,
            programme=staff.programme.name,
            layout=Layout(typed["layout"]),
            colour=typed["colour"] or printing.PLAIN_COLOUR,
        )
    except Refused as refused:
        form.add_error(None, fault_of(refused))
        return None
    headers = {"Content-Disposition": f'attachment; filename="{name}.pdf"'}
    return HttpResponse(pdf, content_type="application/pdf", headers=headers)
