from http import HTTPStatus

from django.conf import settings
from django.contrib.auth import authenticate, login, logout
from django.db import DatabaseError
from django.http import Http404, HttpRequest, HttpResponse
from django.shortcuts import redirect, render
from django.utils import timezone
from django.utils.http import url_has_allowed_host_and_scheme
from django.utils.translation import get_language
from django.utils.translation import gettext as _
from django.views.decorators.cache import never_cache
from django.views.decorators.debug import sensitive_post_parameters
from django.views.decorators.http import require_POST, require_safe

from passage.programme import throttle
from passage.programme.actions import choose_password
from passage.programme.invitations import invited
from passage.ui.helptext import help_file, render_help
from passage.website.forms import Join, SignIn
from passage.website.landing import landing_page
from passage.website.sample import sample_purchase
from passage.website.support import Support, support_of


@require_safe
def start(request: HttpRequest) -> HttpResponse:
    context = {"sample": sample_purchase(), "may_sign_up": settings.SIGN_UP, "may_ask": bool(settings.CONTACT)}
    return render(request, "website/start.html", context)


@never_cache
@sensitive_post_parameters("password")
def sign_in(request: HttpRequest) -> HttpResponse:
    wanted = request.POST.get("next") or request.GET.get("next") or ""
    if request.user.is_authenticated:
        return redirect(_safe(wanted, request) or "website:home")
    form = SignIn(request.POST or None)
    if request.method == "POST" and form.is_valid() and _let_in(request, form):
        return _welcome(request, redirect(_safe(wanted, request) or "website:home"))
    status = HTTPStatus.UNPROCESSABLE_ENTITY if form.errors else HTTPStatus.OK
    return render(request, "website/sign_in.html", {"form": form, "next": wanted}, status=status)


def _welcome(request: HttpRequest, answer: HttpResponse) -> HttpResponse:
    """The person's own language, unless another one was chosen on this device."""
    own = getattr(request.user, "language", "")
    if own and settings.LANGUAGE_COOKIE_NAME not in request.COOKIES:
        answer.set_cookie(
            settings.LANGUAGE_COOKIE_NAME,
            own,
            secure=settings.LANGUAGE_COOKIE_SECURE,
            httponly=settings.LANGUAGE_COOKIE_HTTPONLY,
            samesite="Lax",
        )
    return answer


@never_cache
@sensitive_post_parameters("password", "again")
def join(request: HttpRequest, text: str) -> HttpResponse:
    """The link of an invitation: somebody chooses their password and is let in. A link that is over says so."""
    invitee = invited(text, at=timezone.now())
    if invitee is None:
        return render(request, "website/join.html", {"invitee": None}, status=HTTPStatus.GONE)
    form = Join(request.POST if request.method == "POST" else None, invitee=invitee)
    if request.method == "POST" and form.is_valid():
        known = choose_password(login=invitee, password=form.cleaned_data["password"])
        login(request, known)
        return _welcome(request, redirect("website:home"))
    status = HTTPStatus.UNPROCESSABLE_ENTITY if form.errors else HTTPStatus.OK
    return render(request, "website/join.html", {"invitee": invitee, "form": form}, status=status)


def _let_in(request: HttpRequest, form: SignIn) -> bool:
    """Signs the person in, or puts the reason on the form: one and the same for all that can be wrong."""
    account = form.cleaned_data["email"].lower()
    who = throttle.account_of(request, account)
    if throttle.must_wait(kind="sign-in", who=who):
        form.add_error(None, _("Too many attempts. Wait a quarter of an hour, then try again."))
        return False
    known = authenticate(request, username=account, password=form.cleaned_data["password"])
    if known is None:
        throttle.count_failure(kind="sign-in", who=who)
        form.add_error(None, _("This e-mail address and password do not go together. Check both and try again."))
        return False
    throttle.forget(kind="sign-in", who=who)
    login(request, known)
    return True


def _safe(address: str, request: HttpRequest) -> str:
    """An address within this house, or nothing."""
    own = url_has_allowed_host_and_scheme(address, {request.get_host()}, require_https=request.is_secure())
    return address if own else ""


@require_POST
def sign_out(request: HttpRequest) -> HttpResponse:
    logout(request)
    return redirect("website:start")


@require_safe
@never_cache
def home(request: HttpRequest) -> HttpResponse:
    """The door that fits the person: the till, the back office or the member's own page."""
    if not request.user.is_authenticated:
        return redirect("website:sign_in")
    return redirect(landing_page(login=request.user))


@require_safe
def help_page(request: HttpRequest, page: str) -> HttpResponse:
    language = (get_language() or "en").split("-")[0]
    file = help_file(page=page, language=language)
    if file is None:
        raise Http404
    # Over another page the help is a part of it; by itself it is a page with its own first heading.
    text = render_help(text=file.read_text(), top=2 if request.headers.get("HX-Request") else 1)
    context = {"text": text, "text_language": file.name.split(".")[-2], "support": support_of(request)}
    return render(request, "website/help.html", context)


def _fault(request: HttpRequest, status: HTTPStatus, headline: str, remedy: str) -> HttpResponse:
    context = {"status": status.value, "headline": headline, "remedy": remedy, "support": _support(request)}
    return render(request, "website/error.html", context, status=status)


def _support(request: HttpRequest) -> Support | None:
    """A fault of the database is told all the same."""
    try:
        return support_of(request)
    except DatabaseError:
        return None


def bad_request(request: HttpRequest, exception: Exception) -> HttpResponse:
    remedy = _("Something in the address or in the form is not as it should be. Go back and try again.")
    return _fault(request, HTTPStatus.BAD_REQUEST, _("This request could not be read"), remedy)


def forbidden(request: HttpRequest, exception: Exception) -> HttpResponse:
    remedy = _("Your log-in has no right to this page. If it should have, ask the owner of the programme.")
    return _fault(request, HTTPStatus.FORBIDDEN, _("This page is not yours to see"), remedy)


def not_found(request: HttpRequest, exception: Exception) -> HttpResponse:
    remedy = _("Check the address, or start again from the start page.")
    return _fault(request, HTTPStatus.NOT_FOUND, _("There is no such page"), remedy)


def broken(request: HttpRequest) -> HttpResponse:
    remedy = _("The fault is ours and has been noted. Nothing is half done: what was not confirmed was not saved.")
    return _fault(request, HTTPStatus.INTERNAL_SERVER_ERROR, _("Something broke on our side"), remedy)


def stale_form(request: HttpRequest, reason: str = "") -> HttpResponse:
    remedy = _("The form was open too long or in another window. Go back, load the page again and send it once more.")
    return _fault(request, HTTPStatus.FORBIDDEN, _("This form is no longer valid"), remedy)
