"""Pages for strangers: whom to write to, all the help there is, and, in a demonstration, the mail that was kept."""

from __future__ import annotations

import uuid
from dataclasses import dataclass
from http import HTTPStatus

from django.conf import settings
from django.http import Http404, HttpRequest, HttpResponse
from django.shortcuts import redirect, render
from django.urls import reverse
from django.utils import timezone
from django.utils.functional import Promise
from django.utils.translation import get_language, gettext
from django.utils.translation import gettext_lazy as _
from django.views.decorators.cache import never_cache
from django.views.decorators.http import require_http_methods, require_safe

from passage.outbox import queries
from passage.outbox.actions import send_mail
from passage.programme import throttle
from passage.ui.helptext import help_file, title
from passage.ui.places import HELP
from passage.website.forms import ABOUT, Contact
from passage.website.support import support_of

# The help by where one stands, in the order in which a reader meets it; guides stand first once there are any.
SHELVES: tuple[tuple[str, str | Promise], ...] = (
    ("guide", _("Step by step")),
    ("website", _("Start and log-in")),
    ("till", _("At the till")),
    ("portal", _("For members")),
    ("office", _("In the back office")),
)


@dataclass(frozen=True, slots=True)
class Shelf:
    name: str | Promise
    pages: list[tuple[str, str]]


@never_cache
@require_http_methods(["GET", "HEAD", "POST"])
def contact(request: HttpRequest) -> HttpResponse:
    """A question, or the wish to be shown Passage, to whoever runs this installation."""
    context: dict[str, object] = {"is_open": bool(settings.CONTACT), "sent": "sent" in request.GET}
    context["support"] = support_of(request)
    if not settings.CONTACT:
        return render(request, "website/contact.html", context)
    form = Contact(request.POST if request.method == "POST" else None, initial=_asked(request))
    if request.method == "POST" and form.is_valid() and _taken(request, form):
        return redirect(f"{reverse('website:contact')}?sent")
    status = HTTPStatus.UNPROCESSABLE_ENTITY if form.errors else HTTPStatus.OK
    return render(request, "website/contact.html", context | {"form": form}, status=status)


def _asked(request: HttpRequest) -> dict[str, object]:
    known = request.user if request.user.is_authenticated else None
    about = request.GET.get("about")
    return {
        "about": about if about in dict(ABOUT) else "question",
        "email": getattr(known, "email", ""),
        "name": getattr(known, "name", ""),
        "ticket": uuid.uuid4(),
    }


def _taken(request: HttpRequest, form: Contact) -> bool:
    """The mail is in the outbox; a machine that fills in what people do not see is thanked and not heard."""
    typed, at = form.cleaned_data, timezone.now()
    if typed["homepage"]:
        return True
    if not throttle.take((throttle.CONTACT, throttle.place_of(request)), at=at):
        form.add_error(None, gettext("Too many messages from here. Wait a quarter of an hour, then send it again."))
        return False
    lines = [typed["name"], typed["email"], typed["phone"]]
    send_mail(
        programme=None,
        to=settings.CONTACT,
        subject=f"{dict(ABOUT)[typed['about']]}: {typed['name']}",
        text="\n".join([*filter(None, lines), "", typed["message"]]),
        key=f"contact:{typed['ticket']}",
        at=at,
        reply_to=typed["email"],
    )
    return True


@require_safe
def help_index(request: HttpRequest) -> HttpResponse:
    """Every help page by its own heading, on the shelf of where it is about."""
    language = (get_language() or "en").split("-")[0]
    names = sorted({file.name.split(".")[0] for file in HELP.glob("*.en.md")})
    shelves = []
    for door, name in SHELVES:
        pages = _pages([page for page in names if page.startswith(f"{door}-")], language)
        if pages:
            shelves.append(Shelf(name, pages))
    return render(request, "website/help_index.html", {"shelves": shelves, "support": support_of(request)})


def _pages(names: list[str], language: str) -> list[tuple[str, str]]:
    """The pages by heading; two that say the same, as of a new product and of one, are one."""
    texts = {page: file.read_text() for page in names if (file := help_file(page=page, language=language))}
    once = {text: page for page, text in texts.items()}
    return sorted(((page, title(text=text)) for text, page in once.items()), key=lambda each: each[1].casefold())


@never_cache
@require_safe
def mail(request: HttpRequest) -> HttpResponse:
    """What a demonstration would have sent. Nowhere else is there such a page."""
    if not settings.SHOWS_MAIL:
        raise Http404
    return render(request, "website/mail.html", {"mails": queries.all_mails(), "zone": "UTC"})
