"""The pictures of rewards, for whoever was given their address (decision 0022)."""

from __future__ import annotations

import uuid

from django.http import Http404, HttpRequest, HttpResponse
from django.views.decorators.http import require_safe

from passage.members.queries import by_login
from passage.programme.access import place
from passage.programme.models import Programme
from passage.rewards.queries import picture_at

SIZES = ("small", "large")
A_YEAR = 365 * 24 * 60 * 60


@require_safe
def picture(request: HttpRequest, address: uuid.UUID, size: str) -> HttpResponse:
    """The picture behind an address that nobody guesses. Somebody who signed in elsewhere is told that it is not there."""
    found = picture_at(address) if size in SIZES else None
    if found is None or not _may_see(request, found.programme):
        raise Http404
    answer = HttpResponse(bytes(getattr(found, size)), content_type="image/webp")
    # What an address leads to never changes: another picture has another one.
    answer["Cache-Control"] = f"private, max-age={A_YEAR}, immutable"
    return answer


def _may_see(request: HttpRequest, programme: Programme) -> bool:
    """A till shows pictures without anybody signed in: there, the address is what opens them."""
    if not request.user.is_authenticated:
        return True
    here = place(request.user, programme=programme) or by_login(programme=programme, login=request.user)
    return here is not None
