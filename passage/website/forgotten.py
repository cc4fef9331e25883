"""The way back in for somebody who forgot the password."""

from __future__ import annotations

from http import HTTPStatus

from django.conf import settings
from django.http import HttpRequest, HttpResponse
from django.shortcuts import render
from django.utils import timezone
from django.utils.translation import get_language
from django.utils.translation import gettext as _
from django.views.decorators.cache import never_cache
from django.views.decorators.debug import sensitive_post_parameters
from django.views.decorators.http import require_http_methods

from passage.logins import actions
from passage.logins.resetting import whose_reset
from passage.outbox import post
from passage.programme import throttle
from passage.website import entry
from passage.website.forms import Forgotten, Join


@require_http_methods(["GET", "HEAD", "POST"])
@never_cache
def forgotten(request: HttpRequest) -> HttpResponse:
    """A mail with a link. The answer is the same, and takes the same time, for an address that nobody has."""
    form = Forgotten(request.POST if request.method == "POST" else None)
    # A demonstration shows its mails on a page; elsewhere, without a mail server, there is nothing to wait for.
    writes = post.is_open() or settings.SHOWS_MAIL
    is_sent = writes and request.method == "POST" and form.is_valid() and _ask(request, form)
    status = HTTPStatus.UNPROCESSABLE_ENTITY if form.errors else HTTPStatus.OK
    return render(
        request, "website/forgotten.html", {"form": form, "writes": writes, "is_sent": is_sent}, status=status
    )


def _ask(request: HttpRequest, form: Forgotten) -> bool:
    at = timezone.now()
    if not throttle.take((throttle.FORGOTTEN, throttle.place_of(request)), at=at):
        form.add_error(None, _("Too many attempts. Wait a quarter of an hour, then try again."))
        return False
    language = (get_language() or "en").split("-")[0]
    actions.ask_reset(address=form.cleaned_data["email"].lower(), language=language, at=at)
    return True


@require_http_methods(["GET", "HEAD", "POST"])
@never_cache
@sensitive_post_parameters("password", "again")
def new_password(request: HttpRequest, text: str) -> HttpResponse:
    """The link of the mail. A new password opens no more than a known one: a second factor is asked for as ever."""
    at = timezone.now()
    login = whose_reset(text, at=at)
    if login is None:
        return render(request, "website/new_password.html", {"login": None}, status=HTTPStatus.GONE)
    form = Join(request.POST if request.method == "POST" else None, invitee=login)
    if request.method == "POST" and form.is_valid():
        held = actions.change_password(login=login, password=form.cleaned_data["password"], at=at)
        return entry.go_on(request, held, wanted="", at=at)
    status = HTTPStatus.UNPROCESSABLE_ENTITY if form.errors else HTTPStatus.OK
    return render(request, "website/new_password.html", {"login": login, "form": form}, status=status)
