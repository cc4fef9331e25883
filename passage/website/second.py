"""The second factor at the sign-in, and the passkey that needs no first one."""

from __future__ import annotations

from http import HTTPStatus

from django.contrib import messages
from django.http import HttpRequest, HttpResponse, JsonResponse
from django.shortcuts import redirect, render
from django.utils import timezone
from django.utils.translation import gettext as _
from django.views.decorators.cache import never_cache
from django.views.decorators.debug import sensitive_post_parameters
from django.views.decorators.http import require_http_methods, require_POST

from passage.logins import actions, ceremony, queries
from passage.programme import throttle
from passage.programme.errors import Refused
from passage.programme.models import Login
from passage.website import entry
from passage.website.forms import SecondFactor


@require_http_methods(["GET", "HEAD", "POST"])
@never_cache
@sensitive_post_parameters("code")
def second(request: HttpRequest) -> HttpResponse:
    """Who typed a right password shows that they also hold what belongs to it."""
    at = timezone.now()
    if request.user.is_authenticated:
        return redirect("website:home")
    known = entry.half_in(request, at=at)
    if known is None:
        return redirect("website:sign_in")
    login, wanted = known
    form = SecondFactor(request.POST if request.method == "POST" else None)
    if request.method == "POST" and form.is_valid():
        fault = code_fault(login, form.cleaned_data["code"])
        if not fault:
            return entry.let_in(request, login, wanted=wanted, at=at)
        form.add_error("code", fault)
    status = HTTPStatus.UNPROCESSABLE_ENTITY if form.errors else HTTPStatus.OK
    factors = queries.factors(login)
    page = {
        "form": form,
        "next": wanted,
        "has_app": factors.app is not None,
        "has_passkey": bool(factors.passkeys),
    }
    return render(request, "website/second.html", page, status=status)


def code_fault(login: Login, code: str) -> str:
    """What is wrong with the code; nothing for a right one, which is used up by this.

    A try is counted before it is judged, and for the log-in wherever it comes from: only who knows the password comes
    this far, so nobody is locked out by a stranger.
    """
    tried, at = (throttle.SECOND_FACTOR, f"login:{login.pk}"), timezone.now()
    if not throttle.take(tried, at=at):
        return _("Too many attempts. Wait a quarter of an hour, then try again.")
    if not actions.use_code(login=login, code=code, at=at):
        return _("This code is not right, or was used already. Wait for the next one and type that.")
    throttle.forget(tried)
    return ""


@require_POST
@never_cache
def passkey_options(request: HttpRequest) -> HttpResponse:
    """The challenge for a passkey's answer. So many in a minute from one address: each waits in a session."""
    if not throttle.take((throttle.PASSKEYS, throttle.place_of(request)), at=timezone.now()):
        return JsonResponse({}, status=HTTPStatus.TOO_MANY_REQUESTS)
    return JsonResponse(ceremony.options_to_sign_in())


@require_POST
@never_cache
def passkey(request: HttpRequest) -> HttpResponse:
    """In by a passkey alone: it is held, and its device asked for a finger, a face or a PIN, so it is two factors."""
    wanted = request.POST.get("next", "")
    at = timezone.now()
    try:
        login, used = ceremony.whose(request.POST.get("credential", ""))
    except Refused:
        messages.error(request, passkey_fault())
        return redirect("website:sign_in")
    actions.use_passkey(login=login, passkey=used, at=at)
    return entry.let_in(request, login, wanted=wanted, at=at)


def passkey_fault() -> str:
    return _("This passkey was not accepted. Try again, or sign in with your password.")
