"""The headers that keep a page's browser on a short lead: nothing foreign is loaded, run or framed."""

import secrets
from collections.abc import Callable
from functools import wraps
from typing import Any

from django.http import HttpRequest, HttpResponse, HttpResponseBase

POLICY = {
    "default-src": "'none'",
    "script-src": "'self' 'nonce-{nonce}'",
    "style-src": "'self' 'nonce-{nonce}'",
    "img-src": "'self' data:",
    "connect-src": "'self'",
    "font-src": "'self'",
    "manifest-src": "'self'",
    "worker-src": "'self'",
    "base-uri": "'none'",
    "form-action": "'self'",
    "frame-ancestors": "'none'",
    "require-trusted-types-for": "'script'",
    "trusted-types": "default",
}
HEADERS = {
    "Permissions-Policy": "camera=(self), geolocation=(), microphone=(), payment=(), usb=(), browsing-topics=()",
    "Cross-Origin-Opener-Policy": "same-origin",
    "Cross-Origin-Resource-Policy": "same-origin",
    "Referrer-Policy": "same-origin",
    "X-Content-Type-Options": "nosniff",
    "X-Frame-Options": "DENY",
}
View = Callable[..., HttpResponseBase]


class ContentSecurityPolicy:
    """Gives each request a nonce and each response the policy, unless its view was relaxed by name."""

    def __init__(self, get_response: Callable[[HttpRequest], HttpResponse]) -> None:
        self.get_response = get_response

    def __call__(self, request: HttpRequest) -> HttpResponse:
        nonce = secrets.token_urlsafe(16)
        request.csp_nonce = nonce  # type: ignore[attr-defined]
        response = self.get_response(request)
        policy = POLICY | getattr(response, "csp_relaxed", {})
        text = "; ".join(f"{name} {value}" for name, value in policy.items() if value)
        response.headers.setdefault("Content-Security-Policy", text.format(nonce=nonce))
        for name, value in HEADERS.items():
            response.headers.setdefault(name, value)
        return response


def relaxed(**directives: str) -> Callable[[View], View]:
    """A view that needs more, said where it stands: ``@relaxed(style_src="'self' 'unsafe-inline'")``.

    An empty value drops the directive. No foreign origin may be named: ValueError.
    """
    changes = {name.replace("_", "-"): value for name, value in directives.items()}
    for name, value in changes.items():
        if name not in POLICY or "//" in value or "*" in value:
            raise ValueError(f"not a relaxation that Passage allows: {name} {value}")

    def decorate(view: View) -> View:
        @wraps(view)
        def inner(*args: Any, **kwargs: Any) -> HttpResponseBase:
            response = view(*args, **kwargs)
            response.csp_relaxed = changes  # type: ignore[attr-defined]
            return response

        return inner

    return decorate
