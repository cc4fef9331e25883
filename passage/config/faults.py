"""What is answered when something broke before or after a page: by the door that was knocked at."""

import sys

from django.http import HttpRequest, HttpResponse
from django.urls import reverse

from passage.api.api import unavailable as told_to_programs
from passage.programme.trouble import trouble_of
from passage.website import views
from passage.website.unavailable import unavailable


def broken(request: HttpRequest) -> HttpResponse:
    """Django calls this inside the ``except`` of the fault. A database that is away is no fault of ours: 503."""
    error = sys.exception()
    trouble = trouble_of(error)
    if trouble is None or error is None:
        return views.broken(request)
    if request.path.startswith(reverse("api:api-root")):
        return told_to_programs(request, trouble, error)
    return unavailable(request, trouble, error)
