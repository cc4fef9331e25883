from http import HTTPStatus

from django.conf import settings
from django.contrib.auth import authenticate, logout
from django.db import DatabaseError
from django.http import Http404, HttpRequest, HttpResponse
from django.shortcuts import redirect, render
from django.utils import timezone
from django.utils.translation import get_language
from django.utils.translation import gettext as _
from django.views.decorators.cache import never_cache
from django.views.decorators.debug import sensitive_post_parameters
from django.views.decorators.http import require_POST, require_safe

from passage.logins.actions import forget_session
from passage.programme import throttle
from passage.programme.actions import choose_password
from passage.programme.invitations import invited
from passage.programme.models import Login
from passage.ui import request_id
from passage.ui.helptext import help_file, render_help
from passage.website import entry, kept
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
        return redirect(entry.safe(wanted, request) or "website:home")
    form = SignIn(request.POST or None)
    if request.method == "POST" and form.is_valid() and (known := _known(request, form)) is not None:
        return entry.go_on(request, known, wanted=wanted, at=timezone.now())
    status = HTTPStatus.UNPROCESSABLE_ENTITY if form.errors else HTTPStatus.OK
    return render(request, "website/sign_in.html", {"form": form, "next": wanted}, status=status)


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
        return entry.let_in(request, known, wanted="", at=timezone.now())
    status = HTTPStatus.UNPROCESSABLE_ENTITY if form.errors else HTTPStatus.OK
    return render(request, "website/join.html", {"invitee": invitee, "form": form}, status=status)


def _known(request: HttpRequest, form: SignIn) -> Login | None:
    """Whose address and password these are; else the reason is on the form, the same for all that can be wrong."""
    account = form.cleaned_data["email"].lower()
    is_known = entry.is_known(request, account)
    if not throttle.password_may_be_tried(request, account, is_known=is_known, at=timezone.now()):
        form.add_error(None, _("Too many attempts. Wait a quarter of an hour, then try again."))
        return None
    known: Login | None = authenticate(request, username=account, password=form.cleaned_data["password"])
    if known is None:
        form.add_error(None, _("This e-mail address and password do not go together. Check both and try again."))
        return None
    throttle.password_was_right(request, account, is_known=is_known)
    return known


@require_POST
def sign_out(request: HttpRequest) -> HttpResponse:
    key = request.session.session_key
    logout(request)
    if key:
        forget_session(key=key)
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
    context = {
        "status": status.value,
        "headline": headline,
        "remedy": remedy,
        "support": _support(request),
        "number": request_id.current(),
    }
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


def only_by_button(request: HttpRequest) -> HttpResponse:
    remedy = _("Loading it again or typing its address does nothing. Go back, and press the button once more.")
    return _fault(request, HTTPStatus.METHOD_NOT_ALLOWED, _("This address is only reached by a button"), remedy)


def broken(request: HttpRequest) -> HttpResponse:
    remedy = _("The fault is ours and has been noted. Nothing is half done: what was not confirmed was not saved.")
    return _fault(request, HTTPStatus.INTERNAL_SERVER_ERROR, _("Something broke on our side"), remedy)


def stale_form(request: HttpRequest, reason: str = "") -> HttpResponse:
    """Django calls this where a form's mark is missing or another one's; see `passage.website.kept`."""
    return kept.stale(request)
