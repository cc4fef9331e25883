"""The guided start: clerks, members, coefficients, and then the first points. Each step is kept by itself.

What is done is read from what there is, so that the guide and the overview cannot disagree.
"""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

from django import forms
from django.contrib import messages
from django.db import transaction
from django.http import HttpRequest, HttpResponse
from django.shortcuts import redirect
from django.utils import timezone
from django.utils.translation import gettext as _
from django.utils.translation import gettext_lazy
from django.views.decorators.http import require_http_methods, require_safe

from passage.earning import actions as earning
from passage.earning.queries import rule_set
from passage.engine.expiry import Expiry, ExpiryKind
from passage.ledger import actions as ledger
from passage.ledger.queries import units
from passage.members import actions as members
from passage.members.queries import any_member
from passage.office.forms import PLAIN, AmountField
from passage.office.inviting import Newcomer, take_on
from passage.programme import actions, limits, queries
from passage.programme.errors import Refused
from passage.programme.gate import staff_page, staff_render
from passage.programme.guide import STAGES, stages
from passage.programme.models import Programme, Role, Staff
from passage.programme.spelling import plain
from passage.ui.refusals import sentence_of
from passage.ui.typed import WholeNumber

LIVES = {
    "none": (gettext_lazy("They never end"), Expiry()),
    "year": (gettext_lazy("A year after they were earned"), Expiry(ExpiryKind.DAYS, 365)),
    "end_of_year": (gettext_lazy("At the end of the next year"), Expiry(ExpiryKind.END_OF_YEAR, 1)),
}
MOST_POINTS = 1000


def done(programme: Programme) -> set[str]:
    """Which of the four steps there is something of."""
    facts: dict[str, Callable[[], object]] = {
        "programme": lambda: True,
        "clerks": lambda: (
            len(queries.all_staff(programme=programme)) > 1
            or queries.invitations(programme=programme, at=timezone.now())
        ),
        "members": lambda: any_member(programme),
        "points": lambda: (
            units(programme) and rule_set(programme).at(timezone.now()) and queries.shops(programme=programme)
        ),
    }
    return {name for name, is_done in facts.items() if is_done()}


class ClerkForm(forms.Form):
    """With an e-mail the clerk is invited; with a PIN they sign in at tills. One of the two is needed."""

    name = forms.CharField(
        label=gettext_lazy("First and last name"), max_length=limits.NAME, widget=forms.TextInput(attrs=PLAIN)
    )
    email = forms.EmailField(
        label=gettext_lazy("E-mail (optional)"),
        max_length=limits.EMAIL,
        required=False,
        help_text=gettext_lazy("The clerk gets an invitation there, and works once they have accepted it."),
    )
    pin = forms.CharField(
        label=gettext_lazy("PIN for the tills (optional)"),
        max_length=8,
        required=False,
        help_text=gettext_lazy("4 to 8 digits. With it the clerk signs in at a till, even without an e-mail."),
        widget=forms.TextInput(attrs={**PLAIN, "inputmode": "numeric"}),
    )

    def clean(self) -> dict[str, Any]:
        typed = super().clean() or {}
        if not self.errors and not typed.get("email") and not typed.get("pin"):
            self.add_error("pin", _("Give an e-mail address or a PIN: without either nobody can sign in."))
        return typed


class FirstMemberForm(forms.Form):
    """A member by the little that a counter knows: how to find them again."""

    first_name = forms.CharField(label=gettext_lazy("First name"), max_length=limits.NAME, required=False)
    last_name = forms.CharField(label=gettext_lazy("Last name"), max_length=limits.NAME, required=False)
    phone = forms.CharField(
        label=gettext_lazy("Phone"),
        max_length=40,
        required=False,
        widget=forms.TextInput(attrs={**PLAIN, "type": "tel"}),
    )
    email = forms.CharField(
        label=gettext_lazy("E-mail"),
        max_length=limits.EMAIL,
        required=False,
        widget=forms.TextInput(attrs={**PLAIN, "type": "email"}),
    )

    def clean(self) -> dict[str, Any]:
        typed = super().clean() or {}
        if not self.errors and not typed.get("phone") and not typed.get("email"):
            self.add_error("phone", _("Give a phone number or an e-mail address: by it the till finds the member."))
        return typed


class CoefficientForm(forms.Form):
    """One sentence: so many points for each amount. What there is already is not asked for again."""

    unit = forms.CharField(
        label=gettext_lazy("What members collect"),
        max_length=40,
        help_text=gettext_lazy("As members read it, such as Points."),
    )
    points = WholeNumber(
        label=gettext_lazy("So many points"),
        min_value=1,
        max_value=MOST_POINTS,
        initial=1,
        widget=forms.NumberInput(attrs={"inputmode": "numeric"}),
    )
    life = forms.ChoiceField(
        label=gettext_lazy("How long they live"), choices=[(name, said) for name, (said, _expiry) in LIVES.items()]
    )
    shop = forms.CharField(
        label=gettext_lazy("Name of your first shop"),
        max_length=limits.NAME,
        help_text=gettext_lazy("Such as its street or its town. You can add more later."),
    )

    def __init__(self, posted: Any, *, programme: Programme) -> None:
        super().__init__(posted, initial={"unit": _("Points"), "step": "1"})
        each = _("for each ({currency})").format(currency=programme.currency)
        self.fields["step"] = AmountField(label=each, currency=programme.currency)
        if units(programme):
            del self.fields["unit"], self.fields["life"]
        if queries.shops(programme=programme):
            del self.fields["shop"]
        self.order_fields(["points", "step", "unit", "life", "shop"])

    def rest(self) -> list[forms.BoundField]:
        return [self[name] for name in self.fields if name not in {"points", "step"}]


