"""What was written to whom in the programme's name, and what became of it."""

from __future__ import annotations

from django.conf import settings
from django.contrib import messages
from django.http import Http404, HttpRequest, HttpResponse
from django.shortcuts import redirect
from django.utils import timezone
from django.utils.translation import gettext as _
from django.views.decorators.http import require_POST, require_safe

from passage.outbox import actions, queries
from passage.programme.gate import staff_page, staff_render
from passage.programme.models import Staff


@require_safe
@staff_page(verb="settings.edit")
def outbox(request: HttpRequest, staff: Staff) -> HttpResponse:
    """The mails of the last month. Their texts are here only for as long as they have not arrived."""
    page: dict[str, object] = {
        "mails": queries.mails_of(staff.programme),
        "sends": settings.SENDS_MAIL,
        "shows": settings.SHOWS_MAIL,
    }
    return staff_render(request, "office/outbox.html", page, staff=staff)


@require_POST
@staff_page(verb="settings.edit")
def send_again(request: HttpRequest, staff: Staff, mail: int) -> HttpResponse:
    """A mail that did not arrive is tried once more."""
    row = queries.mail_of(staff.programme, pk=mail)
    if row is None:
        raise Http404
    if actions.send_again(mail=row, at=timezone.now()):
        messages.success(request, _("It is on its way again."))
    else:
        messages.error(request, _("This mail is on its way, was sent, or its text is gone."))
    return redirect("office:outbox")
