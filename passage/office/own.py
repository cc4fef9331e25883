"""Own cards: which member a person of the staff is themselves, so that nobody serves themselves (P-46)."""

from __future__ import annotations

from django import forms
from django.contrib import messages
from django.core.exceptions import PermissionDenied
from django.http import Http404, HttpRequest, HttpResponse
from django.shortcuts import redirect
from django.utils import timezone
from django.utils.translation import gettext as _
from django.utils.translation import gettext_lazy
from django.views.decorators.http import require_http_methods, require_POST

from passage.cards import actions, queries
from passage.members.queries import by_login
from passage.office.forms import PLAIN
from passage.office.found import one_member
from passage.programme import limits
from passage.programme import queries as programmes
from passage.programme.access import stands_below
from passage.programme.errors import Refused
from passage.programme.gate import staff_page, staff_render
from passage.programme.models import Rank, Staff
from passage.ui.refusals import sentence_of


class OwnForm(forms.Form):
    member = forms.CharField(
        label=gettext_lazy("Card number, phone or e-mail of the member"),
        max_length=limits.EMAIL,
        widget=forms.TextInput(attrs=PLAIN),
    )


@require_http_methods(["GET", "HEAD", "POST"])
@staff_page(verb="members.edit")
def own_cards(request: HttpRequest, staff: Staff, person: int) -> HttpResponse:
    """One's own, or those of somebody below: named by either, taken back only by who stands above."""
    row = _person(staff, person)
    form = OwnForm(request.POST if request.method == "POST" else None)
    if request.method == "POST" and form.is_valid() and _named(staff, row, form):
        messages.success(request, _("The card is named. A colleague serves it from now on."))
        return redirect("office:own_cards", person=row.pk)
    page: dict[str, object] = {
        "person": row,
        "is_me": row.pk == staff.pk,
        "form": form,
        "cards": queries.own_cards(staff=row),
        "same_login": by_login(programme=staff.programme, login=row.login),
        "may_end": _may_end(staff, row),
        "is_free": row.rank == Rank.OWNER or programmes.control(programme=staff.programme).own_card,
    }
    return staff_render(request, "office/own_cards.html", page, staff=staff, status=422 if form.errors else 200)


def _person(staff: Staff, pk: int) -> Staff:
    row = next((each for each in programmes.all_staff(programme=staff.programme) if each.pk == pk), None)
    if row is None or not (row.pk == staff.pk or stands_below(staff, row)):
        raise Http404
    return row


def _may_end(staff: Staff, person: Staff) -> bool:
    """Not one's own: who could take it back, serve themselves and name it again, was never held by it."""
    return stands_below(staff, person) and (person.pk != staff.pk or staff.rank == Rank.OWNER)


def _named(staff: Staff, person: Staff, form: OwnForm) -> bool:
    try:
        member = one_member(staff, text=form.cleaned_data["member"], at=timezone.now())
    except Refused as refused:
        form.add_error("member", sentence_of(refused))
        return False
    actions.name_own(staff=person, member=member, by=f"staff:{staff.pk}", at=timezone.now())
    return True


@require_POST
@staff_page(verb="members.edit")
def end_own(request: HttpRequest, staff: Staff, person: int, own: int) -> HttpResponse:
    """The member is not this person after all."""
    row = _person(staff, person)
    kept = next((each for each in queries.own_cards(staff=row) if each.pk == own), None)
    if kept is None:
        raise Http404
    if not _may_end(staff, row):
        raise PermissionDenied
    actions.end_own(own=kept, by=f"staff:{staff.pk}", at=timezone.now())
    messages.success(request, _("Taken back."))
    return redirect("office:own_cards", person=row.pk)
