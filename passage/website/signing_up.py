"""Beginning a programme: a link to one's own mailbox, a password behind it, and the first of the four steps.

Whether an address is known here is told to its mailbox and to nobody else: the page answers alike.
"""

from __future__ import annotations

import uuid
from http import HTTPStatus

from django.conf import settings
from django.contrib import messages
from django.core.exceptions import PermissionDenied
from django.http import Http404, HttpRequest, HttpResponse
from django.shortcuts import redirect, render
from django.urls import reverse
from django.utils import timezone
from django.utils.http import urlencode
from django.utils.translation import get_language
from django.utils.translation import gettext as _
from django.views.decorators.cache import never_cache
from django.views.decorators.debug import sensitive_post_parameters
from django.views.decorators.http import require_http_methods

from passage.outbox.actions import send_mail
from passage.programme import actions, limits, queries, throttle
from passage.programme.beginnings import Beginning, beginning, begun
from passage.programme.errors import Refused
from passage.programme.guide import stages
from passage.programme.links import looks_like_link
from passage.programme.models import Login
from passage.programme.spelling import plain
from passage.ui.refusals import sentence_of
from passage.website import entry
from passage.website.forms import Join, ProgrammeForm, SignUp
from passage.website.landing import may_begin


@never_cache
@require_http_methods(["GET", "HEAD", "POST"])
def sign_up(request: HttpRequest) -> HttpResponse:
    """Asks for a name and an address; the rest happens behind the link in the mail."""
    if not settings.SIGN_UP:
        raise Http404
    if request.user.is_authenticated:
        return redirect("website:home")
    if "sent" in request.GET:
        return render(request, "website/sign_up_sent.html", {"shows": settings.SHOWS_MAIL})
    form = SignUp(request.POST if request.method == "POST" else None)
    if request.method == "POST" and form.is_valid() and _written(request, form):
        return redirect(f"{reverse('website:sign_up')}?sent")
    status = HTTPStatus.UNPROCESSABLE_ENTITY if form.errors else HTTPStatus.OK
    return render(request, "website/sign_up.html", {"form": form}, status=status)


def _written(request: HttpRequest, form: SignUp) -> bool:
    """So many in a quarter of an hour from one place, and so many to one mailbox, whoever asks."""
    email, name, at = form.cleaned_data["email"], form.cleaned_data["name"], timezone.now()
    if not throttle.take((throttle.SIGN_UP, throttle.place_of(request)), at=at):
        form.add_error(None, _("Too many attempts. Wait a quarter of an hour, then try again."))
        return False
    if not throttle.take((throttle.SIGN_UPS, ""), at=at):
        form.add_error(None, _("So many people signed up today that we write to nobody else. Come back tomorrow."))
        return False
    known = queries.login_by_email(email)
    subject, text = _known_letter() if known and known.has_usable_password() else _letter(email, name)
    key, is_secret = f"sign-up:{uuid.uuid4()}", known is None
    try:
        send_mail(
            programme=None,
            to=email,
            subject=subject,
            text=text,
            key=key,
            at=at,
            is_secret=is_secret,
            is_unasked=True,
        )
    except Refused as refused:
        if refused.code == "too_many_letters":
            return True  # the mailbox has our links already, and nobody learns of it
        form.add_error("email", sentence_of(refused))
        return False
    return True


def _letter(email: str, name: str) -> tuple[str, str]:
    link = settings.PASSAGE_URL + reverse(
        "website:confirm", args=[beginning(email=email, name=name, on_request=True, at=timezone.now())]
    )
    text = _(
        "Hello {name},\n\nwith this link you choose your password and begin your programme:\n\n{link}\n\n"
        "It is good for three days. If you did not ask for it, do nothing: without the link nothing happens."
    )
    return _("Begin your programme"), text.format(name=name, link=link)


def _known_letter() -> tuple[str, str]:
    text = _(
        "Hello,\n\nsomebody, probably you, wanted to begin a programme with this address. It has a log-in here already:"
        "\n\n{link}\n\nIf it was not you, do nothing: nothing has changed."
    )
    return _("You have a log-in already"), text.format(link=settings.PASSAGE_URL + reverse("website:sign_in"))


@never_cache
@sensitive_post_parameters("password", "again")
@require_http_methods(["GET", "HEAD", "POST"])
def confirm(request: HttpRequest, text: str) -> HttpResponse:
    """The link from the mail: the mailbox is theirs, so they choose the password and are let in."""
    asked = begun(text, at=timezone.now())
    known = queries.login_by_email(asked.email) if asked else None
    is_closed = asked is not None and asked.on_request and not settings.SIGN_UP
    if asked is None or is_closed or (known is not None and known.has_usable_password()):
        return render(request, "website/confirm.html", {"asked": None}, status=HTTPStatus.GONE)
    invitee = known or Login(email=asked.email, name=asked.name)
    form = Join(request.POST if request.method == "POST" else None, invitee=invitee)
    if request.method == "POST" and form.is_valid():
        login = _login(asked, known, form.cleaned_data["password"])
        return entry.let_in(request, login, wanted="", at=timezone.now())
    status = HTTPStatus.UNPROCESSABLE_ENTITY if form.errors else HTTPStatus.OK
    return render(request, "website/confirm.html", {"asked": asked, "form": form}, status=status)


def _login(asked: Beginning, known: Login | None, password: str) -> Login:
    if known is not None:
        return actions.choose_password(login=known, password=password)
    language = (get_language() or "en").split("-")[0]
    # The link may be older than the rule, or by the host's own hand.
    name = "" if looks_like_link(asked.name) else asked.name
    return actions.create_login(email=asked.email, password=password, name=name, language=language)


@never_cache
@require_http_methods(["GET", "HEAD", "POST"])
def begin(request: HttpRequest) -> HttpResponse:
    """The first step: the programme is made, and whoever makes it is its owner."""
    login = request.user
    if not isinstance(login, Login):
        query = urlencode({"next": reverse("website:begin")})
        return redirect(f"{reverse('website:sign_in')}?{query}")
    if not may_begin(login):
        raise PermissionDenied
    form = ProgrammeForm(request.POST if request.method == "POST" else None, language=get_language() or "en")
    if request.method == "POST" and form.is_valid() and _founded(form, login):
        messages.success(request, _("Your programme is there. Now its people."))
        return redirect("office:begin_clerks")
    context = {"form": form, "stages": stages(done=(), here="programme")}
    status = HTTPStatus.UNPROCESSABLE_ENTITY if form.errors else HTTPStatus.OK
    return render(request, "website/begin.html", context, status=status)


def _founded(form: ProgrammeForm, login: Login) -> bool:
    name = form.cleaned_data["name"]
    try:
        actions.found_programme(
            login=login,
            name=name,
            slug=_free_slug(name),
            at=timezone.now(),
            **form.settings(),  # type: ignore[arg-type]
        )
    except Refused as refused:
        field = refused.field if refused.field in form.fields else None
        form.add_error(field, sentence_of(refused))
        return False
    return True


def _free_slug(name: str) -> str:
    """The name as an address would write it, with a few random letters where another programme has it."""
    slug = plain(name, most=limits.SLUG - 9) or "programme"
    return f"{slug}-{uuid.uuid4().hex[:8]}" if queries.programme_by_slug(slug=slug) else slug
