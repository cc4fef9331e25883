"""The gate of the pages for staff: signed in, at work here, and with the right to what the page does."""

from __future__ import annotations

from collections.abc import Callable
from functools import wraps
from typing import Any

from django.core.exceptions import PermissionDenied
from django.http import HttpRequest, HttpResponse
from django.http.response import HttpResponseBase
from django.shortcuts import redirect, render
from django.urls import reverse
from django.utils.http import urlencode
from django.views.decorators.cache import never_cache

from passage.programme.access import can, must_add_factor, place
from passage.programme.menu import menu
from passage.programme.models import Staff
from passage.ui.request_id import of_programme

StaffView = Callable[..., HttpResponseBase]


def staff_page(*, verb: str) -> Callable[[StaffView], StaffView]:
    """The view gets ``staff`` as its second argument. Signed out: to the sign-in page; no right: 403.

    Who lacks the second factor that the programme asks for is led to the page where it is set up.
    """

    def decorate(view: StaffView) -> StaffView:
        @wraps(view)
        @never_cache
        def inner(request: HttpRequest, *args: Any, **kwargs: Any) -> HttpResponseBase:
            if not request.user.is_authenticated:
                return redirect(f"{reverse('website:sign_in')}?{urlencode({'next': request.get_full_path()})}")
            staff = place(login=request.user)
            if staff is None or not can(staff=staff, verb=verb):
                raise PermissionDenied
            of_programme(staff.programme.slug)
            if must_add_factor(staff):
                return redirect("website:account")
            return view(request, staff, *args, **kwargs)

        return inner

    return decorate


def staff_render(
    request: HttpRequest, template: str, context: dict[str, object], *, staff: Staff, status: int = 200
) -> HttpResponse:
    """A page in the frame of the staff: their programme, its currency and zone, and their menu."""
    match = request.resolver_match
    view_name = match.view_name if match else ""
    frame = {
        "programme": staff.programme,
        "staff": staff,
        "menu": menu(staff, view_name=view_name),
        "currency": staff.programme.currency,
        "zone": staff.programme.zone,
    }
    return render(request, template, frame | context, status=status)