@require_safe
@staff_page(verb="settings.edit")
def begin(request: HttpRequest, staff: Staff) -> HttpResponse:
    """On to the first step that there is nothing of yet."""
    is_done = done(staff.programme)
    return redirect(next((page for name, _title, page in STAGES if name not in is_done), "office:begin_ready"))


@require_http_methods(["GET", "HEAD", "POST"])
@staff_page(verb="settings.edit")
def clerks(request: HttpRequest, staff: Staff) -> HttpResponse:
    """Who stands at the counters. Nobody need be added: the owner can do everything alone."""
    form = ClerkForm(request.POST if request.method == "POST" else None)
    if request.method == "POST" and form.is_valid():
        typed = form.cleaned_data
        newcomer = Newcomer(name=typed["name"], email=typed["email"], role=Role.CLERK, pin=typed["pin"])
        if _kept(form, lambda: take_on(newcomer, by=staff, at=timezone.now())):
            invited = _("{name} is invited. Another one, or on to the members.")
            there = _("{name} is there. Another one, or on to the members.")
            messages.success(request, (invited if typed["email"] else there).format(name=typed["name"]))
            return redirect("office:begin_clerks")
    people = [person for person in queries.all_staff(programme=staff.programme) if person.pk != staff.pk]
    offers = queries.invitations(programme=staff.programme, at=timezone.now())
    return _step(request, staff, "clerks", form, {"people": people, "offers": offers})


@require_http_methods(["GET", "HEAD", "POST"])
@staff_page(verb="settings.edit")
def first_members(request: HttpRequest, staff: Staff) -> HttpResponse:
    """One member after the other; many at once come from a file."""
    form = FirstMemberForm(request.POST if request.method == "POST" else None)
    if request.method == "POST" and form.is_valid():

        def enrol() -> object:
            at, by = timezone.now(), f"staff:{staff.pk}"
            return members.enrol(programme=staff.programme, by=by, at=at, **form.cleaned_data)

        if _kept(form, enrol):
            messages.success(request, _("The member is there. Another one, or on to the coefficients."))
            return redirect("office:begin_members")
    return _step(request, staff, "members", form, {})


@require_http_methods(["GET", "HEAD", "POST"])
@staff_page(verb="settings.edit")
def coefficients(request: HttpRequest, staff: Staff) -> HttpResponse:
    """What a purchase earns, in one sentence; with it come the unit, the first rule and the first shop."""
    form = CoefficientForm(request.POST if request.method == "POST" else None, programme=staff.programme)
    if request.method == "POST" and "points" in done(staff.programme):
        return redirect("office:begin_ready")  # sent twice, it would earn twice
    if request.method == "POST" and form.is_valid() and _kept(form, lambda: _set(form, staff)):
        return redirect("office:begin_ready")
    return _step(request, staff, "points", form, {})


@require_safe
@staff_page(verb="settings.edit")
def ready(request: HttpRequest, staff: Staff) -> HttpResponse:
    """What is there, what was left for later, and the way to the first points."""
    is_done = done(staff.programme)
    page: dict[str, object] = {"stages": stages(done=is_done, here=""), "earns": "points" in is_done}
    page["members"] = "members" in is_done
    return staff_render(request, "office/begin_ready.html", page, staff=staff)


@transaction.atomic
def _set(form: CoefficientForm, staff: Staff) -> None:
    programme, typed, at, by = staff.programme, form.cleaned_data, timezone.now(), f"staff:{staff.pk}"
    known = units(programme)
    code = known[0].code if known else "points"
    if not known:
        expiry = LIVES[typed["life"]][1]
        ledger.set_up_unit(programme=programme, code=code, name=typed["unit"], expiry=expiry, qualifies=True)
    if "shop" in typed:
        shop = plain(typed["shop"], most=limits.CODE) or "1"
        actions.open_shop(programme=programme, code=shop, name=typed["shop"], by=by, at=at)
    earns = {"kind": "per_amount", "points": typed["points"], "step": typed["step"]}
    earning.publish(
        programme=programme,
        rule=None,
        name=_("For every purchase"),
        definition={"unit": code, "earns": earns},
        effective_from=None,
        by=by,
        at=timezone.now,
    )


def _kept(form: forms.Form, work: Callable[[], object]) -> bool:
    try:
        with transaction.atomic():
            work()
    except Refused as refused:
        said = {"pin": _("A PIN has 4 to 8 digits and nothing else."), "login": _("This person works here already.")}
        field = "email" if refused.field == "login" else refused.field
        known = said.get(refused.field) if refused.code in {"invalid", "taken"} else None
        sentence = known or sentence_of(refused)
        form.add_error(field if field in form.fields else None, sentence)
        return False
    return True


def _step(request: HttpRequest, staff: Staff, name: str, form: forms.Form, context: dict[str, object]) -> HttpResponse:
    is_done = done(staff.programme)
    page: dict[str, object] = {"form": form, "stages": stages(done=is_done, here=name), "is_done": name in is_done}
    status = 422 if form.errors else 200
    return staff_render(request, f"office/begin_{name}.html", page | context, staff=staff, status=status)
