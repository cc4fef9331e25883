"""Blank cards: numbers made for the printer, or typed from cards that are printed already (S-25, E-33)."""

from __future__ import annotations

from typing import Any

from django import forms
from django.contrib import messages
from django.http import Http404, HttpRequest, HttpResponse
from django.shortcuts import redirect
from django.utils import timezone
from django.utils.translation import gettext as _
from django.utils.translation import gettext_lazy
from django.views.decorators.http import require_http_methods, require_safe

from passage.cards import actions, numbers, queries
from passage.cards.models import NumberPattern
from passage.cards.numbers import BETWEEN
from passage.cards.patterns import LONGEST, Check, Pattern
from passage.office.once import once
from passage.programme import limits
from passage.programme.errors import Refused
from passage.programme.gate import staff_page, staff_render
from passage.programme.models import Staff
from passage.ui.refusals import refusal
from passage.ui.tables import csv_lines
from passage.ui.typed import WholeNumber

MOST = 5_000
# Where what is wrong with a pattern is shown.
FIELDS = {"prefix": "beginning", "length": "length"}
KINDS = [
    ("digits", gettext_lazy("13 digits, which every barcode reader reads")),
    ("code", gettext_lazy("Letters and digits that nobody can guess")),
    ("own", gettext_lazy("A pattern of your own")),
]


class BatchForm(forms.Form):
    """How many new numbers, or the numbers of printed cards: one of the two."""

    count = WholeNumber(label=gettext_lazy("How many new numbers"), required=False, min_value=1, max_value=MOST)
    kind = forms.ChoiceField(
        label=gettext_lazy("What the new numbers are like"),
        help_text=gettext_lazy(
            "Digits are easy to type and fit on a small label. Letters and digits cannot be guessed: choose them where "
            "a number alone opens something, such as a balance on the internet."
        ),
        choices=KINDS,
        initial="digits",
        required=False,
        widget=forms.RadioSelect,
    )
    beginning = forms.CharField(
        label=gettext_lazy("Your pattern: how the numbers begin"),
        help_text=gettext_lazy("For example 2200, or VIP for letters and digits. It may stay empty."),
        required=False,
        max_length=16,
        widget=forms.TextInput(attrs={"autocomplete": "off", "autocapitalize": "characters"}),
    )
    length = WholeNumber(
        label=gettext_lazy("Your pattern: how many characters in all"), required=False, min_value=1, max_value=LONGEST
    )
    check_kind = forms.ChoiceField(
        label=gettext_lazy("Your pattern: what the numbers are made of"),
        choices=NumberPattern.Check.choices,
        initial=NumberPattern.Check.EAN,
        required=False,
    )
    numbers = forms.CharField(
        label=gettext_lazy("Or the numbers of cards that are printed already"),
        help_text=gettext_lazy("One on each line. Scan them one after another, or paste a column."),
        required=False,
        max_length=MOST * (limits.CARD_NUMBER + 2),
        widget=forms.Textarea(attrs={"rows": 5, "spellcheck": "false", "autocomplete": "off"}),
    )

    def clean(self) -> dict[str, Any]:
        typed: dict[str, Any] = super().clean() or {}
        if not self.errors and bool(typed["count"]) == bool(self.lines()):
            self.add_error(None, _("Fill in one of the two: how many new numbers, or the numbers that exist."))
        if not self.errors and len(self.lines()) > MOST:
            self.add_error("numbers", _("At most {limit} at once. Enter the others afterwards.").format(limit=MOST))
        if not self.errors and typed["count"] and typed["kind"] == "own" and not typed["length"]:
            self.add_error("length", refusal("missing"))
        return typed

    def pattern(self) -> Pattern | None:
        """The pattern of one's own, if that is what the new numbers are to be of."""
        typed = self.cleaned_data
        if not typed["count"] or typed["kind"] != "own":
            return None
        prefix = BETWEEN.sub("", typed["beginning"]).upper()
        return Pattern(prefix, typed["length"], Check(typed["check_kind"] or Check.EAN))

    def fresh(self) -> list[str]:
        """New numbers of the kind that was chosen."""
        make = numbers.codes if self.cleaned_data["kind"] == "code" else numbers.batch
        return make(count=self.cleaned_data["count"])

    def lines(self) -> list[str]:
        return [line.strip() for line in self.cleaned_data["numbers"].splitlines() if line.strip()]


@require_http_methods(["GET", "HEAD", "POST"])
@staff_page(verb="cards.make")
def cards(request: HttpRequest, staff: Staff) -> HttpResponse:
    """The blank cards at hand, and more of them: all of a batch, or none."""
    form = BatchForm(request.POST if request.method == "POST" else None)
    if request.method == "POST" and form.is_valid() and _made(request, staff, form):
        messages.success(request, _("The cards are there. Each becomes a member's when it is given out."))
        return redirect("office:cards")
    page: dict[str, object] = {"form": form, "batches": queries.stock(programme=staff.programme)}
    return staff_render(request, "office/cards.html", page, staff=staff, status=422 if form.errors else 200)


def _made(request: HttpRequest, staff: Staff, form: BatchForm) -> bool:
    pattern, at, by = form.pattern(), timezone.now(), f"staff:{staff.pk}"
    wanted = form.lines() or ([] if pattern else form.fresh())

    def work() -> str:
        programme, count = staff.programme, form.cleaned_data["count"]
        if pattern:
            return str(len(actions.make_of_pattern(programme=programme, pattern=pattern, count=count, at=at, by=by)))
        return str(len(actions.make_blank(programme=programme, numbers=wanted, at=at, by=by)))

    try:
        once(request, staff, work, at=at)
    except Refused as refused:
        field = FIELDS.get(refused.field, "count" if pattern else "numbers")
        form.add_error(field, _said(refused, wanted))
        return False
    return True


def _said(refused: Refused, wanted: list[str]) -> str:
    if refused.code == "taken":
        known = ", ".join(refused.params["numbers"])
        return _("Nothing was made: there are cards with these numbers already: {numbers}.").format(numbers=known)
    if refused.code == "card_unreadable":
        wrong = next((each for each in wanted if not _is_number(each)), "")
        return _("Nothing was made: “{number}” is no card number. Letters and digits only.").format(number=wrong[:40])
    if refused.code.startswith("pattern_"):
        return refusal(refused.code, refused.params)
    raise refused


def _is_number(text: str) -> bool:
    try:
        numbers.canonical(text)
    except Refused:
        return False
    return True


@require_safe
@staff_page(verb="cards.make")
def card_list(request: HttpRequest, staff: Staff, first: int) -> HttpResponse:
    """The blank numbers of one batch, for the printer."""
    blank = queries.blank_numbers(programme=staff.programme, first=first)
    if not blank:
        raise Http404
    return HttpResponse(
        csv_lines([[_("Number")], *([number] for number in blank)]),
        content_type="text/csv; charset=utf-8",
        headers={"Content-Disposition": f'attachment; filename="cards-{first}.csv"'},
    )
