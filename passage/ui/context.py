"""What every page needs: the frame it stands in, the nonce of its policy, and the name of its help."""

import uuid
from functools import partial

from django.conf import settings
from django.http import HttpRequest
from django.utils.translation import get_language


def page(request: HttpRequest) -> dict[str, object]:
    match = getattr(request, "resolver_match", None)
    name = match.view_name if match and match.view_name else "not-found"
    alone = bool(getattr(request, "htmx", False))
    return {
        "shell": "ui/fragment.html" if alone else "ui/base.html",
        "csp_nonce": getattr(request, "csp_nonce", ""),
        "page": page_key(view_name=name),
        "path": request.get_full_path() if request.method == "GET" else request.path,
        "languages": [(code, OWN_NAMES.get(code, code)) for code, _ in settings.LANGUAGES],
        "entry": partial(entry_of, request),
        "language": (get_language() or "en").split("-")[0],
    }


def entry_of(request: HttpRequest) -> uuid.UUID:
    """Names what a form asks for, so that sent twice it counts once: the name it brought, else a new one."""
    try:
        return uuid.UUID(request.POST.get("entry", ""))
    except ValueError:
        return uuid.uuid4()


# Each language in its own words, whatever the page's language is.
OWN_NAMES = {"fr": "Français", "pl": "Polski", "en": "English"}


def page_key(*, view_name: str) -> str:
    """'till:points' is 'till-points': the name of the page's help file and of nothing else."""
    return view_name.replace(":", "-").replace("_", "-")
