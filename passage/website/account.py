"""My log-in: what belongs to the person and not to a programme. Everybody who is signed in has this page."""

from __future__ import annotations

from collections.abc import Callable
from functools import wraps
from http import HTTPStatus
from typing import Any

from django.contrib import messages
from django.http import Http404, HttpRequest, HttpResponse
from django.shortcuts import redirect, render
from django.urls import reverse
from django.utils import timezone
from django.utils.http import urlencode
from django.utils.translation import gettext as _
from django.views.decorators.cache import never_cache
from django.views.decorators.debug import sensitive_post_parameters
from django.views.decorators.http import require_http_methods, require_POST, require_safe

from passage.logins import actions, ceremony, queries
from passage.members.models import Member
from passage.programme import throttle
from passage.programme.access import must_add_factor, place
from passage.programme.errors import Refused
from passage.programme.gate import staff_render
from passage.programme.models import Login
from passage.website import entry
from passage.website.devices import device_name
from passage.website.forms import NewPassword, OwnLanguage, Proof
from passage.website.second import code_fault, passkey_fault

View = Callable[..., HttpResponse]


def own_page(view: View) -> View:
    """The view gets whoever is signed in as its second argument. Signed out: to the sign-in page."""

    @wraps(view)
    @never_cache
    def inner(request: HttpRequest, *args: Any, **kwargs: Any) -> HttpResponse:
        if not request.user.is_authenticated:
            return redirect(f"{reverse('website:sign_in')}?{urlencode({'next': _way_back(request)})}")
        return view(request, request.user, *args, **kwargs)

    return inner


def proven_page(view: View) -> View:
    """As `own_page`, for whoever proved in the last ten minutes who they are. Else that is asked first."""

    @wraps(view)
    @own_page
    def inner(request: HttpRequest, login: Login, *args: Any, **kwargs: Any) -> HttpResponse:
        if not entry.is_proven(request.session, at=timezone.now()):
            return redirect(f"{reverse('website:prove')}?{urlencode({'next': _way_back(request)})}")
        return view(request, login, *args, **kwargs)

    return inner


def _way_back(request: HttpRequest) -> str:
    """Where to go on afterwards; what was sent is not sent again by itself."""
    return request.get_full_path() if request.method in {"GET", "HEAD"} else reverse("website:account")


@require_safe
@own_page
def account(request: HttpRequest, login: Login) -> HttpResponse:
    return show(request, login, "website/account.html", overview(request, login))


def overview(request: HttpRequest, login: Login) -> dict[str, object]:
    staff = place(login=login)
    sessions = queries.signed_in(login, at=timezone.now())
    return {
        "login": login,
        "factors": queries.factors(login),
        "must_add": staff is not None and must_add_factor(staff),
        "language_form": OwnLanguage(None, chosen=login.language),
        "sessions": [(row, device_name(row.device)) for row in sessions],
        "here": request.session.session_key,
        "nowhere": actions.NOWHERE,
    }


def show(
    request: HttpRequest, login: Login, template: str, context: dict[str, object], *, status: int = HTTPStatus.OK
) -> HttpResponse:
    """In the frame the person knows: the menu of the staff, or the name of the member's programme."""
    staff = place(login=login)
    if staff is not None:
        return staff_render(request, template, context, staff=staff, status=status)
    member = Member.objects.filter(login=login).select_related("programme").order_by("id").first()
    frame = {"programme": member.programme, "zone": member.programme.zone} if member else {"zone": "UTC"}
    return render(request, template, frame | context, status=status)


@require_http_methods(["GET", "HEAD", "POST"])
@sensitive_post_parameters("password", "code")
@own_page
def prove(request: HttpRequest, login: Login) -> HttpResponse:
    """Once more who one is, before a factor is changed: a browser left open is not enough for that."""
    wanted = entry.safe(request.POST.get("next") or request.GET.get("next") or "", request)
    factors = queries.factors(login)
    form = Proof(request.POST if request.method == "POST" else None, asks_code=factors.any)
    if request.method == "POST" and _is_proof(request, login, form):
        entry.prove(request.session, at=timezone.now())
        return redirect(wanted or "website:account")
    status = HTTPStatus.UNPROCESSABLE_ENTITY if form.errors else HTTPStatus.OK
    page: dict[str, object] = {"form": form, "next": wanted, "has_passkey": bool(factors.passkeys)}
    return show(request, login, "website/prove.html", page, status=status)


def _is_proof(request: HttpRequest, login: Login, form: Proof) -> bool:
    """A passkey, or the password and with it a code if there is one to ask for."""
    if request.POST.get("credential"):
        return _is_own_passkey(request, login, form)
    if not form.is_valid() or not password_is_right(request, login, form, field="password"):
        return False
    fault = code_fault(login, form.cleaned_data["code"]) if "code" in form.fields else ""
    if fault:
        form.add_error("code", fault)
    return not fault


def _is_own_passkey(request: HttpRequest, login: Login, form: Proof) -> bool:
    try:
        whose, used = ceremony.whose(request.POST["credential"])
    except Refused:
        whose, used = None, 0
    if whose != login:
        form.full_clean()
        form.errors.clear()
        form.add_error(None, passkey_fault())
        return False
    actions.use_passkey(login=login, passkey=used, at=timezone.now())
    return True


def password_is_right(request: HttpRequest, login: Login, form: Any, *, field: str) -> bool:
    """The tries are those of the sign-in page in a browser that knows the person."""
    if not throttle.password_may_be_tried(request, login.email, is_known=True, at=timezone.now()):
        form.add_error(field, _("Too many attempts. Wait a quarter of an hour, then try again."))
        return False
    if not login.check_password(form.cleaned_data[field]):
        form.add_error(field, _("This is not your password."))
        return False
    throttle.password_was_right(request, login.email, is_known=True)
    return True


@require_http_methods(["GET", "HEAD", "POST"])
@sensitive_post_parameters("current", "password", "again")
@own_page
def password(request: HttpRequest, login: Login) -> HttpResponse:
    """Another password; every other browser is signed out with it."""
    at = timezone.now()
    form = NewPassword(request.POST if request.method == "POST" else None, invitee=login)
    if request.method == "POST" and form.is_valid() and password_is_right(request, login, form, field="current"):
        held = actions.change_password(login=login, password=form.cleaned_data["password"], at=at)
        entry.stay_in(request, held, at=at)
        messages.success(request, _("The password is changed. Every other browser was signed out."))
        return redirect("website:account")
    status = HTTPStatus.UNPROCESSABLE_ENTITY if form.errors else HTTPStatus.OK
    return show(request, login, "website/password.html", {"form": form}, status=status)


@require_POST
@own_page
def language(request: HttpRequest, login: Login) -> HttpResponse:
    form = OwnLanguage(request.POST)
    answer = redirect("website:account")
    if form.is_valid():
        chosen = form.cleaned_data["language"]
        actions.change_language(login=login, language=chosen)
        if chosen:
            entry.speak(answer, chosen)
    return answer


@require_POST
@own_page
def end_session(request: HttpRequest, login: Login, session: int) -> HttpResponse:
    """Signs one browser out, at once."""
    if not actions.end_session(login=login, session=session):
        raise Http404
    messages.success(request, _("That browser is signed out."))
    return redirect("website:account")


@require_POST
@own_page
def end_sessions(request: HttpRequest, login: Login) -> HttpResponse:
    """Signs every browser out but this one."""
    at = timezone.now()
    held = actions.end_sessions(login=login, at=at)
    entry.stay_in(request, held, at=at)
    messages.success(request, _("Every other browser is signed out."))
    return redirect("website:account")
