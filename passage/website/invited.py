"""Places that are offered to somebody: the link of an invitation, and the page on which its person says yes or no."""

from __future__ import annotations

from functools import partial
from http import HTTPStatus
from uuid import UUID

from django.contrib import messages
from django.db import transaction
from django.http import Http404, HttpRequest, HttpResponse
from django.shortcuts import redirect, render
from django.utils import timezone
from django.utils.translation import get_language
from django.utils.translation import gettext as _
from django.views.decorators.cache import never_cache
from django.views.decorators.debug import sensitive_post_parameters
from django.views.decorators.http import require_http_methods, require_POST, require_safe

from passage.programme import actions, queries
from passage.programme.errors import Refused
from passage.programme.invitations import Offer, may_begin_by, offered
from passage.programme.models import Invitation, Login
from passage.ui.refusals import sentence_of
from passage.website import entry
from passage.website.account import own_page, show
from passage.website.forms import Join

# Where somebody finds themselves after signing in: there they are told of what is offered to them.
STARTS = frozenset(
    {
        "office:start",
        "office:members",
        "office:keys",
        "till:points",
        "portal:me",
        "website:start",
        "website:begin",
        "website:account",
    }
)


def told(request: HttpRequest) -> dict[str, object]:
    """For the pages of `STARTS`: whether a place is offered to whoever is signed in."""
    match = getattr(request, "resolver_match", None)
    login = getattr(request, "user", None)
    if match is None or match.view_name not in STARTS or not isinstance(login, Login):
        return {}
    return {"is_invited": partial(_is_invited, login)}


def _is_invited(login: Login) -> bool:
    return bool(queries.invitations_to(login, at=timezone.now()))


@never_cache
@sensitive_post_parameters("password", "again")
@require_http_methods(["GET", "HEAD", "POST"])
def offer(request: HttpRequest, text: str) -> HttpResponse:
    """The link of an invitation. Who has a log-in signs in and answers there; who has none chooses a password.

    A link that was shown on a page reads the same for both: only the mailbox is told whether it has a log-in.
    """
    found = offered(text, at=timezone.now())
    if found is None:
        return render(request, "website/offer.html", {"offer": None}, status=HTTPStatus.GONE)
    if isinstance(request.user, Login):
        return _signed_in(request, request.user, found)
    login = queries.login_by_email(found.invitation.email)
    may_begin = may_begin_by(found, login)
    invitee = Login(email=found.invitation.email, name=found.invitation.name)
    form = Join(request.POST if request.method == "POST" else None, invitee=invitee)
    if request.method == "POST" and form.is_valid():
        if may_begin:
            return _begun(request, found, login, form)
        form.add_error(None, _("This address has a log-in already. Sign in with it, and accept there."))
    page: dict[str, object] = {
        "offer": found.invitation,
        "form": form if may_begin or not found.is_mailed else None,
        "signs_in": not found.is_mailed or not may_begin,
    }
    status = HTTPStatus.UNPROCESSABLE_ENTITY if form.errors else HTTPStatus.OK
    return render(request, "website/offer.html", page, status=status)


def _signed_in(request: HttpRequest, login: Login, found: Offer) -> HttpResponse:
    if login.email == found.invitation.email:
        return redirect("website:invitations")
    return show(request, login, "website/offer.html", {"offer": found.invitation, "is_other": True})


def _begun(request: HttpRequest, found: Offer, login: Login | None, form: Join) -> HttpResponse:
    """Log-in, password and place: all of them or none."""
    at, password, row = timezone.now(), form.cleaned_data["password"], found.invitation
    try:
        with transaction.atomic():
            if login is None:
                language = (get_language() or "en").split("-")[0]
                held = actions.create_login(
                    email=row.email, password=password, name=row.name, language=language, made_for=row.programme
                )
            else:
                held = actions.choose_password(login=login, password=password)
            actions.accept(invitation=row, login=held, at=at)
    except Refused as refused:
        form.add_error(None, sentence_of(refused))
        page = {"offer": row, "form": form, "signs_in": True}
        return render(request, "website/offer.html", page, status=HTTPStatus.UNPROCESSABLE_ENTITY)
    return entry.let_in(request, held, wanted="", at=at)


@require_safe
@own_page
def invitations(request: HttpRequest, login: Login) -> HttpResponse:
    """What is offered to whoever is signed in."""
    rows = queries.invitations_to(login, at=timezone.now())
    return show(request, login, "website/invitations.html", {"rows": rows})


@require_POST
@own_page
def answer(request: HttpRequest, login: Login, invitation: UUID) -> HttpResponse:
    """Yes or no. Nobody answers for another person."""
    at = timezone.now()
    row: Invitation | None = next(
        (each for each in queries.invitations_to(login, at=at) if each.public_id == invitation), None
    )
    if row is None:
        raise Http404
    is_yes = request.POST.get("do") == "accept"
    try:
        if is_yes:
            actions.accept(invitation=row, login=login, at=at)
        else:
            actions.decline(invitation=row, login=login, at=at)
    except Refused as refused:
        messages.error(request, sentence_of(refused))
        return redirect("website:invitations")
    here = _("You have a place at {programme} now.").format(programme=row.programme.name)
    messages.success(request, here if is_yes else _("Declined. Nothing has changed for you."))
    return redirect("website:home")
